"""What a bundle says about itself to somebody who has never seen the portal."""

README = """\
The evidence of one case
========================

What somebody asked for, what the contract said to it, who agreed, what exactly was ordered, what the machine did, and
everything that was written about it. It can be checked without the portal and without a network:

    python3 -I -S verify.py bundle.zip --key 'opsportal/ledger/...'

Nothing but Python 3.11 or newer is needed. It says OK and what it checked, or names the file and the first thing that is
wrong. The key after --key is the public key of the ledger: get it from somebody you trust, not from this file. Without
--key the key of keys.txt is used, and whoever forged the bundle would have put his own there. The same is true of
verify.py itself: if it matters, take it from another place (it is the same file in every bundle of a version).

What is in it
-------------
case.json         what this is, when it was made, the SHA-256 of every file, and what is not in it, with the reason
case.note         the portal's signature under case.json
entries.jsonl     every entry of the ledger about this case, byte for byte
grounds.jsonl     entries that these rest on: the keys of orders and runtimes, the contract's release, what was erased
proofs.json       for each of these entries, how it hangs together with the signed root of the ledger
checkpoint.note   the signed root: so many entries, this root
keys.txt          public keys: the ledger's, retired ones too; those that sign orders; those of the runtimes
payloads.jsonl    private texts with their salt. The entry has only their commitment, so that they can be erased
contracts/        the contract that decided, in its own words and as it was compiled
proposals/        what was asked, the sealed plan, and what the last decision was taken over
jobs/             the signed order, the signed result, the lines of the machine's own journal, what it said meanwhile
findings/, runs/  what was wrong, and the looks that showed it
threads.json      what people and agents said to each other about it

What OK proves
--------------
That the entries stand in the ledger that the key's owner signed; that the plan is to the byte the one that people voted
on and that was ordered; that enough people agreed, each once, none of them the one who asked; that the machine
signed the result of this very order; that the contract and the private texts are those that the entries name.

What it does not prove
----------------------
That nothing else happened on the machine: whoever is root there can do what he wants. That the portal handed out every entry
of the case: it signs that these are all, and who doubts it compares with an export of the whole ledger. That
findings/, runs/, output.txt and proposal.json are true: they are what the portal kept, signed by it today.
"""

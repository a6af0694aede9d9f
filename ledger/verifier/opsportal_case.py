#!/usr/bin/env python3
"""Verify the evidence of one case, without the portal, the network or any package: python3 -I -S verify.py bundle.zip

Checks the signatures of the portal and of the runtimes, that every entry stands in the signed ledger, and that plan, order,
result, contract and texts are those that the entries name. What is in a bundle is told by docs/evidence.md.
Exit status: 0 all is well, 1 something is wrong (the first thing, and in which member), 2 it could not be checked.
"""

import argparse
import base64
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# ── Shared with opsportal_verify.py: verify.py of a bundle has its text here ───────────────────────
from ledger.verifier.opsportal_verify import canonical, ed25519_verify, entry_read, key_read, note_read, note_verify

# ── End of what is shared ──────────────────────────────────────────────────────────────────────────
SIZE_MAX = 2**30
ORDER = "application/vnd.opsportal.job+json;v=1"
RESULT = "application/vnd.opsportal.result+json;v=1"
ORDERED = ("JOB_REQUESTED", "JOB_ENQUEUED")
STATUSES = {"executed": "executed", "failed": "failed", "refused": "failed"}
FROM_BUNDLE = "WARNING: the key comes from the bundle itself. Whoever forges a bundle forges its key: use --key."
Entry = Mapping[str, Any]


class WrongError(Exception):
    """The first thing that is wrong, and in which member of the bundle."""

    def __init__(self, member: str, message: str) -> None:
        super().__init__(f"{member}: {message}")


def sha256(data: bytes | str) -> str:
    """Return the digest in hexadecimal; of a text that of its UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return True when ``path`` leads from the leaf number ``index`` to the root of ``size`` (RFC 9162, 2.1.3.2)."""
    first, last, made = index, size - 1, leaf
    for step in path:
        if last <= 0:
            return False
        if first & 1 or first == last:
            made = hashlib.sha256(b"\1" + step + made).digest()
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            made = hashlib.sha256(b"\1" + made + step).digest()
        first, last = first >> 1, last >> 1
    return 0 <= index < size and last == 0 and made == root


def members_read(data: bytes) -> dict[str, bytes]:
    """Return the members of a zip by name; raise WrongError for one that cannot be read, or stands there twice."""
    name, members = "the zip", dict[str, bytes]()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            if sum(info.file_size for info in listed) > SIZE_MAX:
                raise WrongError(name, "larger than any bundle")
            for info in listed:
                name = info.filename
                if name in members:
                    raise WrongError(name, "stands in the zip twice")
                members[name] = archive.read(info)
    except WrongError:
        raise
    except Exception as error:  # noqa: BLE001  a damaged zip can raise nearly anything
        raise WrongError(name, f"cannot be read: {error}") from None
    return members


class Case:
    """The verification of one bundle: each step demands something, and the first that fails ends it."""

    def __init__(self, members: Mapping[str, bytes], keys: Sequence[tuple[str, bytes]] = ()) -> None:
        self.members, self.keys, self.member = members, list(keys), "case.note"
        self.said: list[str] = []
        self.entries: list[Entry] = []
        self.grounds: list[Entry] = []
        self.texts: dict[tuple[str, str], Any] = {}  # subject and kind of an entry to the text that it commits to
        self.orders: dict[str, Any] = {}  # job to its order

    def run(self) -> None:
        """Check everything; raise WrongError at the first wrong thing."""
        try:
            self._signature()
            self._files()
            self._checkpoint()
            self._keys()
            self._payloads()
            self._messages()
            self._contracts()
            self._plans()
            self._orders()
            self._results()
            self._approvals()
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            raise WrongError(self.member, f"cannot be read: {error!r}") from None

    # ── What the portal signed ─────────────────────────────────────────────────────────────────────
    def _signature(self) -> None:
        note = note_read(self._take("case.note").decode())
        product, word, self.institution, self.case = note.origin.split("/")
        self._demand((product, word) == ("opsportal", "case"), "this is not the signature of a case")
        self.log = f"opsportal/ledger/{self.institution}"
        if not self.keys:
            lines = self._take("keys.txt").decode().splitlines()
            self.keys = [key_read(line) for line in lines if line.startswith("opsportal/")]
            self.said.append(FROM_BUNDLE)
        self._demand(any(name == self.log for name, _ in self.keys), f"there is no key of {self.log}")
        self.member = "case.note"
        self._demand(note_verify(note._replace(origin=self.log), self.keys), "signed by none of the keys")
        self.about = self._json("case.json")
        is_signed = note.root == hashlib.sha256(self.members["case.json"]).digest()
        self._demand(is_signed, "not what the portal signed in case.note")
        self._demand(self.about["v"] == 1 and self.about["case"] == self.case, "of another case or version")
        self._demand(note.size == len(self.about["files"]), "not as many files as were signed")
        self.said.append(f"case {self.case} of institution {self.institution}, made at {self.about['made_at']}")

    def _files(self) -> None:
        for name, digest in self.about["files"].items():
            self._demand(sha256(self._take(name)) == digest, "not the file that case.json lists")
        for name in sorted(self.members.keys() - self.about["files"].keys() - {"case.json", "case.note"}):
            raise WrongError(name, "case.json does not list it")
        self.said.append(f"files as the portal signed them: {len(self.about['files'])}")

    def _checkpoint(self) -> None:
        note = note_read(self._take("checkpoint.note").decode())
        self._demand(note.origin == self.log, "a checkpoint of another ledger")
        self._demand(note_verify(note, self.keys), "signed by none of the keys")
        proofs = {row["seq"]: [bytes.fromhex(step) for step in row["path"]] for row in self._json("proofs.json")}
        self.entries = self._lines("entries.jsonl", note.size, note.root, proofs)
        self._demand(bool(self.entries), "there is no entry in it")
        for entry in self.entries:
            self._demand(entry["case"] == self.case, f"entry {entry['seq']} belongs to another case")
        self.grounds = self._lines("grounds.jsonl", note.size, note.root, proofs)
        count = f"{len(self.entries)} of the case, {len(self.grounds)} that it rests on"
        self.said.append(f"entries proven to stand among the first {note.size} of the signed ledger: {count}")

    def _lines(self, member: str, size: int, root: bytes, proofs: Mapping[int, list[bytes]]) -> list[Entry]:
        entries: list[Entry] = []
        for number, line in enumerate(self._take(member).splitlines(), 1):
            entry = entry_read(line, strict=True)
            if entry is None:
                raise WrongError(member, f"line {number} is not an entry")
            seq = entry["seq"]
            self._demand(entry["inst"] == self.institution, f"entry {seq} belongs to another institution")
            self._demand(not entries or seq > entries[-1]["seq"], f"entry {seq} stands twice or out of order")
            leaf, path = hashlib.sha256(b"\0" + line).digest(), proofs.get(seq)
            is_proven = path is not None and is_included(leaf, seq - 1, size, path, root)
            self._demand(is_proven, f"entry {seq} is not proven to stand in the signed ledger")
            entries.append(entry)
        return entries

    def _keys(self) -> None:
        """Take the keys of orders and runtimes from proven entries; keys.txt must say the same."""
        created = self._of("ORDER_KEY_CREATED", among=self.grounds)
        enrolled = self._of("RUNTIME_ENROLLED", among=self.grounds)
        proven = {entry["data"]["kid"]: entry["data"]["public"] for entry in created}
        proven |= {entry["subject"].partition(":")[2]: entry["data"]["public"] for entry in enrolled}
        lines = [line.split() for line in self._take("keys.txt").decode().splitlines()]
        listed = {words[1]: words[2] for words in lines if words and words[0] in {"order", "runtime"}}
        self._demand(listed == proven, "the keys of orders and runtimes are not those that entries tell of")
        self.signers = {name: bytes.fromhex(public) for name, public in proven.items()}

    # ── What the entries commit to ─────────────────────────────────────────────────────────────────
    def _payloads(self) -> None:
        rows = [json.loads(line) for line in self._take("payloads.jsonl").splitlines()]
        kept, shown = {row["commit"]: row for row in rows}, 0
        erased = {entry["data"]["erased"] for entry in self._of("PAYLOAD_ERASED", among=self.grounds)}
        named = {entry["data"]["commit"]: entry for entry in self.entries if entry["data"].get("commit")}
        self._demand(kept.keys() == named.keys() and len(rows) == len(kept), "not the texts that the entries name")
        for commit, entry in named.items():
            row = kept[commit]
            if row["state"] == "disclosed":
                salted = b"commit1\0" + bytes.fromhex(row["salt"]) + row["body"].encode()
                self._demand(sha256(salted) == commit, f"not the text that entry {entry['seq']} commits to")
                self.texts[entry["subject"], entry["kind"]] = json.loads(row["body"])
                shown += 1
            else:
                is_told = commit in erased if row["state"] == "erased" else bool(self.about["is_masked"])
                self._demand(is_told, f"the text of entry {entry['seq']} is not there, and nothing says why")
        self.said.append(f"private texts disclosed, as the entries commit to them: {shown} of {len(named)}")

    def _messages(self) -> None:
        threads = self._json("threads.json")
        kept = {message["id"]: message.get("body") for thread in threads for message in thread["messages"]}
        for entry in self._of("MESSAGE_POSTED"):
            code, text = entry["subject"].partition(":")[2], self.texts.get((entry["subject"], "MESSAGE_POSTED"))
            self._demand(text is None or kept.get(code) == text["body"], f"message {code} is not what was written")

    def _contracts(self) -> None:
        digests = sorted({entry["bundle"] for entry in self.entries} - {None})
        compiled = {entry["data"]["digest"]: entry for entry in self._of("BUNDLE_COMPILED", among=self.grounds)}
        for digest in digests:
            folder = f"contracts/{digest}/"
            manifest = self._take(f"{folder}bundle.manifest.json")
            self._demand(sha256(manifest) == digest, "not the contract that decided")
            for row in json.loads(manifest)["contracts"]:
                self._demand(sha256(self._take(folder + row["file"])) == row["sha256"], "not what the manifest lists")
            source = self._take(f"{folder}contract.idl")
            self._demand(digest in compiled, "no entry tells that this contract was compiled")
            self._demand(sha256(source) == compiled[digest]["data"]["source"], "not the text that was compiled")
        self.said.append(f"contracts that decided, with their artifacts, as the entries name them: {len(digests)}")

    def _plans(self) -> None:
        for entry in (sealed := self._of("PLAN_SEALED")):
            code = entry["subject"].partition(":")[2]
            text = self._take(f"proposals/{code}/plan.json")
            self._demand(sha256(text) == entry["data"]["plan"], f"not the plan that entry {entry['seq']} sealed")
            plan = json.loads(text)
            bound = (plan["proposal"], plan["institution"], plan["bundle"])
            self._demand(bound == (code, self.institution, entry["bundle"]), "the plan of something else")
            for other in self.entries:
                is_about = other["data"].get("proposal") == code or other["subject"] == f"job:{code}"
                named = other["data"].get("plan") if is_about else None
                said = f"entry {other['seq']} ({other['kind']}) names another plan"
                self._demand(named in {None, entry["data"]["plan"]}, said)
        for entry in self._of("PROPOSAL_DECIDED"):
            code, last = entry["subject"].partition(":")[2], self._of("PROPOSAL_DECIDED", subject=entry["subject"])[-1]
            digest = sha256(self._take(f"proposals/{code}/snapshot.json"))
            self._demand(digest == last["data"]["snapshot"], "not what the last decision was taken over")
        self.said.append(f"plans, to the byte as they were sealed, voted on and ordered: {len(sealed)}")

    # ── What was ordered, and what came of it ──────────────────────────────────────────────────────
    def _orders(self) -> None:
        for entry in (ordered := self._of(*ORDERED)):
            job, data = entry["subject"].partition(":")[2], entry["data"]
            payload = self._envelope(f"jobs/{job}/order.dsse.json", ORDER)
            self._demand(sha256(payload) == data["order"], f"not the order that entry {entry['seq']} names")
            order = json.loads(payload)
            bound = [order[name] for name in ("job", "institution", "runtime", "mode", "bundle", "plan_digest")]
            named = [job, self.institution, data["runtime"], data["mode"], entry["bundle"], data["plan"] or ""]
            self._demand(bound == named, "the order of something else")
            is_execution = entry["kind"] == "JOB_ENQUEUED"
            self._demand((order["mode"] == "execute") == is_execution, "an order of another mode")
            self._demand(not is_execution or order["proposal"] == job, "the order of another proposal")
            plan = self._take(f"proposals/{job}/plan.json").decode() if is_execution else ""
            self.member = f"jobs/{job}/order.dsse.json"
            self._demand(order["plan"] == plan, "it carries another plan")
            asked = self._of("PROPOSAL_CREATED", subject=f"proposal:{order['proposal']}")
            self._demand([one["actor"] for one in asked] == [order["requested_by"]], "somebody else asked for it")
            self.orders[job] = order
        self.said.append(f"orders signed by the portal, as the entries name them: {len(ordered)}")

    def _results(self) -> None:
        for entry in (reported := self._of("RUNTIME_JOB_REPORTED")):
            job, data = entry["subject"].partition(":")[2], entry["data"]
            name = f"jobs/{job}/result.dsse.json"
            self._demand(sha256(self._take(name)) == data["envelope"], f"not what entry {entry['seq']} names")
            told = json.loads(self._envelope(name, RESULT, data["runtime"]))
            self._demand(told["result_sha256"] == data["result"] == sha256(canonical(told["result"])), "another result")
            ordered = [one for one in self._of(*ORDERED, subject=entry["subject"]) if one["seq"] < entry["seq"]]
            digests = {told["order_digest"], data["order"], *(one["data"]["order"] for one in ordered)}
            self._demand(bool(ordered) and len(digests) == 1, "the result of an order that nobody gave")
            bound = (told["job"], told["runtime"], STATUSES[told["status"]], told["code"] or None, told["exit_code"])
            named = (job, data["runtime"], data["status"], data.get("code"), data["exit_code"])
            self._demand(bound == named, "the entry tells of another result")
            self._journal(job, told)
        self.said.append(f"results signed by the runtime that was ordered, as the entries name them: {len(reported)}")

    def _journal(self, job: str, told: Mapping[str, Any]) -> None:
        for line in self._take(f"jobs/{job}/journal.jsonl").splitlines():
            is_last = json.loads(line)["seq"] == told["journal"]["seq"]
            self._demand(not is_last or sha256(line) == told["journal"]["hash"], "not the line that the result names")

    def _envelope(self, member: str, kind: str, signer: str = "") -> bytes:
        envelope = json.loads(self._take(member))
        (signature,) = envelope["signatures"]
        payload = base64.b64decode(envelope["payload"], validate=True)
        known = self.signers.get(signature["keyid"], b"")
        pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        is_signed = ed25519_verify(known, base64.b64decode(signature["sig"], validate=True), pae)
        is_theirs = envelope["payloadType"] == kind and (not signer or signature["keyid"] == signer)
        self._demand(is_signed and is_theirs, "not signed by whom it must be")
        self._demand(canonical(json.loads(payload)).encode() == payload, "its payload is not canonical")
        return payload

    # ── Who agreed ─────────────────────────────────────────────────────────────────────────────────
    def _approvals(self) -> None:
        ways = {"approved": 0, "emergency": 0, "free": 0}
        for ordered in self._of("JOB_ENQUEUED"):
            code = ordered["subject"].partition(":")[2]
            before = [entry for entry in self.entries if entry["seq"] < ordered["seq"]]
            decided = self._of("PROPOSAL_DECIDED", among=before, subject=f"proposal:{code}")
            is_allowed = bool(decided) and decided[-1]["data"]["effect"] == "allowed"
            self.member = "entries.jsonl"
            self._demand(is_allowed, f"job {code} was ordered without a decision that allowed it")
            ways[self._way(code, ordered, before, decided)] += 1
        self.said.append(
            f"executions approved by enough distinct people, none of them the requester: {ways['approved']}"
        )
        self.said.append(f"executions that need nobody's approval by the contract: {ways['free']}")
        self.said.append(f"executions by an emergency clause in place of the approval: {ways['emergency']}")

    def _way(self, code: str, ordered: Entry, before: list[Entry], decided: list[Entry]) -> str:
        """Return by which way a job came about: approved, emergency, or free of both."""
        for used in self._of("EMERGENCY_USED", among=before, subject=f"proposal:{code}"):
            clauses = {clause["id"] for clause in self._contract(ordered["bundle"])["emergencies"]}
            self._demand(used["data"]["clause"] in clauses, f"job {code}: the contract has no such emergency")
            return "emergency"
        about = [entry for entry in before if entry["data"].get("proposal") == code]
        is_asked = any(entry["data"]["effect"] == "needs_approval" for entry in decided)
        if is_asked or self._of("APPROVAL_REQUESTED", "APPROVAL_VOTED", "APPROVAL_DECIDED", among=about):
            self._quorum(code, ordered, about)
            return "approved"
        (created,) = self._of("PROPOSAL_CREATED", subject=f"proposal:{code}")
        asked_of = {name for rule in self._contract(ordered["bundle"])["rules"] for name in rule["operations"]}
        self._demand(created["data"]["operation"] not in asked_of, f"job {code} was ordered without an approval")
        self._demand(self.orders[code]["approved_by"] == [], f"job {code}: nobody was asked to approve")
        return "free"

    def _contract(self, digest: str) -> Any:
        approvals = json.loads(self._take(f"contracts/{digest}/approvals.json"))
        self.member = "entries.jsonl"
        return approvals

    def _quorum(self, code: str, ordered: Entry, about: list[Entry]) -> None:
        asked, closed = (self._of(kind, among=about) for kind in ("APPROVAL_REQUESTED", "APPROVAL_DECIDED"))
        votes = self._of("APPROVAL_VOTED", among=about)
        self._demand(len(asked) == len(closed) == 1, f"job {code} was ordered without an approval")
        (created,) = self._of("PROPOSAL_CREATED", subject=f"proposal:{code}")
        requesters = {created["actor"], created["data"].get("on_behalf_of")}
        voters = [vote["actor"] for vote in votes]
        self._demand(all(vote["data"]["verdict"] == "approve" for vote in votes), f"job {code}: somebody rejected")
        self._demand(all(vote["actor_kind"] == "human" for vote in votes), f"job {code}: a machine voted")
        self._demand(len(set(voters)) == len(voters), f"job {code}: one person voted twice")
        self._demand(not requesters & set(voters), f"job {code}: the requester voted")
        rules = self._contract(asked[0]["bundle"])["rules"]
        stages = [rule["stages"] for rule in rules if rule["id"] == asked[0]["data"]["rule"]]
        quorum = max(asked[0]["data"]["quorum"], sum(stage["quorum"] for stage in stages[0]))
        self._demand(len(voters) >= quorum, f"job {code}: {len(voters)} of {quorum} votes")
        end = closed[0]["data"]
        self._demand((end["status"], end["votes"]) == ("approved", len(voters)), f"job {code}: votes are missing")
        plans = {entry["data"].get("plan") for entry in [ordered, *asked, *votes, *closed]}
        self._demand(len(plans) == 1, f"job {code}: people agreed to another plan")
        self._demand(sorted(self.orders[code]["approved_by"]) == sorted(voters), f"job {code}: the order names others")

    # ── Small things ───────────────────────────────────────────────────────────────────────────────
    def _take(self, member: str) -> bytes:
        self.member = member
        if member not in self.members:
            raise WrongError(member, "it is not there")
        return self.members[member]

    def _json(self, member: str) -> Any:
        return json.loads(self._take(member))

    def _demand(self, is_true: bool, message: str) -> None:
        if not is_true:
            raise WrongError(self.member, message)

    def _of(self, *kinds: str, among: Iterable[Entry] | None = None, subject: str = "") -> list[Entry]:
        entries = self.entries if among is None else among
        return [entry for entry in entries if entry["kind"] in kinds and subject in {"", entry["subject"]}]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="the zip, as the portal handed it out")
    parser.add_argument("--key", action="append", default=[], help="<name>+<id>+<base64>, got elsewhere; repeatable")
    options = parser.parse_args(arguments)
    try:
        with open(options.bundle, "rb") as file:
            data = file.read()
        keys = [key_read(text) for text in options.key]
    except (OSError, ValueError) as error:
        sys.stderr.write(f"cannot verify: {error}\n")
        return 2
    try:
        case = Case(members_read(data), keys)
        case.run()
    except WrongError as wrong:
        sys.stdout.write(f"WRONG: {wrong}\n")
        return 1
    absent = [f"not in it: {row['what']}: {row['why']}" for row in case.about["absent"]]
    sys.stdout.write("\n".join(["OK", *case.said, *absent]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Ways to tamper with a bundle, one for each thing that the verifier demands, by somebody who holds as many keys as it takes.

Each is a function of the evidence, and what the verifier must say: the member, and words of what is wrong.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from remediation.dsse import RESULT, envelope_sign
from tests.remediation.bundles import Evidence, Files, note_of, sha, signed_again

Rows = list[Any]
Tamper = Callable[[Evidence], Files]
OTHER = "00000000-0000-4000-8000-00000000000a"
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def of(rows: Rows, kind: str) -> Any:
    """Return the last entry of a kind."""
    return next(row for row in reversed(rows) if row["kind"] == kind)


def data(kind: str, **changes: Any) -> Callable[[Rows], object]:
    """Return a change of the data of the last entry of a kind."""
    return lambda rows: of(rows, kind)["data"].update(changes)


def without(*kinds: str) -> Callable[[Rows], None]:
    """Return a change that leaves out the entries of some kinds."""

    def change(rows: Rows) -> None:
        rows[:] = [row for row in rows if row["kind"] not in kinds]

    return change


def note(evidence: Evidence, *, first: str = "", count: int | None = None) -> Files:
    """Return the files with another signed note under case.json."""
    lines = evidence.files["case.note"].decode().split("\n")
    text = f"{first or lines[0]}\n{lines[1] if count is None else count}\n{lines[2]}\n"
    return {**evidence.files, "case.note": note_of(text, lines[0].split("/")[2])}


def about(evidence: Evidence, **changes: Any) -> Files:
    """Return the files with another case.json, signed again."""
    body = json.dumps({**json.loads(evidence.files["case.json"]), **changes}).encode()
    return signed_again({**evidence.files, "case.json": body})


def again(rows: Rows) -> None:
    """Let an entry stand twice."""
    rows.insert(3, dict(rows[2]))


def swapped(rows: Rows) -> None:
    """Let two entries change places."""
    rows[2], rows[3] = rows[3], rows[2]


def edited(member: str, old: bytes, new: bytes) -> Tamper:
    """Return a tamper that replaces some bytes of a member, and signs again."""

    def tamper(evidence: Evidence) -> Files:
        name = member.format(job=evidence.job, dry=evidence.dry_run, contract=evidence.contract)
        assert old in evidence.files[name]
        return evidence.put(name, evidence.files[name].replace(old, new, 1))

    return tamper


def rewritten(change: Callable[[Rows], object], member: str = "entries.jsonl") -> Tamper:
    """Return a tamper that rewrites the ledger itself."""
    return lambda evidence: evidence.rewritten(change, member)


def ordered(*, dry: bool = False, **changes: Any) -> Tamper:
    """Return a tamper with an order, entries and signature included."""
    return lambda evidence: evidence.ordered(
        lambda order: order.update(changes), job=evidence.dry_run if dry else evidence.job
    )


def plan_of_another(evidence: Evidence) -> Files:
    """Seal the plan of another proposal."""
    name = f"proposals/{evidence.job}/plan.json"
    body = evidence.files[name].replace(evidence.job.encode(), OTHER.encode())
    other = Evidence(**{**vars(evidence), "files": {**evidence.files, name: body}})
    return other.rewritten(data("PLAN_SEALED", plan=sha(body)))


def dry_run_that_executes(evidence: Evidence) -> Files:
    """Order an execution where a dry-run was entered."""
    member, envelope, digest = evidence.order(lambda order: order.update(mode="execute"), job=evidence.dry_run)
    other = Evidence(**{**vars(evidence), "files": {**evidence.files, member: envelope}})

    def change(rows: Rows) -> None:
        of(rows, "JOB_REQUESTED")["data"].update(mode="execute", order=digest)
        next(row for row in rows if row["kind"] == "RUNTIME_JOB_REPORTED")["data"]["order"] = digest

    return other.rewritten(change)


def order_of_others(evidence: Evidence) -> Files:
    """Name somebody else in the order as who agreed, and let the machine carry out that order."""
    member, envelope, digest = evidence.order(lambda order: order.update(approved_by=[OTHER]))
    other = Evidence(**{**vars(evidence), "files": {**evidence.files, member: envelope}})
    member, envelope, _ = other.order(lambda result: result.update(order_digest=digest), name="result")
    other = Evidence(**{**vars(evidence), "files": {**other.files, member: envelope}})

    def change(rows: Rows) -> None:
        of(rows, "JOB_ENQUEUED")["data"]["order"] = digest
        of(rows, "RUNTIME_JOB_REPORTED")["data"].update(order=digest, envelope=sha(envelope))

    return other.rewritten(change)


def signature_of_a_stranger(evidence: Evidence) -> Files:
    """Let somebody else sign the result, and enter that."""
    stranger = Evidence(**{**vars(evidence), "runtime_key": STRANGER})
    return stranger.reported(lambda result: None)


def signature_of_the_portal(evidence: Evidence) -> Files:
    """Let the portal sign a result with the key of its orders, and enter that."""
    kid, key = evidence.order_key
    portal = Evidence(**{**vars(evidence), "runtime_key": key, "runtime": kid})
    return portal.reported(lambda result: None)


def loosely_written(evidence: Evidence) -> Files:
    """Sign a result that is not written canonically."""
    member = f"jobs/{evidence.job}/result.dsse.json"
    payload = base64.b64decode(json.loads(evidence.files[member])["payload"]).replace(b'"v":1}', b'"v": 1}')
    envelope = envelope_sign(payload, kind=RESULT, key=evidence.runtime_key, keyid=evidence.runtime).encode()
    other = Evidence(**{**vars(evidence), "files": {**evidence.files, member: envelope}})
    return other.rewritten(data("RUNTIME_JOB_REPORTED", envelope=sha(envelope)))


def free(rows: Rows) -> None:
    """Leave out everything that tells of an approval."""
    without("APPROVAL_REQUESTED", "APPROVAL_VOTED", "APPROVAL_DECIDED")(rows)
    rows[:] = [row for row in rows if row["data"].get("effect") != "needs_approval"]


def free_by_contract(evidence: Evidence) -> Files:
    """The same, for an operation that needs no approval; the order still names somebody."""

    def change(rows: Rows) -> None:
        free(rows)
        of(rows, "PROPOSAL_CREATED")["data"]["operation"] = "files.list"

    files = evidence.rewritten(change)
    return payloads_fitted(files)


def payloads_fitted(files: Files) -> Files:
    """Return the files with the private texts of the entries that are left."""
    left = files["entries.jsonl"].decode()
    rows = [line for line in files["payloads.jsonl"].splitlines() if json.loads(line)["commit"] in left]
    return signed_again({**files, "payloads.jsonl": b"".join(row + b"\n" for row in rows)})


def emergency(clause: str) -> Callable[[Rows], None]:
    """Return a change that lets the glass be broken by a clause that there is not."""

    def change(rows: Rows) -> None:
        used = of(rows, "APPROVAL_DECIDED")
        used.update(kind="EMERGENCY_USED", subject=of(rows, "PROPOSAL_CREATED")["subject"])
        used["data"] = {"clause": clause, "bypassed": "x", "review_hours": 1}

    return change


def second_vote(*, verdict: str = "approve", actor: str = "") -> Callable[[Rows], None]:
    """Return a change that adds a vote in the place of another entry."""

    def change(rows: Rows) -> None:
        vote = of(rows, "APPROVAL_VOTED")
        more = json.loads(json.dumps(vote))
        more.update(actor=actor or vote["actor"])
        more["data"].update(verdict=verdict)
        more["data"].pop("commit", None)
        rows.insert(rows.index(vote) + 1, more)
        numbers = [row["seq"] for row in rows if row["kind"] != "JOB_STARTED"]  # of which its place is taken
        rows[:] = [row for row in rows if row["kind"] != "JOB_STARTED"]
        missing = {*range(min(numbers), max(numbers) + 1)} - set(numbers)
        for row, seq in zip(rows, sorted([*set(numbers), *missing])[: len(rows)], strict=True):
            row["seq"] = seq

    return change


def requester_votes(rows: Rows) -> None:
    """Let the one who asked be the one who agreed."""
    of(rows, "APPROVAL_VOTED")["actor"] = of(rows, "PROPOSAL_CREATED")["actor"]


def vote_removed(evidence: Evidence) -> Files:
    """Take the vote away, from the entries and from the order."""

    def change(rows: Rows) -> None:
        without("APPROVAL_VOTED")(rows)
        of(rows, "APPROVAL_DECIDED")["data"]["votes"] = 0

    return payloads_fitted(evidence.rewritten(change))


# Name of the tamper: how, which member is named, and words of what is wrong.
TAMPERS: dict[str, tuple[Tamper, str, str]] = {
    # What the portal signed
    "another kind of note": (
        lambda e: note(e, first=e.files["case.note"].decode().partition("\n")[0].replace("/case/", "/cast/", 1)),
        *("case.note", "not the signature of a case"),
    ),
    "no key": (lambda e: e.put("keys.txt", b"# none\n"), "keys.txt", "there is no key of"),
    "a stranger's signature": (lambda e: signed_again(e.files, STRANGER), "case.note", "signed by none of the keys"),
    "case.json edited": (
        lambda e: {**e.files, "case.json": e.files["case.json"].replace(b'"v"', b'"w"')},
        *("case.json", "not what the portal signed"),
    ),
    "another version": (lambda e: about(e, v=2), "case.json", "of another case or version"),
    "another count": (lambda e: note(e, count=1), "case.json", "not as many files"),
    "README edited": (lambda e: {**e.files, "README.txt": b"x"}, "README.txt", "not the file that case.json lists"),
    "surplus": (lambda e: {**e.files, "evil.txt": b""}, "evil.txt", "does not list it"),
    "missing": (
        lambda e: {name: body for name, body in e.files.items() if name != "threads.json"},
        *("threads.json", "it is not there"),
    ),
    # The ledger
    "checkpoint of another ledger": (
        lambda e: e.put("checkpoint.note", note_of(f"opsportal/ledger/{OTHER}\n9\nAAAA\n", OTHER)),
        *("checkpoint.note", "a checkpoint of another ledger"),
    ),
    "forged checkpoint": (
        lambda e: e.put(
            "checkpoint.note",
            note_of(e.files["checkpoint.note"].decode().partition("\n\n")[0] + "\n", log_of(e), STRANGER),
        ),
        *("checkpoint.note", "signed by none of the keys"),
    ),
    "nothing": (rewritten(list.clear), "entries.jsonl", "there is no entry in it"),
    "another case's entry spliced in": (
        rewritten(lambda rows: rows[3].update(case=OTHER)),
        *("entries.jsonl", "belongs to another case"),
    ),
    "no entry": (edited("entries.jsonl", b'"v":1}', b'"v":1,"x":1}'), "entries.jsonl", "line 1 is not an entry"),
    "another institution's entry": (
        rewritten(lambda rows: rows[3].update(inst=OTHER)),
        *("entries.jsonl", "belongs to another institution"),
    ),
    "an entry twice": (rewritten(again), "entries.jsonl", "stands twice or out of order"),
    "entries swapped": (rewritten(swapped), "entries.jsonl", "stands twice or out of order"),
    "an entry edited": (
        edited("entries.jsonl", b'"actor":"', b'"actor":"x'),
        *("entries.jsonl", "is not proven to stand in the signed ledger"),
    ),
    "proof edited": (edited("proofs.json", b'"path"', b'"pith"'), "proofs.json", "cannot be read"),
    "another order key": (edited("keys.txt", b"order ", b"order x"), "keys.txt", "not those that entries tell of"),
    "a key without its entry": (
        rewritten(without("RUNTIME_ENROLLED"), "grounds.jsonl"),
        *("keys.txt", "not those that entries tell of"),
    ),
    # What the entries commit to
    "an entry dropped": (
        lambda e: e.rewritten(lambda rows: rows.pop(0)),
        *("payloads.jsonl", "not the texts that the entries name"),
    ),
    "a text edited": (edited("payloads.jsonl", b"old", b"new"), "payloads.jsonl", "not the text that entry"),
    "a text taken away": (
        edited("payloads.jsonl", b'"disclosed"', b'"masked"'),
        *("payloads.jsonl", "nothing says why"),
    ),
    "a text that was not erased": (
        edited("payloads.jsonl", b'"disclosed"', b'"erased"'),
        *("payloads.jsonl", "nothing says why"),
    ),
    "a message edited": (edited("threads.json", b"Gone?", b"Done!"), "threads.json", "not what was written"),
    "manifest edited": (
        edited("{contract}bundle.manifest.json", b'"1.0.0"', b'"1.0.1"'),
        *("bundle.manifest.json", "not the contract that decided"),
    ),
    "artifact edited": (edited("{contract}rbac.json", b"owner", b"noc"), "rbac.json", "not what the manifest lists"),
    "never compiled": (
        rewritten(without("BUNDLE_COMPILED"), "grounds.jsonl"),
        *("contract.idl", "no entry tells that this contract was compiled"),
    ),
    "contract edited": (edited("{contract}contract.idl", b"1.0.0", b"1.0.1"), "contract.idl", "not the text that was"),
    # The plan
    "plan edited": (edited("proposals/{job}/plan.json", b"a.txt", b"b.txt"), "plan.json", "not the plan that entry"),
    "another's plan": (plan_of_another, "plan.json", "the plan of something else"),
    "a vote for another plan": (rewritten(data("APPROVAL_VOTED", plan="0" * 64)), "plan.json", "names another plan"),
    "snapshot edited": (
        edited("proposals/{job}/snapshot.json", b'"stopped":false', b'"stopped":true'),
        *("snapshot.json", "not what the last decision was taken over"),
    ),
    # Orders and results
    "another order": (
        lambda e: e.put(*e.order(lambda order: order.update(nonce="0" * 32))[:2]),
        *("order.dsse.json", "not the order that entry"),
    ),
    "an order for another machine": (ordered(runtime=OTHER), "order.dsse.json", "the order of something else"),
    "an order in another mode": (dry_run_that_executes, "order.dsse.json", "an order of another mode"),
    "an order of another proposal": (ordered(proposal=OTHER), "order.dsse.json", "the order of another proposal"),
    "an order with another plan": (ordered(plan="{}"), "order.dsse.json", "it carries another plan"),
    "asked by somebody else": (ordered(requested_by=OTHER), "order.dsse.json", "somebody else asked for it"),
    "result edited": (
        lambda e: e.put(*e.order(lambda result: result.update(summary="x"), name="result")[:2]),
        *("result.dsse.json", "not what entry"),
    ),
    "another result": (
        lambda e: e.reported(lambda result: result.update(result={"deleted": 2})),
        *("result.dsse.json", "another result"),
    ),
    "a result of no order": (
        lambda e: e.reported(lambda result: result.update(order_digest="0" * 64), order="0" * 64),
        *("result.dsse.json", "the result of an order that nobody gave"),
    ),
    "a result that the entry tells otherwise": (
        lambda e: e.reported(lambda result: result.update(exit_code=7)),
        *("result.dsse.json", "the entry tells of another result"),
    ),
    "journal edited": (
        edited("jobs/{job}/journal.jsonl", b'"done"', b'"gone"'),
        *("journal.jsonl", "not the line that the result names"),
    ),
    "signed by a stranger": (signature_of_a_stranger, "result.dsse.json", "not signed by whom it must be"),
    "signed by the portal": (signature_of_the_portal, "result.dsse.json", "not signed by whom it must be"),
    "loosely written": (loosely_written, "result.dsse.json", "its payload is not canonical"),
    # Who agreed
    "denied": (
        rewritten(lambda rows: of(rows, "PROPOSAL_DECIDED")["data"].update(effect="denied")),
        *("entries.jsonl", "without a decision that allowed it"),
    ),
    "an emergency that there is not": (
        rewritten(emergency("no_such")),
        *("entries.jsonl", "the contract has no such emergency"),
    ),
    "nobody was asked": (
        lambda e: payloads_fitted(e.rewritten(free)),
        *("entries.jsonl", "was ordered without an approval"),
    ),
    "nobody had to be asked": (free_by_contract, "entries.jsonl", "nobody was asked to approve"),
    "approval not closed": (
        rewritten(without("APPROVAL_DECIDED")),
        *("entries.jsonl", "was ordered without an approval"),
    ),
    "rejected": (rewritten(second_vote(verdict="reject")), "entries.jsonl", "somebody rejected"),
    "a machine voted": (
        rewritten(lambda rows: of(rows, "APPROVAL_VOTED").update(actor_kind="agent")),
        *("entries.jsonl", "a machine voted"),
    ),
    "one person twice": (rewritten(second_vote()), "entries.jsonl", "one person voted twice"),
    "the requester voted": (rewritten(requester_votes), "entries.jsonl", "the requester voted"),
    "a vote removed": (vote_removed, "entries.jsonl", "0 of 1 votes"),
    "a vote more than was counted": (rewritten(second_vote(actor=OTHER)), "entries.jsonl", "votes are missing"),
    "the request names another plan": (
        lambda e: e.rewritten(lambda rows: of(rows, "APPROVAL_DECIDED")["data"].pop("plan")),
        *("entries.jsonl", "people agreed to another plan"),
    ),
    "the order names other people": (order_of_others, "entries.jsonl", "the order names others"),
}


def log_of(evidence: Evidence) -> str:
    """Return the institution of the bundle."""
    return evidence.files["case.note"].decode().split("/")[2]

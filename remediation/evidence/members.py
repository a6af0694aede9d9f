"""The files of a bundle, by name, and what is not among them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.keys import key_text
from ledger.kinds import Kind
from ledger.models import Payload
from ledger.verifier.standalone import case_verifier_text
from opsportal.core.canonical import canonical_bytes
from remediation.evidence.matter import Matter
from remediation.evidence.proofs import inclusion_proofs, leaves_of
from remediation.evidence.readme import README
from remediation.evidence.rows import finding_shown, proposal_shown, run_shown, thread_shown


@dataclass
class Members:
    """What goes into the zip. ``absent`` says what does not, and why."""

    files: dict[str, bytes] = field(default_factory=dict)
    absent: list[dict[str, str]] = field(default_factory=list)

    def put(self, name: str, content: bytes | str, why_not: str = "") -> None:
        """Take a file; one that is empty is said to be absent when there is a reason."""
        body = content.encode() if isinstance(content, str) else content
        if body or not why_not:
            self.files[name] = body
        else:
            self.lack(name, why_not)

    def lack(self, what: str, why: str) -> None:
        """Say that something is not in the bundle."""
        self.absent.append({"what": what, "why": why})


def members_of(matter: Matter, *, is_masked: bool, has_looks: bool = True) -> Members:
    """Return every file of the bundle but ``case.json`` and its signature; findings and runs only with ``has_looks``."""
    made = Members()
    made.put("README.txt", README)
    made.put("verify.py", case_verifier_text())
    _ledger_put(made, matter)
    _keys_put(made, matter)
    _payloads_put(made, matter, is_masked=is_masked)
    _contracts_put(made, matter)
    _proposals_put(made, matter, is_masked=is_masked)
    _jobs_put(made, matter, is_masked=is_masked)
    if has_looks:
        _finding_put(made, matter, is_masked=is_masked)
    elif matter.findings or matter.runs:
        made.lack("findings and runs", "whoever took this may not read operations (ops.read)")
    _threads_put(made, matter, is_masked=is_masked)
    return made


def _ledger_put(made: Members, matter: Matter) -> None:
    made.put("entries.jsonl", "".join(f"{entry.body}\n" for entry in matter.entries))
    made.put("grounds.jsonl", "".join(f"{entry.body}\n" for entry in matter.grounds))
    size = matter.size
    made.put("checkpoint.note", matter.checkpoint.note if matter.checkpoint else "", "nothing was signed yet")
    wanted = [entry.seq - 1 for entry in (*matter.entries, *matter.grounds)]
    paths = inclusion_proofs(leaves_of(matter.institution_id, size), size, wanted)
    rows = [{"seq": number + 1, "path": [step.hex() for step in path]} for number, path in sorted(paths.items())]
    made.put("proofs.json", pretty(rows))
    beyond = [entry.seq for entry in matter.entries if entry.seq > size]
    if beyond:
        made.lack("proofs of the entries from " + str(min(beyond)), "the ledger is stopped: nothing more is signed")


def _keys_put(made: Members, matter: Matter) -> None:
    lines = [f"# checkpoints{_since(key.retired_at)}\n{key_text(key)}\n" for key in matter.signing_keys]
    lines += [f"# orders{_since(key.retired_at)}\norder {key.kid} {key.public}\n" for key in matter.order_keys]
    lines += [f"# results\nruntime {one.code} {one.public_key}\n" for one in matter.runtimes]
    made.put("keys.txt", "".join(lines))


def _payloads_put(made: Members, matter: Matter, *, is_masked: bool) -> None:
    kept = {payload.commit: payload for payload in matter.payloads}
    rows = []
    for entry in matter.entries:
        commit = entry.content.get("data", {}).get("commit")
        if commit:
            rows.append(_payload_row(made, commit, entry.seq, kept.get(commit), is_masked=is_masked))
    made.put("payloads.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    if is_masked:
        made.lack("private texts", "this copy is masked: it has their commitments only")


def _payload_row(
    made: Members, commit: str, seq: int, payload: Payload | None, *, is_masked: bool
) -> Mapping[str, str | int]:
    row: dict[str, str | int] = {"commit": commit, "seq": seq, "salt": "", "body": ""}
    if payload is None:
        made.lack(f"the text of entry {seq}", "the portal does not have it")
        return {**row, "state": "missing"}
    if payload.erased_at:
        made.lack(f"the text of entry {seq}", f"it was erased at {payload.erased_at.isoformat()}")
        return {**row, "state": "erased"}
    if is_masked:
        return {**row, "state": "masked"}
    return {**row, "state": "disclosed", "salt": payload.salt, "body": payload.body}


def _contracts_put(made: Members, matter: Matter) -> None:
    kept = {bundle.digest: bundle for bundle in matter.bundles}
    for digest in sorted({str(said) for entry in matter.entries if (said := entry.content.get("bundle"))}):
        bundle = kept.get(digest)
        if bundle is None:
            made.lack(f"contract {digest}", "the portal does not have it")
            continue
        for name, text in sorted({**bundle.artifacts, "contract.idl": bundle.source}.items()):
            made.put(f"contracts/{digest}/{name}", text)
    if not kept:
        made.lack("contract", "no contract decided anything in this case")


def _proposals_put(made: Members, matter: Matter, *, is_masked: bool) -> None:
    for proposal in matter.proposals:
        folder = f"proposals/{proposal.code}/"
        made.put(f"{folder}proposal.json", pretty(proposal_shown(proposal, is_masked=is_masked)))
        made.put(f"{folder}plan.json", proposal.plan, "no plan was sealed")
        snapshot = canonical_bytes(proposal.snapshot) if proposal.snapshot else b""
        made.put(f"{folder}snapshot.json", snapshot, "nothing was decided yet")
    if not matter.proposals:
        made.lack("proposals, plans, approvals, orders, results", "nobody proposed anything in this case")


def _jobs_put(made: Members, matter: Matter, *, is_masked: bool) -> None:
    reported = {subject for subject, _ in matter.data(Kind.RUNTIME_JOB_REPORTED)}
    for job in matter.jobs:
        folder = f"jobs/{job.code}/"
        made.put(f"{folder}order.dsse.json", job.order)
        result = job.result_envelope if f"job:{job.code}" in reported else ""
        made.put(f"{folder}result.dsse.json", result, f"the runtime has reported none: the job is {job.status}")
        lines = [line.line + "\n" for line in matter.journal if line.job == job.code]
        made.put(f"{folder}journal.jsonl", "".join(lines))
        if not lines:
            made.lack(f"lines in {folder}journal.jsonl", "the runtime has sent none of this job")
        output = "".join(piece.text for piece in matter.output if piece.job_id == job.pk)
        made.put(
            f"{folder}output.txt", "" if is_masked else output, "masked" if is_masked and output else "it said none"
        )


def _finding_put(made: Members, matter: Matter, *, is_masked: bool) -> None:
    for finding in matter.findings:
        made.put(f"findings/{finding.code}.json", pretty(finding_shown(finding, is_masked=is_masked)))
    if not matter.findings:
        made.lack("finding", "the case did not begin with one")
    for run in matter.runs:
        made.put(f"runs/{run.code}.json", pretty(run_shown(run)))
    kept = {str(run.code) for run in matter.runs}
    for code in _runs_named(matter):
        if code not in kept:
            made.lack(f"runs/{code}.json", "the portal does not keep runs for ever")


def _runs_named(matter: Matter) -> Iterator[str]:
    named = [entry.content.get("data", {}).get("run") for entry in matter.entries]
    yield from sorted({str(code) for code in named if code})


def _threads_put(made: Members, matter: Matter, *, is_masked: bool) -> None:
    rows = [
        thread_shown(thread, [one for one in matter.messages if one.thread_id == thread.pk], is_masked=is_masked)
        for thread in matter.threads
    ]
    made.put("threads.json", pretty(rows))
    if not rows:
        made.lack("thread", "nobody talked about it")


def _since(retired_at: Any) -> str:
    return f", retired at {retired_at.isoformat()}" if retired_at else ""


def pretty(value: Any) -> str:
    """Return JSON for people, the same for the same value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1, default=str) + "\n"

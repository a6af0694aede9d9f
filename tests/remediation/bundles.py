"""A case that went its whole way, its bundle, and ways to tamper with it."""

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.models import Party, Thread
from agents.services import message_post
from ledger.keys import key_text, origin, signing_key
from ledger.selectors import signing_keys
from ledger.verifier.opsportal_verify import Tree, key_id, note_read
from opsportal.core.actor import SYSTEM
from opsportal.core.canonical import canonical_bytes
from remediation import services
from remediation.dsse import ORDER, RESULT, envelope_sign
from remediation.evidence import case_bundle
from remediation.evidence.proofs import inclusion_proofs
from remediation.models import Job
from remediation.services.journal import GENESIS, journal_take
from remediation.services.keys import order_key
from tests.remediation.factories import FakeRuntime, Governed

Files = dict[str, bytes]


class Journal:
    """The journal of a fake runtime: lines in the runtime's format, each bound to the one before."""

    def __init__(self, runtime: FakeRuntime) -> None:
        self.runtime, self.lines, self.hash = runtime, list[str](), GENESIS

    def write(self, kind: str, **said: Any) -> None:
        """Append a line."""
        empty = dict.fromkeys(("job", "order", "plan", "nonce", "digest", "code", "note"), "")
        line = {**empty, **said, "kind": kind, "prev": self.hash, "seq": len(self.lines) + 1, "ts": 1_780_000_000}
        text = json.dumps(line, sort_keys=True, separators=(",", ":"))
        self.lines.append(text)
        self.hash = hashlib.sha256(text.encode()).hexdigest()

    def send(self) -> None:
        """Let the portal have all lines."""
        journal_take(runtime=self.runtime.row, lines=self.lines, from_seq=1)

    @property
    def head(self) -> dict[str, Any]:
        """Where it stands, as a result says."""
        return {"hash": self.hash, "seq": len(self.lines)}


def carried_out(governed: Governed, job: Job, journal: Journal, *, status: str = "executed") -> None:
    """Let the runtime do a job as a true one does: journal, report, send."""
    runtime = governed.runtime
    runtime.take(job)
    said = {"job": str(job.code), "order": job.order_digest}
    journal.write("accepted", **said, plan=job.plan_digest)
    journal.write("begun", **said, plan=job.plan_digest, note=job.proposal.operation)
    result = {"applied_count": 1}
    digest = hashlib.sha256(b'{"applied_count":1}').hexdigest()
    code = "" if status == "executed" else "SYSTEM"
    journal.write("done", **said, digest=digest, note=status, code=code)
    runtime.report(job, status=status, code=code, result=result, journal=journal.head)
    journal.send()


def beat(journal: Journal, *, seq: int | None = None, head: str = "") -> None:
    """Let the runtime announce where its journal stands."""
    services.runtime_beat(
        runtime=journal.runtime.row,
        version="0.1.0",
        root="/srv",
        capabilities=[],
        journal_seq=len(journal.lines) if seq is None else seq,
        journal_hash=head or journal.hash,
    )


def looked(governed: Governed, journal: Journal) -> Job:
    """Return the dry-run of a new proposal, done as a true runtime does it."""
    dry_run = Job.objects.get(proposal=governed.asked(), mode="dry_run")
    runtime = governed.runtime
    runtime.take(dry_run)
    result = {"diff": [{"action": "delete", "path": "a.txt", "to": None}], "preconditions": []}
    digest = sha(canonical_bytes(result))
    said = {"job": str(dry_run.code), "order": dry_run.order_digest}
    journal.write("accepted", **said)
    journal.write("done", **said, digest=digest, note="executed")
    runtime.report(dry_run, result=result, journal=journal.head)
    journal.send()
    return dry_run


def ordered(governed: Governed, journal: Journal) -> Job:
    """Return an approved execution that waits."""
    proposal = looked(governed, journal).proposal
    proposal.refresh_from_db()
    governed.voted(proposal)
    return Job.objects.get(proposal=proposal, mode="execute")


def done(governed: Governed, journal: Journal, **how: Any) -> Job:
    """Return an execution that went well, its runtime heard."""
    job = ordered(governed, journal)
    carried_out(governed, job, journal, **how)
    beat(journal)
    job.refresh_from_db()
    return job


def finished(governed: Governed, journal: Journal | None = None) -> UUID:
    """Return a case in which a file was deleted, with a word about it."""
    job = governed.ordered()
    carried_out(governed, job, journal or Journal(governed.runtime))
    case: UUID = job.proposal.case
    thread = Thread.objects.create(
        institution_id=governed.institution.pk, subject="the old file", primary_agent="A1", case=case
    )
    message_post(thread=thread, from_type=Party.HUMAN, from_id=governed.owner.id, to=None, body="Gone?", actor=SYSTEM)
    return case


@dataclass(frozen=True)
class Evidence:
    """A bundle in the hands of somebody who holds every key: what he says hangs together, and is a lie."""

    files: Files
    job: str
    dry_run: str
    order_key: tuple[str, Ed25519PrivateKey]
    runtime: str
    runtime_key: Ed25519PrivateKey

    @property
    def contract(self) -> str:
        """The folder of the contract."""
        return next(name for name in self.files if name.endswith("/contract.idl")).removesuffix("contract.idl")

    def put(self, name: str, body: bytes) -> Files:
        """Return the files with another member, signed again."""
        return signed_again({**self.files, name: body})

    def rewritten(self, change: Callable[[list[Any]], object], member: str = "entries.jsonl", **more: bytes) -> Files:
        """Return the files with other entries, in a ledger that was made and signed anew for them."""
        files = {**self.files, **{name.replace("__", "/"): body for name, body in more.items()}}
        entries = [json.loads(line) for line in files[member].splitlines()]
        change(entries)
        files[member] = b"".join(_canonical(entry) + b"\n" for entry in entries)
        return signed_again(ledger_again(files))

    def order(self, change: Callable[[Any], object], *, job: str = "", name: str = "order") -> tuple[str, bytes, str]:
        """Return the order (or the result) of a job with something changed: member, signed envelope, payload's digest."""
        member = f"jobs/{job or self.job}/{name}.dsse.json"
        payload = json.loads(base64.b64decode(json.loads(self.files[member])["payload"]))
        change(payload)
        body = _canonical(payload)
        kind, keyid, key = (ORDER, *self.order_key) if name == "order" else (RESULT, self.runtime, self.runtime_key)
        return member, envelope_sign(body, kind=kind, key=key, keyid=keyid).encode(), sha(body)

    def ordered(self, change: Callable[[Any], object], *, job: str = "") -> Files:
        """Return the files with another order of which the entries tell as well."""
        member, envelope, digest = self.order(change, job=job)
        other = Evidence(**{**vars(self), "files": {**self.files, member: envelope}})
        return other.rewritten(lambda rows: _set(rows, job or self.job, "order", digest))

    def reported(self, change: Callable[[Any], object], **told: Any) -> Files:
        """Return the files with another result of which the entries tell as well; ``told``: what those tell of it."""
        member, envelope, _ = self.order(change, name="result")
        other = Evidence(**{**vars(self), "files": {**self.files, member: envelope}})

        def tell(rows: list[Any]) -> None:
            for name, value in {"envelope": sha(envelope), **told}.items():
                _set([row for row in rows if row["kind"] == "RUNTIME_JOB_REPORTED"], self.job, name, value)

        return other.rewritten(tell)


def sha(data: bytes) -> str:
    """Return a digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def ledger_again(files: Files) -> Files:
    """Return the files with proofs and a signed root that fit the entries as they are."""
    bodies = [*files["entries.jsonl"].splitlines(), *files["grounds.jsonl"].splitlines()]
    leaves = {json.loads(body)["seq"]: hashlib.sha256(b"\0" + body).digest() for body in bodies}
    size = max([*leaves, note_read(files["checkpoint.note"].decode()).size])
    all_leaves = [leaves.get(seq, bytes(32)) for seq in range(1, size + 1)]
    tree = Tree()
    for leaf in all_leaves:
        tree.add(leaf)
    paths = inclusion_proofs(iter(all_leaves), size, [seq - 1 for seq in leaves])
    proofs = [{"seq": number + 1, "path": [step.hex() for step in path]} for number, path in paths.items()]
    log = files["checkpoint.note"].decode().partition("\n")[0]
    text = f"{log}\n{size}\n{base64.b64encode(tree.root()).decode()}\n"
    note = note_of(text, log.rpartition("/")[2])
    return {**files, "proofs.json": json.dumps(proofs).encode(), "checkpoint.note": note}


def evidence_of(governed: Governed) -> Evidence:
    """Return the bundle of a finished case, with the keys that signed it."""
    case = finished(governed)
    dry_run = Job.objects.get(mode="dry_run", proposal__case=case)
    return Evidence(
        files=taken(governed, case),
        job=str(case),
        dry_run=str(dry_run.code),
        order_key=order_key(governed.institution.pk),
        runtime=str(governed.runtime.row.code),
        runtime_key=governed.runtime.key,
    )


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _set(rows: list[Any], job: str, name: str, value: Any) -> None:
    for row in rows:
        if row["subject"] == f"job:{job}" and name in row["data"]:
            row["data"][name] = value


def taken(governed: Governed, case: UUID, **how: Any) -> Files:
    """Return the files of a case's bundle."""
    return unzipped(b"".join(case_bundle(governed.institution.pk, case, **how)))


def unzipped(data: bytes) -> Files:
    """Return the files of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def key_of(governed: Governed) -> str:
    """Return the ledger's key as an auditor has it."""
    return key_text(signing_keys(governed.institution.pk)[0])


def signed_again(files: Files, key: Ed25519PrivateKey | None = None) -> Files:
    """Return the files with ``case.json`` over them as they are now and a signature: what only the portal's key can do."""
    names = files.keys() - {"case.json", "case.note"}
    digests = {name: hashlib.sha256(files[name]).hexdigest() for name in names}
    about = json.dumps({**json.loads(files["case.json"]), "files": digests}).encode()
    first = files["case.note"].decode().partition("\n")[0]
    text = f"{first}\n{len(names)}\n{base64.b64encode(hashlib.sha256(about).digest()).decode()}\n"
    return {**files, "case.json": about, "case.note": note_of(text, first.split("/")[2], key)}


def note_of(text: str, institution: str, key: Ed25519PrivateKey | None = None) -> bytes:
    """Return a signed note."""
    signer, log = key or signing_key(), origin(UUID(institution))
    number = key_id(log, signer.public_key().public_bytes_raw())
    return f"{text}\n— {log} {base64.b64encode(number + signer.sign(text.encode())).decode()}\n".encode()


def verified(tmp_path: Path, files: Files, *keys: str, script: bytes | None = None) -> tuple[int, str]:
    """Run a verifier over a bundle on a machine that has nothing but Python; return status and what it said."""
    bundle, program = tmp_path / "bundle.zip", tmp_path / "verify.py"
    bundle.write_bytes(zipped(files))
    program.write_bytes(script or files["verify.py"])
    pinned = [word for key in keys for word in ("--key", key)]
    command = [sys.executable, "-I", "-S", str(program), str(bundle), *pinned]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={}, timeout=120)
    assert done.stderr == "", done.stderr
    return done.returncode, done.stdout

"""Hand out the evidence of a case; that somebody took it is an entry of the case."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from ledger.keys import origin, signing_key
from ledger.kinds import Kind
from ledger.selectors import is_stopped
from ledger.services import entry_record, unit
from ledger.verifier.opsportal_verify import key_id
from opsportal.core.actor import SYSTEM, Actor, ActorKind
from opsportal.institutions.access import Permission, may, require
from remediation.evidence.archive import zip_stream
from remediation.evidence.matter import Matter, matter_read
from remediation.evidence.members import Members, members_of, pretty

WHAT = "The evidence of one case. README.txt says what is in it, verify.py checks it."


def case_bundle(institution_id: UUID, case: UUID, *, actor: Actor = SYSTEM, is_masked: bool = False) -> Iterator[bytes]:
    """Return a stream of the zip that proves a case; that it was taken is recorded before the first byte.

    A copy for somebody without ``personal.read``, or one that is asked to be masked, has only the commitments of
    private texts; without ``ops.read`` it has neither findings nor runs. Raises NotFoundError when no entry tells of the case, RefusedError without ``ledger.export``,
    LedgerBrokenError when the ledger does not continue what was signed. A ledger that was stopped takes no entry; its
    evidence is handed out all the same, with what cannot be proven named.
    """
    require(actor, Permission.LEDGER_EXPORT)
    is_masked = is_masked or not _may(actor, Permission.PERSONAL_READ)
    matter = matter_read(institution_id, case)
    made = members_of(matter, is_masked=is_masked, has_looks=_may(actor, Permission.OPS_READ))
    files = files_signed(matter, made, at=timezone.now(), is_masked=is_masked)
    if not is_stopped(institution_id):
        data = {
            "size": matter.size,
            "files": len(files),
            "digest": hashlib.sha256(files["case.json"]).hexdigest(),
            "is_masked": is_masked,
        }
        with unit(institution_id, actor):
            entry_record(kind=Kind.CASE_EXPORTED, subject=f"case:{case}", case=case, actor=actor, data=data)
    return zip_stream(files)


def files_signed(matter: Matter, made: Members, *, at: datetime, is_masked: bool) -> Mapping[str, bytes]:
    """Return every file of the bundle, with ``case.json`` over the others and the signature under it."""
    about = pretty(_about(matter, made, at, is_masked=is_masked)).encode()
    note = _signed(matter, len(made.files), hashlib.sha256(about).digest())
    return {**made.files, "case.json": about, "case.note": note.encode()}


def _about(matter: Matter, made: Members, at: datetime, *, is_masked: bool) -> dict[str, Any]:
    return {
        "v": 1,
        "what": WHAT,
        "institution": str(matter.institution_id),
        "case": str(matter.case),
        "made_at": at.isoformat(),
        "is_masked": is_masked,
        "files": {name: hashlib.sha256(body).hexdigest() for name, body in made.files.items()},
        "absent": made.absent,
    }


def _signed(matter: Matter, count: int, digest: bytes) -> str:
    """Return the signed note under ``case.json``: its first line is no ledger's, so it is never taken for a checkpoint."""
    key, log = signing_key(), origin(matter.institution_id)
    text = f"opsportal/case/{matter.institution_id}/{matter.case}\n{count}\n{base64.b64encode(digest).decode()}\n"
    number = key_id(log, key.public_key().public_bytes_raw())
    return f"{text}\n— {log} {base64.b64encode(number + key.sign(text.encode())).decode()}\n"


def _may(actor: Actor, permission: Permission) -> bool:
    return actor.kind is ActorKind.SYSTEM or may(actor.roles, permission)

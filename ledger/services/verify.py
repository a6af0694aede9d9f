"""Verify a chain and act upon the outcome."""

from uuid import UUID

import structlog
from django.db import IntegrityError

from ledger.alarms import alarms_raise
from ledger.kinds import Kind
from ledger.selectors import is_stopped
from ledger.services.unit import entry_record, unit
from ledger.verification import Verification, chain_verify
from opsportal.core.actor import SYSTEM, Actor

logger = structlog.get_logger(__name__)


def ledger_verify(institution_id: UUID, *, whole: bool = True, actor: Actor = SYSTEM) -> Verification:
    """Verify one chain, record the outcome in it, and raise the alarms when it is broken.

    ``whole=False`` begins at the last checkpoint. A chain that was stopped takes no entry: its verification is
    told to the alarms alone. Call it outside a unit.
    """
    found = chain_verify(institution_id, whole=whole)
    if found.is_intact:
        data = {"after": found.after, "size": found.size, "head": found.head}
        _record(found, Kind.LEDGER_VERIFIED, actor, data)
        return found
    fault = found.faults[0]
    try:
        _record(found, Kind.LEDGER_TAMPER_DETECTED, actor, {"fault": fault.code, "seq": max(fault.seq, 0)})
    except IntegrityError:
        logger.exception("ledger_too_broken_to_say_so", institution=str(institution_id))
    alarms_raise(institution_id, fault.code, fault.seq)
    return found


def _record(found: Verification, kind: Kind, actor: Actor, data: dict[str, object]) -> None:
    if is_stopped(found.institution_id):
        return
    with unit(found.institution_id, actor):
        entry_record(kind=kind, subject=f"institution:{found.institution_id}", actor=actor, data=data)

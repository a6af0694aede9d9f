"""What stops every action of an institution at once: emergency stop, freeze, safe mode."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.errors import StoppedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import Institution
from remediation import engine
from remediation.models import Brakes


def brakes_stop(*, institution: Institution, is_stopped: bool, actor: Actor, reason: str = "") -> Brakes:
    """Pull the emergency stop, or release it; unchanged, nothing is written.

    While it is pulled every proposal, vote and claim is refused (503); what runs already is not killed. Raises
    RefusedError without ``brakes.pull``.
    """
    kind, data = Kind.INSTITUTION_STOPPED, {"is_stopped": is_stopped}
    return _set(institution, "stopped", is_stopped, actor=actor, kind=kind, data=data, reason=reason)


def brakes_freeze(*, institution: Institution, is_frozen: bool, actor: Actor, reason: str = "") -> Brakes:
    """Freeze all actions, or end that; unchanged, nothing is written. Refusals are 423 meanwhile.

    Raises RefusedError without ``brakes.pull``.
    """
    kind, data = Kind.INSTITUTION_FROZEN, {"is_frozen": is_frozen}
    return _set(institution, "frozen", is_frozen, actor=actor, kind=kind, data=data, reason=reason)


def safe_mode_enter(institution_id: UUID, *, code: str) -> None:
    """Deny everything from now on, because a contract did not verify; once is enough."""
    with institution_scope(institution_id), unit(institution_id, SYSTEM):
        brakes = _locked(institution_id)
        if brakes.safe_mode:
            return
        brakes.safe_mode = code
        brakes.save(update_fields=["safe_mode"])
        entry_record(
            kind=Kind.SAFE_MODE_ENTERED, subject=f"institution:{institution_id}", actor=SYSTEM, data={"code": code}
        )


@contextmanager
def contract_trusted(institution_id: UUID) -> Iterator[None]:
    """Enter safe mode when a contract does not verify within, and raise StoppedError (SAFE_MODE); goes around a unit."""
    try:
        yield
    except engine.BundleError as error:
        safe_mode_enter(institution_id, code=error.code)
        raise StoppedError(f"The contract does not verify: {error.detail}.", code="SAFE_MODE") from None


def safe_mode_leave(institution_id: UUID, *, actor: Actor) -> None:
    """End safe mode, in the unit that restores a verified release; harmless when there is none."""
    with unit(institution_id, actor):
        brakes = _locked(institution_id)
        if brakes.safe_mode:
            brakes.safe_mode = ""
            brakes.save(update_fields=["safe_mode"])
            entry_record(kind=Kind.SAFE_MODE_LEFT, subject=f"institution:{institution_id}", actor=actor)


def _set(
    institution: Institution,
    brake: str,
    is_pulled: bool,
    *,
    actor: Actor,
    kind: Kind,
    data: Mapping[str, bool],
    reason: str,
) -> Brakes:
    """Pull or release one brake: ``brake`` is the beginning of its two columns."""
    require(actor, Permission.BRAKES_PULL)
    with unit(institution.pk, actor):
        brakes = _locked(institution.pk)
        if (getattr(brakes, f"{brake}_at") is not None) == is_pulled:
            return brakes
        setattr(brakes, f"{brake}_at", timezone.now() if is_pulled else None)
        setattr(brakes, f"{brake}_by", actor.id if is_pulled else "")
        brakes.save(update_fields=[f"{brake}_at", f"{brake}_by"])
        private = {"reason": reason} if reason else None
        entry_record(kind=kind, subject=institution, actor=actor, data=data, private=private)
    return brakes


def _locked(institution_id: UUID) -> Brakes:
    Brakes.objects.get_or_create(institution_id=institution_id)
    return Brakes.objects.select_for_update().get(institution_id=institution_id)

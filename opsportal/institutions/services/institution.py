"""Institutions: they begin, they become read-only when their ledger is broken, and open again."""

import re
from uuid import UUID, uuid4

import structlog
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import chain_resume, chain_start, chain_stop, entry_record, unit
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.errors import ConflictError, FrozenInstitutionError, InvalidError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Permission, Role, require, require_installation
from opsportal.institutions.models import Department, Institution, User
from opsportal.institutions.services.member import member_add

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
DEPARTMENT = re.compile(r"[a-z][a-z0-9_]{0,39}")
SYSTEM_SLUG = "system"

log = structlog.get_logger(__name__)


def institution_create(
    *, slug: str, name: str, actor: Actor, first: User | None = None, is_system: bool = False
) -> Institution:
    """Make an institution, begin its ledger, and make ``first`` its super_admin.

    ``slug`` stands in every address: 1 to 40 of a-z, 0-9 and inner hyphens. Raises RefusedError unless
    ``actor`` acts for the installation, InvalidError on a bad slug or name, ConflictError when it is taken.
    """
    require_installation(actor)
    if not SLUG.fullmatch(slug) or (slug == SYSTEM_SLUG) != is_system:
        raise InvalidError(f"{slug!r} cannot be a slug.", errors={"slug": ["1 to 40 of a-z, 0-9 and inner hyphens"]})
    if not 1 <= len(name.strip()) <= 120:
        raise InvalidError("A name has 1 to 120 characters.", errors={"name": ["1 to 120 characters"]})
    institution = Institution(pk=uuid4(), slug=slug, name=name.strip(), is_system=is_system)
    try:
        with unit(institution.pk, actor):
            institution.save(force_insert=True)
            chain_start(institution.pk)
            entry_record(
                kind=Kind.INSTITUTION_CREATED,
                subject=institution,
                actor=actor,
                data={"is_system": is_system},
                private={"slug": slug, "name": institution.name},
            )
            if first is not None:
                member_add(institution=institution, user=first, roles={Role.SUPER_ADMIN}, actor=SYSTEM)
    except IntegrityError:
        raise ConflictError(f"There is already an institution {slug!r}.", code="SLUG_TAKEN") from None
    return institution


def department_activate(*, institution: Institution, name: str, actor: Actor, is_active: bool = True) -> Department:
    """Make a department, or switch it on or off again; unchanged, it is returned and nothing is written.

    Raises RefusedError without ``settings.manage``, InvalidError unless ``name`` is like ``infra_ops``.
    """
    require(actor, Permission.SETTINGS_MANAGE)
    if not DEPARTMENT.fullmatch(name):
        raise InvalidError(f"{name!r} cannot name a department.", errors={"name": ["a-z, 0-9 and _, at most 40"]})
    with institution_scope(institution.pk), unit(institution.pk, actor):
        department, is_new = Department.objects.select_for_update().get_or_create(
            institution=institution, name=name, defaults={"is_active": is_active}
        )
        if not is_new and department.is_active == is_active:
            return department
        department.is_active = is_active
        department.save(update_fields=["is_active"])
        entry_record(
            kind=Kind.DEPT_ACTIVATED,
            subject=department,
            actor=actor,
            data={"department": name, "is_active": is_active},
        )
    return department


def institution_mark_broken(institution_id: UUID, fault: str, seq: int) -> None:
    """Make an institution read-only because its ledger did not verify; once is enough.

    ``fault`` and ``seq`` are what the verification named. The break is entered into the ledger of
    the installation; when it is that one that broke, into the log alone. Call it outside a unit.
    """
    log.critical("ledger_broken", institution=str(institution_id), fault=fault, seq=seq)
    system = Institution.objects.filter(is_system=True, ledger_broken_at=None).exclude(pk=institution_id).first()
    with transaction.atomic():
        Institution.objects.filter(pk=institution_id, ledger_broken_at=None).update(ledger_broken_at=timezone.now())
        if chain_stop(institution_id) and system is not None:
            _break_enter(system.pk, institution_id, fault, seq)


def _break_enter(system_id: UUID, institution_id: UUID, fault: str, seq: int) -> None:
    """Enter the break into the installation's ledger. That one may be broken too, and nobody know it yet."""
    try:
        with unit(system_id, SYSTEM):
            entry_record(
                kind=Kind.LEDGER_TAMPER_DETECTED,
                subject=f"institution:{institution_id}",
                actor=SYSTEM,
                data={"fault": fault, "seq": seq},
            )
    except (DatabaseError, FrozenInstitutionError):
        log.critical("ledger_break_not_entered", institution=str(institution_id), exc_info=True)


def institution_reopen(*, institution: Institution, actor: Actor) -> Institution:
    """Let an institution be written to again, after its ledger was looked into; harmless when it is open.

    Who did so stands in the ledger of the installation. Raises RefusedError unless ``actor`` acts for
    the installation, and FrozenInstitutionError while the installation's own ledger is broken.
    """
    require_installation(actor)
    with transaction.atomic():
        Institution.objects.filter(pk=institution.pk).update(ledger_broken_at=None)
        if chain_resume(institution.pk):
            system_id = Institution.objects.values_list("pk", flat=True).get(is_system=True)
            with unit(system_id, actor):
                entry_record(kind=Kind.INSTITUTION_REOPENED, subject=institution, actor=actor)
    institution.refresh_from_db()
    return institution

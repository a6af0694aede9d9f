"""Tell people that the ledger of an institution does not verify.

Nothing more may be written into the broken chain, so the message waits in the installation's own
institution. Whoever answers for the broken one sees it on every page of the portal.
"""

from uuid import UUID, uuid4

import structlog
from django.db import DatabaseError

from agents.models import Message, Severity, Thread
from agents.services import SENTINEL, Notice, notices_post
from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import SYSTEM
from opsportal.core.errors import FrozenInstitutionError
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from opsportal.institutions.selectors import people_answerable

SUBJECT = "institution"

log = structlog.get_logger(__name__)


def broken_ledger_tell(institution_id: UUID, fault: str, seq: int) -> None:
    """Tell the people of a break once: log who must know, and let a message wait in the installation's inbox.

    For ``ledger.alarms``, after the institution was made read-only; a later verification that finds the
    same break again says nothing. When the installation's own ledger takes no entry, the log and the
    banner on every page are all there is. Call it outside a unit.
    """
    broken = Institution.objects.filter(pk=institution_id, ledger_broken_at__isnull=False).first()
    if broken is None:
        return
    log.critical(
        "ledger_broken_people_to_tell",
        institution=str(institution_id),
        slug=broken.slug,
        fault=fault,
        seq=seq,
        people=[str(user.code) for user in people_answerable(institution_id)],
    )
    system = Institution.objects.exclude(pk=institution_id).filter(is_system=True, ledger_broken_at=None).first()
    if system is None:
        return
    try:
        _message_post(broken, system, fault, seq)
    except (DatabaseError, FrozenInstitutionError):
        log.critical("ledger_broken_not_told", institution=str(institution_id), exc_info=True)


def _message_post(broken: Institution, system: Institution, fault: str, seq: int) -> None:
    with institution_scope(system.pk), unit(system.pk, SYSTEM):
        broken = Institution.objects.select_for_update(no_key=True).get(pk=broken.pk)  # of two verifiers one tells
        thread = Thread.objects.filter(subject_kind=SUBJECT, subject_id=str(broken.pk)).order_by("-pk").first()
        if thread and Message.objects.filter(thread=thread, created_at__gte=broken.ledger_broken_at).exists():
            return
        notice = Notice(
            subject=f"Ledger of {broken.name} does not verify",
            body=_body(broken, fault, seq),
            severity=Severity.CRITICAL,
            from_agent=SENTINEL,
            to_agent=SENTINEL,
            subject_kind=SUBJECT,
            subject_id=str(broken.pk),
            case=thread.case if thread else uuid4(),
            inbox=SENTINEL,
            context={"institution": broken.slug, "fault": fault, "seq": seq},
            thread_code=thread.code if thread else None,
        )
        code = notices_post(institution_id=system.pk, notices=[notice], actor=SYSTEM)[notice.subject_id]
        entry_record(
            kind=Kind.MESSAGE_POSTED,
            subject=f"message:{notice.code}",
            actor=SYSTEM,
            case=notice.case,
            data={
                "thread": code,
                "sender": "agent",
                "to": SENTINEL,
                "inbox": SENTINEL,
                "severity": Severity.CRITICAL.value,
                "requires_human": True,
            },
            private={"body": notice.body},
        )


def _body(broken: Institution, fault: str, seq: int) -> str:
    return (
        f"The ledger of {broken.name} ({broken.slug}) does not verify: {fault} at entry {seq}. "
        "Somebody may have changed the database past the portal. The institution is read-only: every change there is "
        "refused with 423, and its owners and super_admins are told on every page.\n\n"
        "1. Keep a copy of the database as it is now.\n"
        f"2. python manage.py ledger_verify --institution {broken.slug}\n"
        "3. Compare with the last export or checkpoint that left this machine.\n"
        f"4. Once it is settled: python manage.py institution_reopen --institution {broken.slug}"
    )

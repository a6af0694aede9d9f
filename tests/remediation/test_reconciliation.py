"""Whether everything that ran was ordered: what fits is clean, and what does not is named."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.scope import institution_scope
from remediation import services
from remediation.guards import NAMES
from remediation.models import Approval, Job, JournalLine, Proposal, Runtime
from remediation.reconciliation import Reconciliation, reconciliation_of
from remediation.reconciliation.differences import CODES, SECTIONS
from tests.institutions.factories import institution_make
from tests.remediation.bundles import Journal, beat, carried_out, done, looked, ordered
from tests.remediation.factories import Governed


@pytest.fixture
def journal(governed: Governed) -> Journal:
    return Journal(governed.runtime)


@pytest.fixture
def unguarded(governed: Governed) -> None:
    """Somebody who owns the database; the end of the test brings the triggers back."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            dropped = [f"DROP TRIGGER IF EXISTS {name}" for name in sorted(NAMES)]
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname = ANY(%s)", [[*NAMES]])
            dropped = [f"DROP TRIGGER {name} ON {table}" for name, table in cursor.fetchall()]
        for statement in dropped:
            cursor.execute(statement)


def now() -> Reconciliation:
    return reconciliation_of(timezone.now())


def codes() -> list[str]:
    return [one.code for one in now().differences]


@pytest.mark.spec("V25")
def test_a_clean_institution_says_so(governed: Governed, journal: Journal) -> None:
    for status in ("executed", "failed"):
        done(governed, journal, status=status)
    found = now()
    assert (found.verdict, found.differences) == ("clean", [])
    counts = found.counts
    assert (counts.runtimes, counts.lines, counts.executions, counts.orders) == (1, 10, 2, 4)


@pytest.mark.django_db
def test_an_institution_without_anything_is_clean() -> None:
    institution = institution_make("empty")
    with institution_scope(institution.pk):
        assert now().verdict == "clean"


def test_what_was_done_by_hand_is_an_orphan(governed: Governed, journal: Journal) -> None:
    done(governed, journal)
    stranger = uuid4()
    journal.write("begun", job=str(stranger), order="0" * 64, note="files.delete")
    journal.write("restored", job=str(stranger), note="slot")
    journal.write("shell", note="rm -rf")
    journal.send()
    beat(journal)
    found = now()
    assert [(one.code, one.line) for one in found.differences] == [
        ("NOT_ORDERED", 6),
        ("BY_HAND", 7),
        ("KIND_UNKNOWN", 8),
    ]
    assert (found.verdict, found.differences[0].job) == ("wrong", stranger)
    assert {one.section for one in found.differences} == {"orphan"}


def test_a_dry_run_that_was_carried_out_is_an_orphan(governed: Governed, journal: Journal) -> None:
    dry_run = looked(governed, journal)
    journal.write("begun", job=str(dry_run.code), order=dry_run.order_digest)
    journal.send()
    beat(journal)
    assert codes() == ["NOT_ORDERED"]


@pytest.mark.parametrize(("name", "value"), [("order", "1" * 64), ("plan", "1" * 64)])
def test_another_order_or_plan_than_was_given_is_an_orphan(
    governed: Governed, journal: Journal, name: str, value: str
) -> None:
    job = ordered(governed, journal)
    governed.runtime.take(job)
    said = {"job": str(job.code), "order": job.order_digest, "plan": job.plan_digest, name: value}
    journal.write("begun", **said)
    journal.send()
    beat(journal)
    assert codes() == ["OTHER_ORDER"]


@pytest.mark.usefixtures("unguarded")
def test_an_order_that_somebody_wrote_into_the_database_is_not_authorised(governed: Governed, journal: Journal) -> None:
    proposal = looked(governed, journal).proposal
    proposal.refresh_from_db()
    at = timezone.now()
    job = Job.objects.create(
        code=proposal.code,
        institution=governed.institution,
        proposal=proposal,
        runtime=governed.runtime.row,
        mode="execute",
        plan_digest=proposal.plan_digest,
        order="{}",
        order_digest="5" * 64,
        not_before=at,
        expires_at=at + timedelta(hours=1),
        created_at=at,
        status="running",
        lease_expires_at=at,
    )
    journal.write("begun", job=str(job.code), order="5" * 64, plan=job.plan_digest)
    journal.send()
    beat(journal)
    assert codes() == ["NOT_AUTHORISED", "ORDER_NOT_IN_LEDGER"]


@pytest.mark.usefixtures("unguarded")
def test_an_order_that_is_gone_is_told_by_the_ledger(governed: Governed, journal: Journal) -> None:
    job = ordered(governed, journal)
    beat(journal)
    Job.objects.filter(pk=job.pk).delete()
    assert codes() == ["ORDER_VANISHED"]


def test_an_approved_order_that_expired_never_ran_and_nothing_is_wrong(governed: Governed, journal: Journal) -> None:
    job = ordered(governed, journal)
    beat(journal)
    assert codes() == ["WAITING"]
    with time_machine.travel(job.expires_at, tick=False):
        beat(journal)
        assert codes() == ["EXPIRED"]
        services.governance_sweep(governed.institution.pk)
        found = now()
    assert [(one.code, one.section, one.job) for one in found.differences] == [("EXPIRED", "never_run", job.code)]
    assert found.verdict == "clean"


def test_an_order_that_was_cancelled_and_begun_all_the_same_is_a_contradiction(
    governed: Governed, journal: Journal
) -> None:
    job = ordered(governed, journal)
    services.job_cancel(job=job, actor=governed.executive)
    beat(journal)
    assert codes() == ["CANCELLED"]
    journal.write("begun", job=str(job.code), order=job.order_digest, plan=job.plan_digest)
    journal.send()
    beat(journal)
    assert codes() == ["BEGUN_AFTER_END"]


def test_an_unknown_outcome_is_listed_until_it_is_known(governed: Governed, journal: Journal) -> None:
    job = ordered(governed, journal)
    governed.runtime.take(job)
    said = {"job": str(job.code), "order": job.order_digest}
    journal.write("begun", **said, plan=job.plan_digest)
    journal.send()
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        services.governance_sweep(governed.institution.pk)
        beat(journal)
        found = now()
        assert [(one.code, one.job) for one in found.differences] == [("OUTCOME_UNKNOWN", job.code)]
        assert found.verdict == "unknown"
        journal.write("done", **said, note="executed")
        journal.send()
        beat(journal)
        assert codes() == ["OUTCOME_IN_JOURNAL"]


def test_a_result_that_has_not_arrived_is_not_known(governed: Governed, journal: Journal) -> None:
    job = ordered(governed, journal)
    governed.runtime.take(job)
    said = {"job": str(job.code), "order": job.order_digest}
    journal.write("begun", **said, plan=job.plan_digest)
    journal.write("done", **said, note="executed")
    journal.send()
    beat(journal)
    assert codes() == ["RESULT_NOT_ARRIVED"]


@pytest.mark.parametrize("changes", [{"note": "failed"}, {"digest": "0" * 64}, {"code": "OTHER"}])
def test_a_result_that_says_something_else_than_the_journal(
    governed: Governed, journal: Journal, changes: dict[str, str]
) -> None:
    write = journal.write

    def lying(kind: str, **said: Any) -> None:
        write(kind, **(said | (changes if kind == "done" else {})))

    job = ordered(governed, journal)
    journal.write = lying  # type: ignore[method-assign]  # a runtime that lies to itself
    carried_out(governed, job, journal)
    beat(journal)
    assert codes() == ["RESULT_CONTRADICTS"]


def test_a_result_without_a_line_may_be_late_or_false(governed: Governed, journal: Journal) -> None:
    job = ordered(governed, journal)
    governed.runtime.take(job)
    governed.runtime.report(job)
    beat(journal)
    assert codes() == ["RESULT_AHEAD"]
    journal.write("reported", job=str(job.code))
    journal.send()
    beat(journal)
    assert codes() == ["RESULT_NOT_IN_JOURNAL"]


def test_the_same_order_begun_twice_is_a_contradiction(governed: Governed, journal: Journal) -> None:
    job = done(governed, journal)
    journal.write("begun", job=str(job.code), order=job.order_digest, plan=job.plan_digest)
    journal.send()
    beat(journal)
    assert codes() == ["BEGUN_TWICE"]


@pytest.mark.usefixtures("unguarded")
def test_a_status_that_the_ledger_does_not_tell_of_is_a_contradiction(governed: Governed, journal: Journal) -> None:
    job = done(governed, journal)
    Job.objects.filter(pk=job.pk).update(status="failed")
    assert codes() == ["STATUS_NOT_IN_LEDGER"]


def test_a_journal_that_lags_behind_what_was_announced(governed: Governed, journal: Journal) -> None:
    done(governed, journal)
    journal.write("reported")
    journal.write("reported")
    beat(journal)
    (behind,) = now().differences
    assert (behind.code, behind.line, behind.count, now().verdict) == ("JOURNAL_BEHIND", 5, 2, "unknown")


def _line_edited(_: Journal) -> None:
    row = JournalLine.objects.order_by("seq")[1]
    JournalLine.objects.filter(pk=row.pk).update(line=row.line.replace('"executed"', '"refused"'))


FORKS: dict[str, Callable[[Journal], object]] = {
    "LINE_EDITED": _line_edited,
    "HEAD_DIFFERS": lambda journal: beat(journal, head="0" * 64),
    "JOURNAL_SHORTER": lambda journal: beat(journal, seq=2, head=json.loads(journal.lines[2])["prev"]),
}


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize("code", FORKS)
def test_a_journal_that_was_rewritten_is_a_fork(governed: Governed, journal: Journal, code: str) -> None:
    done(governed, journal)
    FORKS[code](journal)
    found = now()
    assert [(one.code, one.section) for one in found.differences if one.section == "fork"] == [(code, "fork")]
    assert found.verdict == "wrong"


def test_a_heartbeat_from_before_the_last_lines_is_no_fork(governed: Governed, journal: Journal) -> None:
    ordered(governed, journal)
    beat(journal)
    job = Job.objects.get(mode="execute")
    carried_out(governed, job, journal)
    assert codes() == []


def test_a_runtime_that_is_not_heard_leaves_it_unknown(governed: Governed, journal: Journal) -> None:
    done(governed, journal)
    with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=False):
        assert (codes(), now().verdict) == (["SILENT"], "unknown")
        Runtime.objects.update(status="revoked")
        assert codes() == []


@pytest.mark.usefixtures("unguarded")
def test_approved_and_never_ordered_is_told(governed: Governed, journal: Journal) -> None:
    proposal = looked(governed, journal).proposal
    beat(journal)
    data = {"proposal": proposal.code, "plan": "0" * 64, "status": "approved", "votes": 1}
    approval = Approval.objects.get(proposal=proposal)
    with unit(governed.institution.pk, governed.executive):
        entry_record(kind=Kind.APPROVAL_DECIDED, subject=approval, actor=governed.executive, data=data)
    assert codes() == ["NOT_ORDERED_AFTER_APPROVAL"]


def test_it_costs_the_same_however_much_there_is(governed: Governed, journal: Journal) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            now()
        return len(captured)

    done(governed, journal)
    one = queries()
    for _ in range(3):
        done(governed, journal)
    assert queries() == one == 4


def test_every_code_has_a_section_and_a_sentence() -> None:
    for section, sentence in CODES.values():
        assert section in SECTIONS
        assert str(sentence).endswith(".")


def test_an_order_that_nobody_gave_is_told_even_when_it_was_refused(governed: Governed, journal: Journal) -> None:
    done(governed, journal)
    journal.write("refused", job=str(uuid4()), order="0" * 64, code="SIGNATURE")
    journal.send()
    beat(journal)
    (unknown,) = now().differences
    assert (unknown.code, unknown.section, unknown.line) == ("ORDER_UNKNOWN", "unapproved", 6)


def test_proposals_of_the_same_case_are_told_apart(governed: Governed, journal: Journal) -> None:
    first, second = done(governed, journal), done(governed, journal)
    assert isinstance(first.proposal.case, UUID)
    assert first.proposal.case != second.proposal.case
    assert Proposal.objects.count() == 2
    assert codes() == []

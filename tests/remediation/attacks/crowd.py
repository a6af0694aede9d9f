"""Four people who press at the same moment, each a process of its own. A program that ``test_concurrency`` runs.

``python -m tests.remediation.attacks.crowd <mode> <rounds>`` prepares its rounds, forks four voters that meet at a barrier
before every round, and prints what became of each: ``{"rounds": [{"jobs", "approvers", "status", "decided", "answers"}]}``.

* ``approve``: a, a again, b and the requester approve; two are needed.
* ``contradict``: a, a again and b approve, c rejects.
* ``naive``: as ``approve``, with votes and jobs in tables without constraints: look, then insert, without a lock.
"""

import json
import multiprocessing
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import django

NEEDED = 2
PEOPLE = ("a", "a again", "b", "fourth")
Press = Callable[["Crowd", str, int], str]


@dataclass
class Crowd:
    """Who votes on what. ``rounds`` has the approval's id and the plan's digest."""

    institution: UUID
    people: Mapping[str, Any]
    verdicts: Mapping[str, str]
    rounds: list[tuple[UUID, str]] = field(default_factory=list)


def prepare(mode: str, count: int) -> Crowd:
    """Put a contract that needs two into force, and make the proposals."""
    from opsportal.core.scope import institution_scope
    from opsportal.institutions.access import Role
    from tests.institutions.factories import actor_make
    from tests.remediation.attacks.variants import crowded, release
    from tests.remediation.factories import governed_make

    governed = governed_make("crowd")
    with institution_scope(governed.institution.pk):
        release(governed, crowded())
        both = actor_make(governed.institution, Role.OWNER, Role.EXECUTIVE_ADMIN)
        second = actor_make(governed.institution, Role.EXECUTIVE_ADMIN, Role.DEVOPS)
        third = actor_make(governed.institution, Role.EXECUTIVE_ADMIN, Role.OPS_LEAD)
        fourth = third if mode == "contradict" else both
        crowd = Crowd(
            institution=governed.institution.pk,
            people=dict(zip(PEOPLE, (governed.executive, governed.executive, second, fourth), strict=True)),
            verdicts={"fourth": "reject"} if mode == "contradict" else {},
        )
        for number in range(count if mode != "naive" else 0):
            proposal = governed.waiting(actor=both, paths=[f"{number}.txt"], idempotency_key=str(number))
            crowd.rounds.append((proposal.approval.code, proposal.plan_digest))
        if mode == "naive":
            crowd.rounds = [(UUID(int=number), "") for number in range(count)]
            _scratch("CREATE TABLE scratch_vote (round integer, voter varchar(80))")
            _scratch("CREATE TABLE scratch_job (round integer)")
    return crowd


def press(crowd: Crowd, name: str, number: int) -> str:
    """Vote as the portal does; return the code of a refusal, or nothing."""
    from opsportal.core.errors import DomainError
    from opsportal.core.scope import institution_scope
    from remediation import services
    from remediation.selectors import approval_get

    code, plan = crowd.rounds[number]
    with institution_scope(crowd.institution):
        try:
            services.approval_vote(
                approval=approval_get(code),
                actor=crowd.people[name],
                verdict=crowd.verdicts.get(name, "approve"),
                plan_digest=plan,
                reason="looked at it",
            )
        except DomainError as refused:
            return refused.code
    return ""


def press_naive(crowd: Crowd, name: str, number: int) -> str:
    """Vote as it is often written: look whether I have voted, insert, count, insert the job."""
    voter = crowd.people[name].id
    if name == "fourth":
        return "APPROVAL_SOD_VIOLATION"
    if _scratch("SELECT count(*) FROM scratch_vote WHERE round = %s AND voter = %s", number, voter):
        return "ALREADY_VOTED"
    _scratch("INSERT INTO scratch_vote VALUES (%s, %s)", number, voter)
    if _scratch("SELECT count(*) FROM scratch_vote WHERE round = %s", number) >= NEEDED:
        _scratch("INSERT INTO scratch_job VALUES (%s)", number)
    return ""


def outcome(crowd: Crowd, mode: str, number: int) -> dict[str, Any]:
    """Return what is in the database after a round."""
    from ledger.models import Entry
    from opsportal.core.scope import institution_scope
    from remediation.models import Approval, Job, Vote

    if mode == "naive":
        jobs = _scratch("SELECT count(*) FROM scratch_job WHERE round = %s", number)
        approvers = _scratch("SELECT count(DISTINCT voter) FROM scratch_vote WHERE round = %s", number)
        return {"jobs": jobs, "approvers": approvers}
    with institution_scope(crowd.institution):
        approval = Approval.objects.select_related("proposal").get(code=crowd.rounds[number][0])
        voters = Vote.objects.filter(approval=approval, verdict="approve").values_list("voter", flat=True)
        return {
            "jobs": Job.objects.filter(proposal=approval.proposal, mode="execute").count(),
            "approvers": len(set(voters)),
            "rows": Vote.objects.filter(approval=approval).count(),
            "status": [approval.status, approval.proposal.status],
            "decided": Entry.objects.filter(case=approval.proposal.case, kind="APPROVAL_DECIDED").count(),
        }


def _scratch(statement: str, *values: str | int) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0]) if statement.startswith("SELECT") else 0


def _voter(crowd: Crowd, name: str, do: Press, barrier: Any, answers: Any) -> None:
    said = []
    for number in range(len(crowd.rounds)):
        barrier.wait(timeout=120)
        try:
            said.append(do(crowd, name, number))
        except Exception as error:  # noqa: BLE001  whatever it is, the test must see it
            said.append(f"{type(error).__name__}: {error}")
    answers.put((name, said))


def main(mode: str, count: int) -> None:
    """Prepare, fork, wait, tell."""
    django.setup()
    from django.db import connections

    crowd = prepare(mode, count)
    connections.close_all()
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(len(PEOPLE)), context.Queue()
    do = press_naive if mode == "naive" else press
    voters = [context.Process(target=_voter, args=(crowd, name, do, barrier, answers)) for name in PEOPLE]
    for voter in voters:
        voter.start()
    said = dict(answers.get(timeout=300) for _ in voters)
    for voter in voters:
        voter.join()
    rounds = [
        {**outcome(crowd, mode, number), "answers": {name: said[name][number] for name in PEOPLE}}
        for number in range(count)
    ]
    sys.stdout.write(json.dumps({"institution": str(crowd.institution), "rounds": rounds}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

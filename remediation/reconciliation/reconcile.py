"""Hold what journals say against what was ordered, both ways."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from ledger.kinds import Kind
from remediation.models import Job, Runtime
from remediation.reconciliation.authority import Authority
from remediation.reconciliation.differences import Counts, Difference, Reconciliation
from remediation.reconciliation.facts import Facts, Journal, Line, Order, Told, facts_read
from remediation.selectors import is_silent

# Kinds of lines that change nothing, or tidy what an order left behind.
_HARMLESS = frozenset(
    {"enrolled", "accepted", "begun", "done", "dropped", "refused", "repeated", "reported", "purged", "key_accepted"}
)
_HANDED = frozenset({"accepted", "refused"})
_ENDS = frozenset({"done", "refused"})
_STATUSES = {"executed": "executed", "failed": "failed", "refused": "failed"}
_NEVER = {Job.Status.EXPIRED: "EXPIRED", Job.Status.CANCELLED: "CANCELLED", Job.Status.ENQUEUED: "WAITING"}
Endings = Mapping[tuple[UUID | None, str], Line]  # job and order to the line that ends it


def reconciliation_of(at: datetime) -> Reconciliation:
    """Hold the journals of the institution in scope against its orders, approvals and ledger, as they are at ``at``.

    The number of queries does not depend on how much there is; time and memory grow with it.
    """
    facts = facts_read()
    authority = Authority(facts)
    endings = {(line.job, str(line.said.get("order"))): line for line in facts.lines if line.kind in _ENDS}
    differences = [
        *_executions(facts, authority),
        *_orders(facts, authority, endings, at),
        *_results(facts, endings),
        *(one for journal in facts.journals for one in _journal(journal, at)),
    ]
    return Reconciliation(
        at=at,
        counts=Counts(
            runtimes=len(facts.journals),
            lines=sum(journal.length for journal in facts.journals),
            executions=sum(line.kind == "begun" for line in facts.lines),
            orders=len(facts.orders),
            entries=sum(len(entries) for entries in facts.told.values()),
        ),
        differences=differences,
        names={journal.runtime.code: journal.runtime.name for journal in facts.journals},
    )


def _executions(facts: Facts, authority: Authority) -> Iterator[Difference]:
    """Look at every line that tells of something done."""
    begun: Counter[tuple[UUID, str]] = Counter()
    given = {order.digest for order in facts.orders.values()}
    for line in facts.lines:
        if line.kind not in _HARMLESS:
            yield _at(line, "BY_HAND" if line.kind == "restored" else "KIND_UNKNOWN")
        if line.kind in _HANDED and str(line.said.get("order")) not in given:
            yield _at(line, "ORDER_UNKNOWN")
        if line.kind != "begun":
            continue
        order = facts.orders.get(line.job) if line.job else None
        digest = str(line.said.get("order"))
        begun[line.runtime, digest] += 1
        code = _execution(line, order, authority)
        if code or begun[line.runtime, digest] > 1:
            yield _at(line, code or "BEGUN_TWICE", order)


def _execution(line: Line, order: Order | None, authority: Authority) -> str:
    """Return the code of what is wrong with something that was begun."""
    if order is None or order.runtime != line.runtime or order.mode != "execute":
        return "NOT_ORDERED"
    if (line.said.get("order"), line.said.get("plan")) != (order.digest, order.plan):
        return "OTHER_ORDER"
    if authority.fault(order):
        return "NOT_AUTHORISED"
    return "BEGUN_AFTER_END" if order.status in _NEVER else ""


def _orders(facts: Facts, authority: Authority, endings: Endings, at: datetime) -> Iterator[Difference]:
    """Look at every order: whether it was authorised, and what became of it."""
    started = {line.job for line in facts.lines if line.kind == "begun"}
    for order in facts.orders.values():
        if fault := authority.fault(order):
            yield _of(order, fault)
        if order.mode == "execute" and order.status in _NEVER and order.job not in started:
            is_over = order.status == Job.Status.ENQUEUED and order.expires_at <= at
            yield _of(order, "EXPIRED" if is_over else _NEVER[Job.Status(order.status)])
        elif order.status == Job.Status.OUTCOME_UNKNOWN:
            is_told = (order.job, order.digest) in endings
            yield _of(order, "OUTCOME_IN_JOURNAL" if is_told else "OUTCOME_UNKNOWN")
        elif order.status in Job.ACTIVE and (order.job, order.digest) in endings:
            yield _of(order, "RESULT_NOT_ARRIVED")
    there = {str(job) for job in facts.orders}
    for job in sorted(authority.ordered - there):
        yield Difference("ORDER_VANISHED", job=UUID(job))
    for proposal in sorted(authority.approved - authority.ordered - there):
        yield Difference("NOT_ORDERED_AFTER_APPROVAL", job=UUID(proposal))


def _results(facts: Facts, endings: Endings) -> Iterator[Difference]:
    """Look at every result: the job, the ledger and the journal must say the same."""
    reported = facts.by_subject(Kind.RUNTIME_JOB_REPORTED, "job")
    journals = {journal.runtime.code: journal for journal in facts.journals}
    for order in facts.orders.values():
        told = reported.get(str(order.job))
        if told is None:
            if order.status in {Job.Status.EXECUTED, Job.Status.FAILED}:
                yield _of(order, "STATUS_NOT_IN_LEDGER")
            continue
        data = told.said["data"]
        if data["status"] != order.status or data["order"] != order.digest:
            yield _of(order, "STATUS_NOT_IN_LEDGER")
        ending = endings.get((order.job, order.digest))
        if ending is None:
            yield _of(order, _missing(journals[order.runtime], told))
        elif ending.kind == "done" and _ending(ending) != (data["status"], data.get("code") or "", data["result"]):
            yield _at(ending, "RESULT_CONTRADICTS", order)


def _ending(line: Line) -> tuple[str, str, str]:
    said = line.said
    return _STATUSES.get(str(said.get("note")), ""), str(said.get("code")), str(said.get("digest"))


def _missing(journal: Journal, told: Told) -> str:
    """Tell whether the line of a result may still come: nothing has arrived since the result did."""
    return "RESULT_NOT_IN_JOURNAL" if journal.times and journal.times[-1] > told.ts else "RESULT_AHEAD"


def _journal(journal: Journal, at: datetime) -> Iterator[Difference]:
    """Look at a journal itself: whole, as announced, and heard of lately."""
    runtime, announced = journal.runtime, journal.runtime.journal_seq
    if journal.edited:
        yield Difference("LINE_EDITED", runtime=runtime.code, line=journal.edited)
    if announced > journal.length:
        yield Difference("JOURNAL_BEHIND", runtime=runtime.code, line=journal.length, count=announced - journal.length)
    elif announced and journal.hashes[announced - 1] != runtime.journal_hash:
        yield Difference("HEAD_DIFFERS", runtime=runtime.code, line=announced)
    elif announced < journal.length and runtime.last_seen_at and _is_shorter(journal, announced, runtime.last_seen_at):
        yield Difference("JOURNAL_SHORTER", runtime=runtime.code, line=announced)
    if runtime.status == Runtime.Status.ACTIVE and is_silent(runtime, at):
        yield Difference("SILENT", runtime=runtime.code)


def _is_shorter(journal: Journal, announced: int, seen_at: datetime) -> bool:
    """Return True when the runtime, after it had sent a line, announced a journal that ends before it."""
    return journal.times[announced] < seen_at


def _at(line: Line, code: str, order: Order | None = None) -> Difference:
    return Difference(code, runtime=line.runtime, job=line.job, case=order.case if order else None, line=line.seq)


def _of(order: Order, code: str) -> Difference:
    return Difference(code, runtime=order.runtime, job=order.job, case=order.case)

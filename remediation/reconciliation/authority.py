"""Whether the ledger shows that an order was authorised: its entry, the decision, and enough votes of other people."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ledger.kinds import Kind
from remediation.reconciliation.facts import Facts, Order, Told


class Authority:
    """What the ledger says about orders; nothing of it is taken from the tables that it is held against."""

    def __init__(self, facts: Facts) -> None:
        self._enqueued = facts.by_subject(Kind.JOB_ENQUEUED, "job")
        self._requested = facts.by_subject(Kind.JOB_REQUESTED, "job")
        self._created = facts.by_subject(Kind.PROPOSAL_CREATED, "proposal")
        self._emergency = facts.by_subject(Kind.EMERGENCY_USED, "proposal")
        self._effects: defaultdict[str, list[str]] = defaultdict(list)
        for one in facts.told.get(Kind.PROPOSAL_DECIDED, ()):
            self._effects[one.subject.removeprefix("proposal:")].append(_data(one).get("effect", ""))
        self._asked = _by_proposal(facts, Kind.APPROVAL_REQUESTED)
        self._votes = _by_proposal(facts, Kind.APPROVAL_VOTED)
        self._closed = _by_proposal(facts, Kind.APPROVAL_DECIDED)

    def fault(self, order: Order) -> str:
        """Return the code of what an order lacks, empty when it lacks nothing."""
        entered = (self._enqueued if order.mode == "execute" else self._requested).get(str(order.job))
        if entered is None or _data(entered).get("order") != order.digest:
            return "ORDER_NOT_IN_LEDGER"
        if order.mode != "execute":
            return ""
        job = str(order.job)
        is_allowed = "allowed" in self._effects[job]
        is_asked = order.needs_approval or "needs_approval" in self._effects[job] or job in self._asked
        is_agreed = job in self._emergency or not is_asked or self._is_agreed(order)
        return "" if is_allowed and is_agreed else "ORDER_NOT_APPROVED"

    def _is_agreed(self, order: Order) -> bool:
        job, asked = str(order.job), self._asked.get(str(order.job), [])
        requester = self._created.get(job)
        told = [one for one in self._votes.get(job, []) if _data(one).get("plan") == order.plan]
        people = {
            one.said.get("actor")
            for one in told
            if _data(one).get("verdict") == "approve" and one.said.get("actor_kind") == "human"
        }
        others = people - _people(requester)
        is_closed = any(_data(one).get("status") == "approved" for one in self._closed.get(job, []))
        is_rejected = any(_data(one).get("verdict") == "reject" for one in told)
        quorum = max((int(_data(one).get("quorum", 1)) for one in asked), default=1)
        return bool(asked) and is_closed and not is_rejected and people == others and len(others) >= quorum

    @property
    def approved(self) -> frozenset[str]:
        """The proposals that people approved."""
        return frozenset(
            proposal
            for proposal, entries in self._closed.items()
            if any(_data(one).get("status") == "approved" for one in entries)
        )

    @property
    def ordered(self) -> frozenset[str]:
        """The jobs of which the ledger says that their execution was ordered."""
        return frozenset(self._enqueued)


def _by_proposal(facts: Facts, kind: Kind) -> Mapping[str, list[Told]]:
    found: defaultdict[str, list[Told]] = defaultdict(list)
    for one in facts.told.get(kind, ()):
        found[str(_data(one).get("proposal"))].append(one)
    return dict(found)


def _people(created: Told | None) -> set[Any]:
    return {created.said.get("actor"), _data(created).get("on_behalf_of")} if created else set()


def _data(told: Told) -> Mapping[str, Any]:
    data = told.said.get("data")
    return data if isinstance(data, dict) else {}

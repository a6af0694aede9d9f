"""Which votes count: the one place that says it, for the gates, for the judgement of a vote and for pages.

Stages open one after the other. A vote counts when it is for the very plan that is asked for, by a human who holds a
role of the open stage now, who is not the requester, who has not been counted before, and who voted in time; exactly
at the expiry is too late. Whoever delegated a vote counts as its voter too.
"""

from dataclasses import dataclass
from operator import attrgetter

from remediation.engine.parts import ApprovalRule, Stage
from remediation.engine.snapshot import Snapshot, Vote


@dataclass(frozen=True, slots=True)
class Tally:
    """``counted`` goes by stage; ``breach`` says which separation of duties a vote broke, "" for none."""

    counted: tuple[int, ...]
    is_rejected: bool
    breach: str

    def open_in(self, rule: ApprovalRule) -> Stage | None:
        """Return the stage that waits for votes, None when all have theirs."""
        return next(
            (stage for stage, count in zip(rule.stages, self.counted, strict=True) if not is_enough(stage, count)),
            None,
        )


def tally(rule: ApprovalRule, snapshot: Snapshot) -> Tally:
    """Count the votes in the order in which they were given."""
    counted = [0] * len(rule.stages)
    people: set[str] = set()
    position, is_rejected, breach = 0, False, ""
    for vote in sorted(snapshot.votes, key=attrgetter("at")):
        if not is_bound(snapshot, vote):
            continue
        wrong = breach_of(snapshot, vote, people)
        breach = breach or wrong
        if wrong:
            continue
        if vote.verdict == "reject":
            is_rejected = is_rejected or any(is_entitled(stage, vote) for stage in rule.stages)
        elif position < len(rule.stages) and is_in_time(snapshot, vote) and is_entitled(rule.stages[position], vote):
            people |= people_of(vote)
            counted[position] += 1
            position += is_enough(rule.stages[position], counted[position])
    return Tally(tuple(counted), is_rejected, breach)


def breach_of(snapshot: Snapshot, vote: Vote, people: set[str]) -> str:
    """Return which separation of duties the vote breaks, given who was counted before; "" when none."""
    if is_machine(vote):
        return "A vote was not given by a human: people decide, machines never do."
    if is_own(snapshot, vote):
        return "A vote is the requester's own: somebody else has to decide."
    if is_repeated(vote, people):
        return "One person's votes would count twice: another person has to decide."
    return ""


def is_bound(snapshot: Snapshot, vote: Vote) -> bool:
    """Return whether the vote is for the plan that is asked for."""
    return bool(snapshot.plan) and vote.plan == snapshot.plan


def is_machine(vote: Vote) -> bool:
    """Return whether no known human stands behind the vote."""
    return vote.voter.kind != "human" or not vote.voter.person


def is_own(snapshot: Snapshot, vote: Vote) -> bool:
    """Return whether the requester, the owner of a requesting agent, or their delegate votes."""
    requester = snapshot.requester
    if not requester.person and requester.kind in {"human", "agent"}:
        return True  # nobody knows whose request it is, so anybody's vote might be the requester's
    if requester.id == vote.voter.id:
        return True
    return bool(requester.person) and requester.person in {vote.voter.person, vote.delegated_from}


def is_repeated(vote: Vote, people: set[str]) -> bool:
    """Return whether somebody behind the vote has been counted already."""
    return not people.isdisjoint(people_of(vote))


def is_entitled(stage: Stage, vote: Vote) -> bool:
    """Return whether the vote is for ``stage`` and its voter holds one of the roles that decide there."""
    return vote.stage == stage.id and any(role in stage.roles for role in vote.voter.roles)


def is_in_time(snapshot: Snapshot, vote: Vote) -> bool:
    """Return whether the vote was given before the approval expired, and not after now."""
    return not is_expired(snapshot, vote.at) and vote.at <= snapshot.at


def is_expired(snapshot: Snapshot, at: int) -> bool:
    """Return whether it is too late at ``at``; an approval without an expiry was never asked for."""
    return snapshot.approval_expires_at is None or at >= snapshot.approval_expires_at


def is_enough(stage: Stage, count: int) -> bool:
    """Return whether ``count`` votes close the stage."""
    return count >= stage.quorum


def people_of(vote: Vote) -> set[str]:
    """Return the persons behind the vote: who gave it, and who delegated it."""
    return {vote.voter.person, vote.delegated_from} if vote.delegated_from else {vote.voter.person}

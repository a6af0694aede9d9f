"""A desk that does what the services do, with the engine as its only judge, and people who try everything.

The machine proposes, edits, votes (through the judge and through a side door), takes roles away, lets time pass and
has contracts released; whatever the engine lets through is checked against the rules as a person would say them,
written a second time and without the engine.
"""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from remediation.engine import (
    Bundle,
    Decision,
    DryRun,
    Party,
    SealedPlan,
    Snapshot,
    Vote,
    evaluate,
    stage_open,
    vote_judge,
)
from tests.remediation.engine.attacks import FRIDAY_NIGHT
from tests.remediation.engine.factories import ANA, BO, BUNDLE, CLEO, DIA, NOW, ROBOT, asking, bundle_of, contract, seal

OTHER = bundle_of(contract() | {"workflows.json": {"workflows": ["another release"]}})
MACHINE = Party("agent", "agent:m", "cleo", ("owner", "clerk"))
VOTERS = (ANA, BO, CLEO, DIA, MACHINE)
QUORUMS = {"files.move": {"decide": 1}, "files.delete": {"check": 2, "decide": 1}}
DECIDERS = {
    ("files.move", "decide"): {"owner", "clerk"},
    ("files.delete", "check"): {"owner", "clerk"},
    ("files.delete", "decide"): {"owner"},
}
PARAMS: dict[str, list[Any]] = {
    "files.move": [{"paths": ["a"], "target": "b"}, {"paths": ["a", "c"], "target": "b"}],
    "files.delete": [{"paths": ["a"]}, {"paths": ["a", "c"]}],
    "files.shred": [{}],
    "files.tidy": [{"force": True}, {"force": 1}],
}
BUDGET = 3
# Who votes on a deletion: two right ways, the roles the wrong way round, one person twice in a stage, in both stages.
TRIOS = ((BO, DIA, CLEO), (BO, CLEO, DIA), (CLEO, DIA, BO), (BO, BO, CLEO), (BO, CLEO, CLEO))
LIFE = 3600
WEEK = 7 * 86400
STEPS = (1, LIFE - 1, LIFE)


@dataclass(frozen=True)
class Proposal:
    """What somebody asked for; its plan is sealed again with every edit and release."""

    operation: str
    params: dict[str, Any]
    requester: Party
    plan: SealedPlan
    expires_at: int
    votes: tuple[Vote, ...] = ()


class Desk(RuleBasedStateMachine):
    """One proposal at a time, since what matters happens around one."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.active: Bundle = BUNDLE
        self.lost: set[str] = set()
        self.done = 0
        self.frozen = False
        self.proposal = self._proposal("files.move", PARAMS["files.move"][0], ANA)

    @initialize(
        operation=st.sampled_from(["files.move", "files.delete"]), requester=st.sampled_from([ANA, ANA, DIA, ROBOT])
    )
    def propose(self, operation: str, requester: Party) -> None:
        """Begin with something that needs votes."""
        self.proposal = self._proposal(operation, PARAMS[operation][0], requester)

    @rule(operation=st.sampled_from(sorted(PARAMS)), number=st.integers(0, 1))
    def propose_another(self, operation: str, number: int) -> None:
        """Ask for something else instead, at times for what there is not, and try to run it at once."""
        self.proposal = self._proposal(operation, PARAMS[operation][number % len(PARAMS[operation])], ANA)
        self.authorise()

    @rule(keeps_votes=st.booleans())
    def edit(self, *, keeps_votes: bool) -> None:
        """Change the parameters after people have voted."""
        old = self.proposal
        variants = PARAMS[old.operation]
        new = self._proposal(old.operation, variants[-1], old.requester)
        self.proposal = replace(new, expires_at=old.expires_at, votes=old.votes if keeps_votes else ())

    @rule(voter=st.sampled_from(VOTERS), delegated=st.sampled_from(["", "", "ana", "bo"]))
    def vote(self, voter: Party, delegated: str) -> None:
        """Vote through the judge, and compare what it lets through with the rules."""
        stage = stage_open(self.active, self._snapshot())
        given = self._vote(voter, stage.id if stage else "decide", delegated)
        if vote_judge(self.active, self._snapshot(), given).effect == "allowed":
            self._vote_check(given)
            self._cast(given)

    @rule(voter=st.sampled_from(VOTERS), stage=st.sampled_from(["check", "decide"]))
    def vote_past_the_judge(self, voter: Party, stage: str) -> None:
        """Write a vote into the table, as a hole in some page would."""
        self._cast(self._vote(voter, stage, ""))

    @rule(voters=st.lists(st.sampled_from(VOTERS), min_size=2, max_size=4), hole=st.booleans())
    def approve(self, voters: list[Party], *, hole: bool) -> None:
        """Let some vote for whatever is open, through the judge or past it."""
        for voter in voters:
            stage = stage_open(self.active, self._snapshot())
            given = self._vote(voter, stage.id if stage else "decide", "")
            if hole or vote_judge(self.active, self._snapshot(), given).effect == "allowed":
                self._cast(given)

    @rule(
        voters=st.sampled_from(TRIOS),
        hole=st.booleans(),
        twist=st.sampled_from(
            ["", "edit", "release", "expiry", "stage", "role", "often", "own", "machine", "delegate"]
        ),
    )
    def delete_with_a_twist(self, voters: tuple[Party, ...], twist: str, *, hole: bool) -> None:
        """Have a deletion approved on a good day (not always by three people), then something happens, then it shall run."""
        self.frozen = False
        self.lost.clear()
        self.done = 0  # a new window of the budget
        self.proposal = self._proposal("files.delete", PARAMS["files.delete"][0], ANA)
        if twist == "stage":
            for voter in voters:
                self.vote_past_the_judge(voter, "check")
        elif twist == "delegate":
            first, second, third = voters
            for voter, stage, delegated in (
                (first, "check", ""),
                (second, "check", first.person),
                (third, "decide", ""),
            ):
                self._cast(self._vote(voter, stage, delegated))
        else:
            self.approve(list(voters), hole=hole)
        self._twist(twist, voters)
        for _ in range(BUDGET + 1 if twist == "often" else 1):
            self.authorise()

    def _twist(self, twist: str, voters: tuple[Party, ...]) -> None:
        if twist == "edit":
            self.edit(keeps_votes=True)
        elif twist == "release":
            self.release()
        elif twist == "expiry":
            self.wait_for_the_end()
        elif twist in {"own", "machine"}:
            self.vote_past_the_judge(ANA if twist == "own" else MACHINE, "decide")
        elif twist == "role":
            self.lose_roles(voters[-1])

    @rule(voter=st.sampled_from([BO, CLEO, DIA]))
    def lose_roles(self, voter: Party) -> None:
        """Take somebody's roles away after, or before, a vote."""
        self.lost.add(voter.id)

    @rule()
    def get_roles_back(self) -> None:
        """Give all roles back."""
        self.lost.clear()

    @rule(seconds=st.sampled_from(STEPS))
    def wait(self, seconds: int) -> None:
        """Let time pass, mostly to a boundary."""
        self.now += seconds

    @rule()
    def wait_for_the_end(self) -> None:
        """Let it become the very second of the expiry."""
        self.now = max(self.now, self.proposal.expires_at)

    @rule(at=st.sampled_from([FRIDAY_NIGHT, FRIDAY_NIGHT + WEEK]))
    def wait_for_the_night(self, at: int) -> None:
        """Propose it anew in a freeze window."""
        self.now = max(self.now, at)
        self.proposal = self._proposal("files.delete", PARAMS["files.delete"][0], ANA)
        for voter, stage in ((BO, "check"), (DIA, "check"), (CLEO, "decide")):
            self._cast(self._vote(voter, stage, ""))
        self.authorise()

    @rule()
    def freeze(self) -> None:
        """Freeze or thaw the institution."""
        self.frozen = not self.frozen

    @rule()
    def release(self) -> None:
        """Put another version into force; the votes stay, the plan does not."""
        self.active = OTHER if self.active is BUNDLE else BUNDLE
        old = self.proposal
        new = self._proposal(old.operation, old.params, old.requester)
        self.proposal = replace(new, expires_at=old.expires_at, votes=old.votes)

    @rule()
    def authorise(self) -> None:
        """Ask whether it may run now, and let it run when it may."""
        snapshot = self._snapshot()
        decision = evaluate(self.active, snapshot)
        if decision.effect == "allowed":
            self._run_check(snapshot, decision)
            self.done += 1

    @invariant()
    def the_budget_holds(self) -> None:
        """Never more runs than the budget has."""
        assert self.done <= BUDGET

    def _proposal(self, operation: str, params: dict[str, Any], requester: Party) -> Proposal:
        plan = seal(operation, params, bundle=self.active.digest)
        return Proposal(operation, params, requester, plan, self.now + LIFE)

    def _vote(self, voter: Party, stage: str, delegated: str) -> Vote:
        return Vote(self._today(voter), "approve", stage, self.proposal.plan.digest, self.now, delegated)

    def _cast(self, given: Vote) -> None:
        self.proposal = replace(self.proposal, votes=(*self.proposal.votes, given))

    def _today(self, party: Party) -> Party:
        return replace(party, roles=()) if party.id in self.lost else party

    def _snapshot(self) -> Snapshot:
        mine = self.proposal
        votes = tuple(replace(one, voter=self._today(_by_id(one.voter))) for one in mine.votes)
        return asking(
            mine.operation,
            at=self.now,
            frozen=self.frozen,
            params=mine.params,
            requester=mine.requester,
            autonomy_level=2,
            dry_run=DryRun(True, mine.plan.digest),
            votes=votes,
            plan=mine.plan.digest,
            approval_expires_at=mine.expires_at,
            used={"changes": self.done},
        )

    def _vote_check(self, given: Vote) -> None:
        mine = self.proposal
        people = {given.voter.person, given.delegated_from} - {""}
        assert given.voter.kind == "human"
        assert mine.requester.person not in people
        assert DECIDERS[mine.operation, given.stage] & set(given.voter.roles)
        assert self.now < mine.expires_at
        before = [one for one in mine.votes if one.plan == mine.plan.digest]
        assert not any({one.voter.person, one.delegated_from} & people for one in before)

    def _run_check(self, snapshot: Snapshot, decision: Decision) -> None:
        mine = self.proposal
        assert mine.operation in PARAMS.keys() - {"files.shred"}
        assert not any(type(value) is int for value in mine.params.values())
        assert not self.frozen
        if mine.operation not in QUORUMS:
            self.done -= 1  # counts in no budget
            return
        assert mine.operation != "files.delete" or (self.now - FRIDAY_NIGHT + 1800) % WEEK >= 8 * 3600
        assert self.now < mine.expires_at
        bound = [one for one in snapshot.votes if one.plan == mine.plan.digest]
        assert all(one.voter.kind == "human" for one in bound)
        assert not any(mine.requester.person in {one.voter.person, one.delegated_from} for one in bound)
        for stage, quorum in QUORUMS[mine.operation].items():
            good = [
                one for one in bound if one.stage == stage and DECIDERS[mine.operation, stage] & set(one.voter.roles)
            ]
            assert len({one.voter.person for one in good}) >= quorum
        entitled = [one for one in bound if DECIDERS.get((mine.operation, one.stage), set()) & set(one.voter.roles)]
        assert _people_apart(entitled) >= sum(QUORUMS[mine.operation].values())
        assert decision.stages


def _by_id(party: Party) -> Party:
    return next(known for known in VOTERS if known.id == party.id)


def _people_apart(votes: list[Vote]) -> int:
    """Return how many people stand behind ``votes``, whoever delegates being one with the delegate."""
    groups: list[set[str]] = []
    for one in votes:
        people = {one.voter.person, one.delegated_from} - {""}
        met = [group for group in groups if group & people]
        groups = [group for group in groups if group not in met] + [people.union(*met)]
    return len(groups)

"""Every way to vote, each with the same signature, and what an attack must leave behind."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.test import Client

from ledger.models import Entry
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.errors import DomainError
from opsportal.core.scope import every_institution
from opsportal.institutions.models import Member, User
from opsportal.institutions.services import token_create
from remediation import services
from remediation.models import Approval, Brakes, Bundle, Job, JobOutput, OrderKey, Proposal, Release, Runtime, Vote
from remediation.selectors import approval_get
from tests.api.callers import Answer
from tests.portal.visits import HTMX

KEPT = (Approval, Brakes, Bundle, Job, JobOutput, OrderKey, Proposal, Release, Runtime, Vote)
"""Every table of governance, but nonces and journals: those are there to grow."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody is answered: a status, and the code and the reason of a refusal."""

    status: int
    code: str = ""
    reason: str = ""

    @property
    def is_allowed(self) -> bool:
        """True when it was done."""
        return self.status < 400

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code; fails when no reason was given."""
        assert self.reason, self
        return self.status, self.code


Ballot = Callable[[Actor, Proposal, Mapping[str, str]], Verdict]


@dataclass(frozen=True, slots=True)
class Door:
    """One way to vote. ``is_edge``: whoever is refused there leaves an entry."""

    name: str
    ballot: Ballot
    is_edge: bool = True

    def vote(self, actor: Actor, proposal: Proposal, **said: str) -> Verdict:
        """Return what ``actor`` is answered; ``said`` changes the verdict, the plan or the reason."""
        proposal = Proposal.objects.select_related("institution", "approval").get(pk=proposal.pk)
        given = {"verdict": "approve", "plan": proposal.plan_digest, "reason": "looked at it"} | said
        return self.ballot(actor, proposal, given)


def _by_service(actor: Actor, proposal: Proposal, said: Mapping[str, str]) -> Verdict:
    try:
        services.approval_vote(
            approval=approval_get(proposal.approval.code),
            actor=actor,
            verdict=said["verdict"],
            plan_digest=said["plan"],
            reason=said["reason"],
        )
    except DomainError as error:
        return Verdict(error.status, error.code, error.detail)
    return Verdict(200)


def _by_token(actor: Actor, proposal: Proposal, said: Mapping[str, str]) -> Verdict:
    text = token_of(actor, proposal.institution_id)
    return _by_api(Client(), proposal, said, {"Authorization": f"Bearer {text}"})


def _by_session(actor: Actor, proposal: Proposal, said: Mapping[str, str]) -> Verdict:
    return _by_api(browser(actor), proposal, said, {"X-Institution-Id": str(proposal.institution_id)})


def _by_api(client: Client, proposal: Proposal, said: Mapping[str, str], headers: dict[str, str]) -> Verdict:
    body = {"decision": said["verdict"], "plan_digest": said["plan"], "reason": said["reason"]}
    address = f"/api/v1/approvals/{proposal.approval.code}/decide"
    return verdict_of(client.post(address, body, "application/json", headers=headers))


def _by_form(actor: Actor, proposal: Proposal, said: Mapping[str, str]) -> Verdict:
    address = f"/i/{proposal.institution.slug}/proposals/{proposal.code}/{said['verdict']}"
    fields = {"plan_digest": said["plan"], "reason": said["reason"]}
    return verdict_of(browser(actor).post(address, fields, headers=HTMX))


def verdict_of(response: Any) -> Verdict:
    """Return what an answer of the portal or the API says."""
    error = getattr(response, "error", None)
    if error is not None:
        return Verdict(response.status_code, error.code, error.detail)
    problem = Answer(response).json or {}
    return Verdict(response.status_code, str(problem.get("code", "")), str(problem.get("detail", "")))


_tokens: dict[str, str] = {}


def token_of(actor: Actor, institution_id: UUID) -> str:
    """Return the API token of ``actor``, made when it is first asked for."""
    if actor.id not in _tokens:
        member = Member.objects.get(user__code=actor.id, institution=institution_id)
        _tokens[actor.id] = token_create(member=member, name="attack", days=90, actor=SYSTEM).text
    return _tokens[actor.id]


def browser(actor: Actor) -> Client:
    """Return the browser of ``actor``, logged in just now."""
    client = Client()
    client.force_login(User.objects.get(code=actor.id))
    return client


SERVICE = Door("service", _by_service, is_edge=False)
TOKEN = Door("token", _by_token)
SESSION = Door("session", _by_session)
FORM = Door("form", _by_form)
DOORS = (SERVICE, TOKEN, SESSION, FORM)


@dataclass(slots=True)
class Traces:
    """What an attack has left; filled when it is over."""

    before: int
    kinds: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


@contextmanager
def watched() -> Iterator[Traces]:
    """Watch an attack: which entries does it leave, and which tables does it change? Its own token is not counted."""
    tables = _tables()
    traces = Traces(Entry.objects.count())
    yield traces
    fresh = Entry.objects.order_by("seq").filter(seq__gt=traces.before).exclude(kind="ACTOR_TOKEN_CREATED")
    traces.kinds = [entry.kind for entry in fresh]
    said = [entry.content["data"] for entry in fresh]
    traces.codes = [str(data["code"]) for data in said if data.get("code")]
    after = _tables()
    traces.changed = [name for name in tables if tables[name] != after[name]]


def _tables() -> dict[str, list[Any]]:
    with every_institution():
        return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in KEPT}

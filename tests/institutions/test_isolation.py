"""Nothing of one institution reaches another; nothing personal reaches the noc."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from agents.models import InboxCount, Message, Party, Thread
from findings.models import Finding
from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import SYSTEM
from opsportal.core.scope import InstitutionManager, institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.admin_base import InstitutionAdmin
from opsportal.institutions.models import ApiToken, Department, Institution, User
from opsportal.institutions.selectors import Access
from opsportal.institutions.services import token_create
from scenarios.models import Heartbeat, ProbeState, Run, Scenario
from tests.institutions.factories import member_make, user_make
from tests.institutions.routes import body_of, call, routes

WORD = "zanzibarian"  # in every text of the institution that must not leak
PERSON = "Xanthippe"  # the name of a person in it
PRODUCT = ("opsportal", "agents", "scenarios", "findings", "ledger")

# Where a query may look at all institutions, and why.
CROSSES = {
    "opsportal/core/scope.py": "the definition",
    "opsportal/institutions/selectors.py": "finds the institution of a request",
    "ledger/selectors.py": "lists the chains that are to be verified and signed",
    "scenarios/services/heartbeat.py": "a heartbeat is known by its secret address alone",
}


@dataclass(frozen=True)
class Filled:
    """An institution in which something of everything is there."""

    institution: Institution
    master: Access
    uuids: list[UUID]
    names: list[str]


def fill(institution: Institution, word: str) -> Filled:
    """Put one row of everything into ``institution``, with ``word`` in each text."""
    now = timezone.now()
    master = member_make(institution, *Role, username=f"{PERSON}-{word}")
    master.user.first_name, master.user.email = f"{PERSON}{word}", f"{PERSON}.{word}@example.org"
    master.user.save()
    token = token_create(member=master.member, name=word, days=1, actor=master.actor).token
    measured = {"measured": {"x": word}, "expected": {"x": "y"}, "at": now.isoformat()}
    scenario = Scenario.objects.create(
        institution=institution, name=f"{institution.slug}land.web", state="down", reason=word
    )
    run = Run.objects.create(
        institution=institution,
        scenario=scenario,
        state=ProbeState.DOWN,
        reason=word,
        evidence=[{"check": "main", "state": "down", "reason": word, "ms": 3, **measured}],
        started_at=now,
        duration_ms=3,
    )
    finding = Finding.objects.create(
        institution=institution,
        scenario=scenario,
        check_name="main",
        fingerprint=(word.encode().hex() * 9)[:64],
        title=f"{word} is down",
        severity="high",
        owner_agent="A1",
        status=Finding.Status.ACKED,
        state=ProbeState.DOWN,
        reason=word,
        evidence=measured,
        human_action={"en": word, "pt-br": word},
        opened_at=now,
        last_seen_at=now,
        acked_at=now,
        acked_by=master.user,
        ack_note=word,
    )
    with unit(institution.pk, SYSTEM):  # a case, so that there is evidence to hand out
        entry_record(kind=Kind.FINDING_ACKED, subject=finding, actor=SYSTEM, private={"note": word})
    thread = Thread.objects.create(
        institution=institution,
        subject=f"{word} thread",
        primary_agent="A1",
        subject_kind="finding",
        subject_id=str(finding.code),
        case=finding.code,
    )
    messages = [
        Message.objects.create(
            institution=institution,
            thread=thread,
            from_type=sender,
            from_id="A1" if sender == Party.AGENT else str(master.user.code),
            to_type=Party.HUMAN,
            body=f"{word} message",
            requires_human=sender == Party.AGENT,
            inbox="A1" if sender == Party.AGENT else "",
            acked_at=acked_at,
            acked_by=master.user if acked_at else None,
        )
        for sender, acked_at in ((Party.AGENT, None), (Party.AGENT, now), (Party.HUMAN, None))
    ]
    InboxCount.objects.update_or_create(institution=institution, inbox="A1", defaults={"waiting": 1})
    heartbeat = Heartbeat.objects.create(institution=institution, name=f"{word}-beat")
    department = Department.objects.create(institution=institution, name=word)
    codes = [run.code, finding.code, thread.code, *(message.code for message in messages)]
    codes += [heartbeat.code, department.code, token.code, master.member.code]
    return Filled(institution, master, codes, [scenario.name])


@pytest.fixture(autouse=True)
def drawn_rows_forgotten() -> Iterator[None]:
    for cache in caches.all():
        cache.clear()
    yield
    for cache in caches.all():
        cache.clear()


@pytest.fixture
def abroad(away: Institution) -> Filled:
    """Another institution, full."""
    with institution_scope(away.pk):
        return fill(away, WORD)


@pytest.fixture
def here(home: Institution) -> Filled:
    """The institution itself, full as well."""
    with institution_scope(home.pk):
        return fill(home, "homely")


def seen(client: Client, slug: str, filled: Filled) -> Iterator[tuple[str, str, int, str]]:
    """GET and POST every route of an institution with every id of ``filled``; yield what was answered."""
    for route in [*routes("i/"), *routes("api/v1/")]:
        kinds = {kind for kind, _ in route.parts}
        values: list[dict[str, object]] = [{"uuid": NONE, "scenario": "no.such", "str": "none", "slug": "none"}]
        if "uuid" in kinds:
            values = [{"uuid": code} for code in filled.uuids]
        elif kinds:
            values = [
                {"scenario": name, "str": name, "slug": name, "path": name, "int": 1, "file_operation": "list"}
                for name in filled.names
            ]
        for value in values:
            for method in sorted(route.methods or {"GET", "POST"}):
                answer = call(client, method, route.address(slug, value))
                yield str(route), method, answer.status_code, body_of(answer) + str(answer.headers)


NONE = UUID(int=0)


@pytest.mark.spec("V27")
def test_no_route_shows_or_touches_anything_of_another_institution(
    client: Client, here: Filled, abroad: Filled
) -> None:
    client.force_login(here.master.user)
    for route, method, status, text in seen(client, "home", abroad):
        assert WORD not in text, f"{method} {route}"
        if "<uuid:" in route and "heartbeats" not in route and "/v1/runtime/" not in route:
            assert status in {404, 405}, f"{method} {route} {status}"


@pytest.mark.spec("V27")
def test_the_same_requests_do_show_it_to_those_who_belong(client: Client, here: Filled, abroad: Filled) -> None:
    client.force_login(abroad.master.user)
    answers = list(seen(client, "away", abroad))
    shown = {route for route, method, status, text in answers if status == 200 and method == "GET" and WORD in text}
    assert len(shown) >= 12, sorted(shown)
    assert any("<uuid:" in route for route in shown)
    assert any(route.startswith("/api/") for route in shown)
    taken = [status for route, _, status, _ in answers if route == "/api/v1/cases/<uuid:case_id>/bundle"]
    assert 200 in taken


@pytest.mark.spec("L45")
def test_the_noc_sees_what_happens_but_nobody_by_name(client: Client, here: Filled) -> None:
    noc = member_make(here.institution, Role.NOC).user
    client.force_login(here.master.user)
    assert any(PERSON in text for _, method, _, text in seen(client, "home", here) if method == "GET")
    client.force_login(noc)
    for route, method, status, text in seen(client, "home", here):
        assert PERSON.lower() not in text.lower(), f"{method} {route} {status}"


@pytest.mark.spec("V27")
def test_the_admin_shows_nothing_of_another_institution(client: Client, here: Filled, abroad: Filled) -> None:
    client.force_login(here.master.user)
    pages = [(model, page) for model, page in admin.site._registry.items() if issubclass(type(page), InstitutionAdmin)]
    for model, _ in pages:
        label = f"{model._meta.app_label}/{model._meta.model_name}"
        listed = client.get(f"/admin/{label}/")
        assert listed.status_code in {200, 403}, label
        assert WORD not in body_of(listed), label
        if isinstance(model._default_manager, InstitutionManager):
            for row in model._base_manager.filter(institution_id=abroad.institution.pk):
                shown = client.get(f"/admin/{label}/{row.pk}/change/", follow=True)
                assert WORD not in body_of(shown), label
                assert shown.redirect_chain or shown.status_code in {403, 404}, label


@pytest.mark.spec("V27")
def test_the_admin_does_show_it_to_those_who_belong(client: Client, here: Filled, abroad: Filled) -> None:
    client.force_login(abroad.master.user)
    assert WORD in body_of(client.get("/admin/institutions/department/"))
    assert WORD in body_of(client.get("/admin/institutions/member/"))


def test_every_table_of_an_institution_is_looked_at_through_its_scope() -> None:
    exempt = {Institution, User}
    for model in apps.get_models():
        if model.__module__.split(".")[0] not in PRODUCT or model in exempt:
            continue
        columns = {field.attname for field in model._meta.concrete_fields}
        if "institution_id" in columns:
            assert isinstance(model._default_manager, InstitutionManager), model.__name__


def test_few_modules_look_across_institutions_and_each_says_why() -> None:
    words = {"every_institution", "scopes_disabled", "with_scopes_disabled"}
    crossing = {
        str(path.relative_to(settings.BASE_DIR))
        for package in PRODUCT
        for path in (settings.BASE_DIR / package).rglob("*.py")
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id in words) or (isinstance(node, ast.Attribute) and node.attr in words)
    }
    assert crossing == set(CROSSES)


def test_a_token_or_member_of_another_institution_is_not_there(abroad: Filled, home: Institution) -> None:
    with institution_scope(home.pk):
        assert not ApiToken.objects.exists()
        assert not Message.objects.exists()
    assert user_make("ana").memberships.model.__name__ == "Member"

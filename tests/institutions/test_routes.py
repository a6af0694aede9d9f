"""Every route with every role: who may comes in, who may not does not, and no route forgets to say."""

import json

import pytest
from django.test import Client

from opsportal.institutions.access import MATRIX, Door, Permission, Role
from opsportal.institutions.models import Institution
from tests.institutions.factories import member_make
from tests.institutions.routes import NOBODY, Route, call, routes

# Pages of libraries. What lets strangers in must: it is how they stop being strangers.
FOREIGN = {
    "accounts/login/": Door.PUBLIC,
    "accounts/logout/": Door.PUBLIC,
    "accounts/inactive/": Door.PUBLIC,
    "accounts/reauthenticate/": Door.SIGNED_IN,
    "accounts/password/change/": Door.SIGNED_IN,
    "accounts/2fa/authenticate/": Door.PUBLIC,
    "accounts/2fa/webauthn/login/": Door.PUBLIC,
    "i18n/setlang/": Door.PUBLIC,
}
FOREIGN_PREFIX = {"accounts/2fa/": Door.SIGNED_IN}
SOMETHING = {
    "uuid": NOBODY,
    "str": "nothing",
    "path": "nothing",
    "slug": "nothing",
    "int": 0,
    "scenario": "no.such",
    "file_operation": "delete",
}
OURS = [route for route in routes() if not route.pattern.startswith("admin/")]


def door_of(route: Route) -> Permission | Door | None:
    if route.door or route.pattern in FOREIGN:
        return route.door or FOREIGN[route.pattern]
    return next((door for prefix, door in FOREIGN_PREFIX.items() if route.pattern.startswith(prefix)), None)


def guarded() -> list[Route]:
    return [route for route in OURS if isinstance(route.door, Permission)]


def is_refused(status: int, content: bytes, kind: str) -> bool:
    if status != 403:
        return False
    return json.loads(content)["code"] == "RBAC_DENIED" if "json" in kind else b'data-code="RBAC_DENIED"' in content


@pytest.mark.parametrize("route", OURS, ids=str)
def test_every_route_says_who_may_come_in(route: Route) -> None:
    assert door_of(route) is not None, "use @requires, @endpoint, @signed_in or @public"


def test_every_part_of_an_address_has_a_value_to_try() -> None:
    assert {kind for route in OURS for kind, _ in route.parts} <= set(SOMETHING)


def test_pages_of_an_institution_ask_for_a_permission() -> None:
    assert [route.pattern for route in routes("i/") if not isinstance(route.door, Permission)] == []


@pytest.mark.spec("L42", "L03")
@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_exactly_what_the_matrix_says(client: Client, home: Institution, role: Role) -> None:
    client.force_login(member_make(home, role).user)
    for route in guarded():
        address = route.address("home", SOMETHING)
        answers = [call(client, method, address) for method in sorted(route.methods or {"GET", "POST"})]
        refused = [
            is_refused(answer.status_code, getattr(answer, "content", b"{}"), answer["Content-Type"])
            for answer in answers
            if answer.status_code != 405
        ]
        assert refused, f"{route} answers no method"
        assert isinstance(route.door, Permission)
        expected = role not in MATRIX[route.door]
        assert set(refused) == {expected}, f"{route} {[answer.status_code for answer in answers]}"
        assert all(answer.status_code < 500 for answer in answers), route


@pytest.mark.spec("L42")
def test_a_stranger_comes_in_nowhere_but_where_it_says_so(client: Client, home: Institution) -> None:
    for route in OURS:
        for method in sorted(route.methods or {"GET", "POST"}):
            answer = call(client, method, route.address("home", SOMETHING))
            if door_of(route) is Door.PUBLIC:
                assert answer.status_code < 500, route
            elif route.pattern.startswith("api/"):
                assert answer.status_code == 401, route
            else:
                gone = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
                assert gone or answer.status_code == 405, route


@pytest.mark.spec("V27")
def test_whoever_belongs_elsewhere_finds_no_page_of_an_institution(
    client: Client, home: Institution, away: Institution
) -> None:
    client.force_login(member_make(away, *Role).user)
    for route in routes("i/"):
        for method in ("GET", "POST"):
            assert call(client, method, route.address("home", SOMETHING)).status_code == 404, route


@pytest.mark.spec("L42")
@pytest.mark.parametrize("role", sorted(set(Role) - MATRIX[Permission.ADMIN_ACCESS]))
def test_no_page_of_the_admin_opens_without_admin_access(client: Client, home: Institution, role: Role) -> None:
    client.force_login(member_make(home, role).user)
    for route in routes("admin/"):
        if route.pattern.startswith("admin/^"):
            continue
        answer = client.get(route.address("home", {**SOMETHING, "path": 1}))
        assert answer.status_code in {302, 403, 404}, route
        if answer.status_code == 302:
            assert answer["Location"].startswith(("/admin/", "/accounts/")), route

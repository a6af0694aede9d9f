"""The admin: one institution at a time, everything through services."""

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from opsportal.core.actor import SYSTEM
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import MATRIX, Permission, Role
from opsportal.institutions.models import ApiToken, Department, Institution, Member, User
from opsportal.institutions.selectors import Access, access_find
from opsportal.institutions.services import institution_mark_broken, token_create
from opsportal.institutions.tokens import access_by_token
from tests.institutions.factories import member_make, user_make

Kinds = Callable[[Institution], list[str]]
ADMINS = sorted(MATRIX[Permission.ADMIN_ACCESS])


@pytest.fixture
def root(system: Institution, home: Institution) -> User:
    """A superuser who is super_admin of home and of the installation's institution."""
    user = user_make("root", is_superuser=True, is_staff=True)
    for institution in (system, home):
        member_make(institution, Role.SUPER_ADMIN, user=user)
    return user


def shown_secret(page: bytes) -> str:
    found = re.search(r'id="secret">([^<]+)<', page.decode())
    assert found is not None
    return found[1]


@pytest.mark.spec("L42")
@pytest.mark.parametrize("role", sorted(Role))
def test_who_holds_admin_access_gets_in_and_nobody_else(client: Client, home: Institution, role: Role) -> None:
    client.force_login(member_make(home, role).user)
    answer = client.get("/admin/", follow=True)
    assert answer.status_code == (200 if role in ADMINS else 403)


def test_a_stranger_is_sent_to_the_portals_login(client: Client, db: None) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/login/?next=/admin/"


@pytest.mark.spec("V27")
def test_each_list_shows_the_chosen_institution_only(
    client: Client, root: User, home: Institution, away: Institution
) -> None:
    member_make(home, Role.NOC, username="hector")
    member_make(away, Role.NOC, username="alien")
    member_make(away, Role.SUPER_ADMIN, user=root)
    client.force_login(root)
    client.post("/admin/institution", {"slug": "home"})
    page = client.get("/admin/institutions/member/").content.decode()
    assert ("hector" in page, "alien" in page) == (True, False)
    client.post("/admin/institution", {"slug": "away"})
    page = client.get("/admin/institutions/member/").content.decode()
    assert ("hector" in page, "alien" in page) == (False, True)


@pytest.mark.spec("V27")
def test_a_row_of_another_institution_is_not_there(client: Client, root: User, away: Institution) -> None:
    alien = member_make(away, Role.NOC, username="alien").member
    client.force_login(root)
    answer = client.get(f"/admin/institutions/member/{alien.pk}/change/", follow=True)
    assert "alien" not in answer.content.decode().replace("“", "").lower().split("doesn’t exist")[-1]
    client.post(f"/admin/institutions/member/{alien.pk}/change/", {"roles": ["super_admin"]})
    with institution_scope(away.pk):
        assert [group.name for group in alien.roles.all()] == ["noc"]


@pytest.mark.spec("V27")
def test_nobody_goes_into_an_institution_that_is_not_theirs(client: Client, root: User, away: Institution) -> None:
    client.force_login(root)
    assert client.post("/admin/institution", {"slug": "away"}).status_code == 404
    assert client.get("/admin/institution").status_code == 200


def test_a_superuser_without_membership_sees_no_institutions_data(client: Client, home: Institution) -> None:
    client.force_login(user_make("lonely", is_superuser=True, is_staff=True))
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/institutions/user/").status_code == 200
    assert client.get("/admin/institutions/member/").status_code == 403


def test_a_member_is_added_changed_and_ended(client: Client, root: User, home: Institution, kinds: Kinds) -> None:
    client.force_login(root)
    ana = user_make("ana")
    added = client.post("/admin/institutions/member/add/", {"username": "ana", "roles": ["noc"]})
    assert added.status_code == 302
    with institution_scope(home.pk):
        member = Member.objects.get(user=ana)
    client.post(f"/admin/institutions/member/{member.pk}/change/", {"roles": ["seo", "technician"]})
    access = access_find(ana, slug="home")
    assert access is not None
    assert access.roles == {"seo", "technician"}
    client.post("/admin/institutions/member/", {"action": "remove", "_selected_action": [member.pk]})
    assert access_find(ana, slug="home") is None
    assert kinds(home) == ["MEMBER_ADDED", "MEMBER_CHANGED", "MEMBER_REMOVED"]


def test_an_appointer_cannot_make_a_master_here_either(client: Client, home: Institution) -> None:
    client.force_login(member_make(home, Role.ORG_ADMIN).user)
    ana = user_make("ana")
    answer = client.post("/admin/institutions/member/add/", {"username": "ana", "roles": ["super_admin"]})
    assert answer.status_code == 403
    assert access_find(ana, slug="home") is None


def test_a_refused_row_is_told_and_the_others_go_on(client: Client, root: User, home: Institution) -> None:
    client.force_login(root)
    ana = member_make(home, Role.NOC, username="ana").member
    with institution_scope(home.pk):
        mine = Member.objects.get(user=root)
    chosen = {"action": "remove", "_selected_action": [mine.pk, ana.pk]}
    page = client.post("/admin/institutions/member/", chosen, follow=True).content.decode()
    assert "Nobody changes their own roles" in page
    assert "Ended: 1" in page


def test_a_token_is_shown_once_and_works(client: Client, root: User, home: Institution) -> None:
    client.force_login(root)
    answer = client.post("/admin/institutions/apitoken/add/", {"name": "cron", "days": "5"})
    text = shown_secret(answer.content)
    assert access_by_token(text).user == root
    assert "no-store" in answer["Cache-Control"]
    assert text not in client.get("/admin/institutions/apitoken/").content.decode()
    with institution_scope(home.pk):
        token = ApiToken.objects.get()
    assert text not in client.get(f"/admin/institutions/apitoken/{token.pk}/change/").content.decode()
    client.post("/admin/institutions/apitoken/", {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_person_is_made_issued_a_password_and_kept_out(client: Client, root: User) -> None:
    client.force_login(root)
    made = client.post("/admin/institutions/user/add/", {"username": "ana", "email": ""})
    ana = User.objects.get(username="ana")
    assert ana.check_password(shown_secret(made.content))
    again = client.post("/admin/institutions/user/", {"action": "issue_password", "_selected_action": [ana.pk]})
    ana.refresh_from_db()
    assert ana.check_password(shown_secret(again.content))
    client.post("/admin/institutions/user/", {"action": "switch_off", "_selected_action": [ana.pk, root.pk]})
    assert set(User.objects.filter(is_active=False)) == {ana}


def test_people_are_for_superusers(client: Client, home: Institution) -> None:
    client.force_login(member_make(home, Role.SUPER_ADMIN).user)
    assert client.get("/admin/institutions/user/").status_code == 403
    assert client.post("/admin/institutions/user/add/", {"username": "ana"}).status_code == 403
    assert User.objects.count() == 1


def test_an_institution_is_founded_by_a_superuser_who_becomes_its_master(client: Client, root: User) -> None:
    client.force_login(root)
    assert client.post("/admin/institutions/institution/add/", {"slug": "acme", "name": "Acme"}).status_code == 302
    access = access_find(root, slug="acme")
    assert access is not None
    assert access.roles == {"super_admin"}


def test_an_institution_is_opened_again(client: Client, root: User, home: Institution) -> None:
    institution_mark_broken(home.pk, "SEQ_GAP", 1)
    client.force_login(root)
    client.post("/admin/institutions/institution/", {"action": "reopen", "_selected_action": [str(home.pk)]})
    home.refresh_from_db()
    assert not home.is_read_only


@pytest.mark.spec("V27")
def test_an_administrator_sees_their_own_institution_only(client: Client, home: Institution, away: Institution) -> None:
    client.force_login(member_make(home, Role.SUPER_ADMIN).user)
    page = client.get("/admin/institutions/institution/").content.decode()
    assert ("home" in page, "away" in page) == (True, False)


def test_departments_are_made_and_switched(client: Client, root: User, home: Institution, kinds: Kinds) -> None:
    client.force_login(root)
    client.post("/admin/institutions/department/add/", {"name": "infra_ops"})
    with institution_scope(home.pk):
        department = Department.objects.get()
    for action in ("deactivate", "activate"):
        client.post("/admin/institutions/department/", {"action": action, "_selected_action": [department.pk]})
    assert kinds(home) == ["DEPT_ACTIVATED"] * 3


@pytest.mark.spec("L42")
def test_an_auditor_reads_and_is_offered_nothing_that_changes(client: Client, home: Institution) -> None:
    client.force_login(member_make(home, Role.AUDITOR).user)
    for model in ("member", "department", "apitoken"):
        page = client.get(f"/admin/institutions/{model}/")
        assert page.status_code == 200
        assert client.get(f"/admin/institutions/{model}/add/").status_code == 403
        assert 'name="action"' not in page.content.decode()


def test_a_list_costs_the_same_however_long(
    client: Client, root: User, home: Institution, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(root)
    for number in range(12):
        access: Access = member_make(home, Role.NOC, Role.SEO, username=f"user{number}")
        token_create(member=access.member, name="x", days=1, actor=SYSTEM)
    client.get("/admin/")
    with django_assert_max_num_queries(9):
        client.get("/admin/institutions/member/")
    with django_assert_max_num_queries(9):
        client.get("/admin/institutions/apitoken/")


@pytest.mark.spec("L48")
def test_nothing_with_a_history_can_be_deleted_by_anybody(client: Client, root: User, home: Institution) -> None:
    client.force_login(root)
    request = client.get("/admin/").wsgi_request
    for model, page in admin.site._registry.items():
        if model.__module__.split(".")[0] in {"agents", "scenarios", "findings", "ledger", "opsportal"}:
            assert not page.has_delete_permission(request), model


def test_second_factors_and_groups_are_not_on_show(client: Client, root: User) -> None:
    client.force_login(root)
    for path in ("mfa/authenticator/", "account/emailaddress/", "auth/group/"):
        assert client.get(f"/admin/{path}").status_code == 404

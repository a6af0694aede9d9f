"""The frame of every page: who sees what, what it weighs, what it forbids."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from agents.models import InboxCount
from agents.roster import inboxes_for, roster
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution, User
from opsportal.portal.bundles import BUNDLES, PAGE
from opsportal.portal.sections import SECTIONS, Section, sections_for
from opsportal.portal.shortcuts import SHORTCUTS
from tests.institutions.factories import institution_make, member_make, user_make

pytestmark = pytest.mark.django_db
PAGE_LIMIT = 80 * 1024
ASSETS_LIMIT = 42 * 1024


def made(name: str) -> bytes:
    """Return a bundle as the finder has written it."""
    path = finders.find(name)
    assert isinstance(path, str)
    return Path(path).read_bytes()


@pytest.fixture
def technician(client: Client) -> User:
    """A technician of home, logged in."""
    user = member_make(institution_make(), Role.TECHNICIAN, username="tess").user
    client.force_login(user)
    return user


def test_a_page_with_all_it_asks_for_stays_within_its_weight(client: Client, technician: User) -> None:
    html = client.get("/i/home/inbox/").content
    asked = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', html.decode())
    assert tuple(asked) == PAGE  # three requests besides the page itself
    assets = sum(len(gzip.compress(made(name), 9)) for name in asked)
    assert assets <= ASSETS_LIMIT
    assert assets + len(html) <= PAGE_LIMIT


def test_bundles_lie_beside_a_compressed_copy() -> None:
    for name in BUNDLES:
        packed = Path(f"{finders.find(name)}.gz").read_bytes()
        assert gzip.decompress(packed) == made(name)


def test_the_bundles_are_listed_for_whoever_serves_them() -> None:
    listed = {path for finder in finders.get_finders() for path, _ in finder.list([])}
    assert set(BUNDLES) <= listed


def policy_of(client: Client, path: str) -> dict[str, str]:
    header = client.get(path)["Content-Security-Policy"]
    return dict(directive.strip().split(" ", 1) for directive in header.split(";"))


@pytest.mark.parametrize("path", ["/accounts/login/", "/i/home/", "/", "/no/such/page", "/api/v1/no-such"])
def test_the_content_policy_is_strict(client: Client, technician: User, path: str) -> None:
    policy = policy_of(client, path)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in " ".join(policy.values())


def test_the_admin_has_a_policy_of_its_own_that_still_forbids_inline_scripts(client: Client) -> None:
    policy = policy_of(client, "/admin/login/")
    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert policy["style-src"] == "'self' 'unsafe-inline'"
    assert policy["default-src"] == "'none'"


def test_a_page_costs_the_queries_that_its_frame_documents(
    client: Client, technician: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(5):  # session, person, access with head, the waiting badge, the list itself
        client.get("/i/home/inbox/")


def test_the_page_resumes_the_stream_where_the_ledger_stood(client: Client, technician: User) -> None:
    html = client.get("/i/home/").content.decode()
    assert 'data-live="/ws/i/home/" data-live-since="0"' in html


def test_the_badge_counts_what_waits_for_my_roles(client: Client, technician: User) -> None:
    home, away = institution_make(), institution_make("away")
    mine = inboxes_for({Role.TECHNICIAN})
    foreign = next(who.id for who in roster() if who.id not in mine)
    for institution, inbox, count in ((home, mine[0], 3), (home, mine[1], 4), (home, foreign, 20), (away, mine[0], 50)):
        with institution_scope(institution.pk):
            InboxCount.objects.create(institution=institution, inbox=inbox, waiting=count)
    html = client.get("/i/home/waiting").content.decode()
    assert re.search(r'id="waiting"[^>]*>7<', html)
    assert " hidden" not in html


def test_an_empty_badge_is_there_but_hidden(client: Client, technician: User) -> None:
    assert re.search(r'id="waiting"[^>]* hidden>0<', client.get("/i/home/waiting").content.decode())


def test_the_badge_is_for_those_who_work_on_machines(client: Client) -> None:
    client.force_login(member_make(institution_make(), Role.OWNER).user)
    assert client.get("/i/home/waiting").status_code == 403
    assert b'id="waiting"' not in client.get("/i/home/").content


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_shows_to_those_alone_who_may_open_it(section: Section) -> None:
    assert section not in sections_for(set())
    try:
        section.url("home")
    except NoReverseMatch:
        return
    assert section in sections_for({section.permission})


def test_the_page_says_which_section_it_is(client: Client, technician: User) -> None:
    html = client.get("/i/home/").content.decode()
    assert re.findall(r'<a href="([^"]+)" aria-current="page"', html) == ["/i/home/"]


def test_no_key_means_two_things() -> None:
    keys = [key for shortcut in SHORTCUTS for key in shortcut.keys]
    assert len(set(keys)) == len(keys)
    assert "g" not in keys
    going = [section.key for section in SECTIONS if section.key]
    assert len(set(going)) == len(going)


def test_shortcuts_are_off_for_who_switched_them_off(client: Client, technician: User) -> None:
    assert b'data-shortcuts="on"' in client.get("/i/home/").content
    User.objects.update(has_shortcuts=False)
    assert b'data-shortcuts="off"' in client.get("/i/home/").content


def test_the_theme_is_the_persons_and_needs_no_script(client: Client, technician: User) -> None:
    assert b'data-theme="system"' in client.get("/i/home/").content
    assert client.post("/me/theme", {"theme": "dark", "next": "/i/home/"})["Location"] == "/i/home/"
    assert b'data-theme="dark"' in client.get("/i/home/").content


def test_an_unknown_theme_is_refused(client: Client, technician: User) -> None:
    assert client.post("/me/theme", {"theme": "pink"}).status_code == 422
    assert User.objects.get(pk=technician.pk).theme == "system"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_the_way_back_never_leaves_the_portal(client: Client, technician: User, target: str) -> None:
    assert client.post("/me/theme", {"theme": "light", "next": target})["Location"] == "/"


def test_a_theme_is_not_changed_by_looking(client: Client, technician: User) -> None:
    assert client.get("/me/theme").status_code == 405


def test_times_are_in_the_zone_of_the_person(client: Client, technician: User) -> None:
    User.objects.update(timezone="America/Sao_Paulo")
    client.get("/i/home/")
    assert b'data-timezone="America/Sao_Paulo"' in client.get("/i/home/").content
    assert timezone.get_current_timezone_name() == settings.TIME_ZONE  # and nobody else's


def test_a_zone_that_no_longer_exists_does_no_harm(client: Client, technician: User) -> None:
    User.objects.update(timezone="Europe/Atlantis")
    assert client.get("/i/home/").status_code == 200


def test_the_only_institution_is_gone_to_directly(client: Client, technician: User) -> None:
    assert client.get("/")["Location"] == "/i/home/"


def test_the_installations_own_institution_does_not_make_it_a_choice(client: Client, technician: User) -> None:
    system = Institution.objects.create(slug="system", name="System", is_system=True)
    member_make(system, Role.SUPER_ADMIN, user=technician)
    assert client.get("/")["Location"] == "/i/home/"


def test_with_several_the_person_chooses_and_sees_only_theirs(client: Client, technician: User) -> None:
    member_make(institution_make("clinic"), Role.NOC, user=technician)
    institution_make("foreign")
    for path in ("/", "/me/institutions"):
        html = client.get(path).content.decode()
        assert re.findall(r'href="(/i/[^"]+)"', html) == ["/i/clinic/", "/i/home/"]


def test_who_is_in_no_institution_is_told_what_to_do(client: Client) -> None:
    client.force_login(user_make("nobody"))
    assert b"You are in no institution yet" in client.get("/").content


@pytest.mark.parametrize("path", ["/", "/me/institutions", "/i/home/", "/i/home/waiting"])
def test_strangers_are_sent_to_the_login(client: Client, path: str) -> None:
    institution_make()
    assert client.get(path)["Location"] == f"{reverse('account_login')}?next={path}"


def test_the_language_changes_and_stays(client: Client, technician: User) -> None:
    client.post("/i18n/setlang/", {"language": "pt-br", "next": "/i/home/"})
    assert b'<html lang="pt-br"' in client.get("/i/home/").content


def test_a_broken_ledger_is_said_on_every_page(client: Client, technician: User) -> None:
    home = institution_make()
    home.ledger_broken_at = timezone.now()
    home.save()
    assert b"does not verify" in client.get("/i/home/").content


def test_an_installation_says_what_it_is(client: Client, technician: User, settings: Settings) -> None:
    assert b'class="environment"' not in client.get("/i/home/").content
    settings.ENVIRONMENT = "staging"
    assert b'<span class="environment">staging</span>' in client.get("/i/home/").content

"""Institutions: begin, become read-only, open again."""

import json
from collections.abc import Callable

import pytest

from ledger.alarms import alarms_raise
from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.errors import ConflictError, FrozenInstitutionError, InvalidError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Department, Institution, Member
from opsportal.institutions.selectors import Access, access_find, installation_actor
from opsportal.institutions.services import (
    department_activate,
    institution_create,
    institution_mark_broken,
    institution_reopen,
)
from tests.institutions.conftest import Entries
from tests.institutions.factories import actor_make, user_make

Kinds = Callable[[Institution], list[str]]
pytestmark = pytest.mark.django_db


def heartbeat(institution: Institution) -> None:
    with unit(institution.pk, SYSTEM):
        entry_record(kind=Kind.HEARTBEAT_CREATED, subject="heartbeat:x", actor=SYSTEM, data={"heartbeat": "x"})


def test_an_institution_begins_with_its_ledger_and_its_master(entries: Entries) -> None:
    ana = user_make("ana")
    institution = institution_create(slug="acme-1", name=" Acme ", actor=SYSTEM, first=ana)
    assert (institution.slug, institution.name, institution.is_system) == ("acme-1", "Acme", False)
    assert [entry.kind for entry in entries(institution)] == ["INSTITUTION_CREATED", "MEMBER_ADDED"]
    access = access_find(ana, slug="acme-1")
    assert access is not None
    assert access.roles == {"super_admin"}


def test_its_name_stays_out_of_the_entry(entries: Entries) -> None:
    created = entries(institution_create(slug="acme", name="Zanzibar", actor=SYSTEM))[0]
    assert "anzibar" not in created.body


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a_b", "a" * 41, "system", "á", "a\n"])
def test_a_slug_that_cannot_stand_in_an_address_is_refused(slug: str) -> None:
    with pytest.raises(InvalidError):
        institution_create(slug=slug, name="x", actor=SYSTEM)
    assert not Institution.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_name_has_some_characters_and_not_too_many(name: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        institution_create(slug="acme", name=name, actor=SYSTEM)
    assert list(refusal.value.errors) == ["name"]


def test_a_taken_slug_is_refused_and_leaves_nothing(home: Institution, kinds: Kinds) -> None:
    before = kinds(home)
    with pytest.raises(ConflictError) as refusal:
        institution_create(slug="home", name="x", actor=SYSTEM)
    assert refusal.value.code == "SLUG_TAKEN"
    assert kinds(home) == before


def test_only_the_installation_makes_institutions(master: Access) -> None:
    with pytest.raises(RefusedError):
        institution_create(slug="mine", name="Mine", actor=master.actor)
    root = user_make("root", is_superuser=True)
    assert institution_create(slug="mine", name="Mine", actor=installation_actor(root)).slug == "mine"


def test_a_former_superuser_is_one_no_longer() -> None:
    root = user_make("root", is_superuser=True, is_active=False)
    with pytest.raises(RefusedError):
        institution_create(slug="mine", name="Mine", actor=installation_actor(root))


def test_a_department_is_switched_and_each_switch_is_entered(home: Institution, master: Access, kinds: Kinds) -> None:
    on = department_activate(institution=home, name="infra_ops", actor=master.actor)
    department_activate(institution=home, name="infra_ops", actor=master.actor)
    off = department_activate(institution=home, name="infra_ops", actor=master.actor, is_active=False)
    assert (on.pk, off.is_active) == (off.pk, False)
    assert kinds(home) == ["DEPT_ACTIVATED", "DEPT_ACTIVATED"]


def test_a_department_needs_the_right_and_a_name(home: Institution, master: Access) -> None:
    with pytest.raises(RefusedError):
        department_activate(institution=home, name="infra_ops", actor=actor_make(home, Role.OPS_LEAD))
    with pytest.raises(InvalidError):
        department_activate(institution=home, name="Infra Ops", actor=master.actor)
    with institution_scope(home.pk):
        assert not Department.objects.exists()


@pytest.mark.spec("V26")
def test_a_broken_ledger_makes_its_institution_read_only_and_no_other(
    system: Institution, home: Institution, away: Institution, entries: Entries
) -> None:
    institution_mark_broken(home.pk, "HASH_MISMATCH", 7)
    institution_mark_broken(home.pk, "HASH_MISMATCH", 9)
    home.refresh_from_db()
    assert home.is_read_only
    told = [json.loads(entry.body) for entry in entries(system)]
    assert [(entry["kind"], entry["subject"], entry["data"]["seq"]) for entry in told] == [
        ("LEDGER_TAMPER_DETECTED", f"institution:{home.pk}", 7)
    ]
    with pytest.raises(FrozenInstitutionError) as refusal:
        heartbeat(home)
    assert (refusal.value.status, entries(home)) == (423, [])
    heartbeat(away)


@pytest.mark.spec("V26")
def test_the_ledgers_alarm_reaches_the_institution(system: Institution, home: Institution) -> None:
    alarms_raise(home.pk, "SEQ_GAP", 3)
    home.refresh_from_db()
    assert home.is_read_only


def test_a_read_only_institution_refuses_its_services(system: Institution, home: Institution, master: Access) -> None:
    institution_mark_broken(home.pk, "HASH_MISMATCH", 1)
    with pytest.raises(FrozenInstitutionError):
        department_activate(institution=home, name="infra_ops", actor=master.actor)
    with institution_scope(home.pk):
        assert (Department.objects.count(), Member.objects.count()) == (0, 1)


def test_it_opens_again_by_the_installation_only(
    system: Institution, home: Institution, master: Access, kinds: Kinds
) -> None:
    institution_mark_broken(home.pk, "HASH_MISMATCH", 1)
    with pytest.raises(RefusedError):
        institution_reopen(institution=home, actor=master.actor)
    assert not institution_reopen(institution=home, actor=SYSTEM).is_read_only
    institution_reopen(institution=home, actor=SYSTEM)
    assert kinds(system) == ["LEDGER_TAMPER_DETECTED", "INSTITUTION_REOPENED"]


def test_the_installations_own_ledger_can_break_and_open_too(system: Institution, home: Institution) -> None:
    institution_mark_broken(system.pk, "HASH_MISMATCH", 1)
    institution_mark_broken(home.pk, "HASH_MISMATCH", 1)
    with pytest.raises(FrozenInstitutionError):
        institution_reopen(institution=home, actor=SYSTEM)
    home.refresh_from_db()
    assert home.is_read_only
    assert not institution_reopen(institution=system, actor=SYSTEM).is_read_only
    assert not institution_reopen(institution=home, actor=SYSTEM).is_read_only


def test_an_actor_of_another_institution_changes_nothing(home: Institution, away: Institution) -> None:
    stranger: Actor = actor_make(away, Role.SUPER_ADMIN)
    with pytest.raises(RefusedError):
        department_activate(institution=home, name="infra_ops", actor=stranger)

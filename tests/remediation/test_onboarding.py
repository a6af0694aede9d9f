"""From nothing to a governed department, and again."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from ledger.models import Entry
from opsportal.core.errors import InvalidError, NotAuthenticatedError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Department
from remediation import services
from remediation.models import Bundle, Release, Runtime
from remediation.onboarding import steps_of
from tests.institutions.factories import actor_make, institution_make, member_make
from tests.remediation.factories import Governed

KEY = "ab" * 32


@pytest.mark.django_db
@pytest.mark.spec("V04", "V06", "V08", "V31", "V32")
def test_one_call_governs_a_department_and_repeating_it_duplicates_nothing() -> None:
    home = institution_make("home")
    owner = actor_make(home, Role.OWNER)
    first = services.department_onboard(institution=home, department="personal_ops", runtime_name="desk", actor=owner)
    again = services.department_onboard(institution=home, department="personal_ops", runtime_name="desk", actor=owner)
    with institution_scope(home.pk):
        counted = [model.objects.count() for model in (Department, Bundle, Release, Runtime)]
    assert counted == [1, 1, 1, 1]
    assert (first.release, first.runtime) == (again.release, again.runtime)

    # The token that was lost in the crash opens nothing any more; the new one does, once.
    assert first.token
    assert again.token
    with pytest.raises(NotAuthenticatedError):
        services.runtime_enrol(token=first.token, public_key=KEY, version="1", platform="x")
    services.runtime_enrol(token=again.token, public_key=KEY, version="1", platform="x")
    third = services.department_onboard(institution=home, department="personal_ops", runtime_name="desk", actor=owner)
    assert third.token is None


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.EXECUTIVE_ADMIN, Role.AUDITOR])
def test_it_takes_somebody_who_answers_for_the_institution(role: Role) -> None:
    home = institution_make("home")
    with pytest.raises(RefusedError):
        services.department_onboard(
            institution=home, department="personal_ops", runtime_name="desk", actor=actor_make(home, role)
        )
    with institution_scope(home.pk):
        assert not Department.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\0b"])
def test_a_name_that_is_none_is_refused_before_anything_is_done(name: str) -> None:
    home = institution_make("home")
    with pytest.raises(InvalidError):
        services.department_onboard(
            institution=home, department="personal_ops", runtime_name=name, actor=actor_make(home, Role.OWNER)
        )
    with institution_scope(home.pk):
        assert not Department.objects.exists()


@pytest.mark.django_db
@pytest.mark.spec("V39")
def test_the_page_leads_through_it_and_shows_the_token_once(client: Client) -> None:
    home = institution_make("home")
    client.force_login(member_make(home, Role.OWNER).user)
    page = client.get("/i/home/onboarding/")
    assert (page.status_code, b"0 of 8 steps" in page.content or b"1 of 8 steps" in page.content) == (200, True)
    made = client.post("/i/home/onboarding/", {"runtime_name": "desk"})
    assert b"ops-runtime configure --institution-id" in made.content
    assert "no-store" in made.headers["Cache-Control"]
    token = re.search(rb"--actor-token (ops_\w+)", made.content)
    assert token is not None
    assert token[1] not in client.get("/i/home/onboarding/").content
    client.force_login(member_make(home, Role.NOC).user)
    assert client.get("/i/home/onboarding/").status_code == 403


@pytest.mark.django_db
def test_a_department_without_a_shipped_contract_is_named() -> None:
    home = institution_make("home")
    with pytest.raises(InvalidError) as refused:
        services.department_onboard(
            institution=home, department="moon_ops", runtime_name="desk", actor=actor_make(home, Role.OWNER)
        )
    assert list(refused.value.errors) == ["department"]


@pytest.mark.spec("V39")
def test_the_steps_are_read_from_what_is_there(governed: Governed) -> None:
    steps = {step.name: step.is_done for step in steps_of("personal_ops", timezone.now())}
    assert steps == dict.fromkeys(
        ("department", "contract", "owner", "approver", "runtime", "enrolled", "online"), True
    ) | {"executed": False}
    job = governed.ordered()
    governed.runtime.take(job)
    governed.runtime.report(job)
    assert steps_of("personal_ops", timezone.now())[-1].is_done


@pytest.mark.django_db
def test_one_person_with_both_roles_is_no_second_person() -> None:
    home = institution_make("home")
    member_make(home, Role.OWNER, Role.EXECUTIVE_ADMIN)
    with institution_scope(home.pk):
        steps = {step.name: step.is_done for step in steps_of("personal_ops", timezone.now())}
        assert (steps["owner"], steps["approver"]) == (True, False)
        assert Entry.objects.filter(kind="RUNTIME_CREATED").count() == 0

"""Switching a scenario off and on."""

from collections.abc import Callable

import pytest

from ledger.models import Entry
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.errors import ConflictError, RefusedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import MATRIX, Permission, Role
from opsportal.institutions.models import Institution
from scenarios.models import Scenario
from scenarios.registry.services import scenario_disable, scenario_enable
from tests.institutions.factories import actor_make

Switch = Callable[..., Scenario]
BOTH = [pytest.param(scenario_disable, False, id="disable"), pytest.param(scenario_enable, True, id="enable")]


@pytest.fixture
def scenario(home: Institution) -> Scenario:
    with institution_scope(home.pk):
        return Scenario.objects.create(institution=home, name="host.disk")


def entries(home: Institution) -> list[tuple[str, str]]:
    with institution_scope(home.pk):
        return list(Entry.objects.order_by("seq").values_list("kind", "subject"))


@pytest.mark.parametrize(("switch", "is_enabled"), BOTH)
def test_it_switches_and_writes_one_entry(
    scenario: Scenario, home: Institution, switch: Switch, is_enabled: bool
) -> None:
    with institution_scope(home.pk):
        Scenario.objects.update(is_enabled=not is_enabled, next_due_at="2100-01-01T00:00:00Z")
        switched = switch(scenario=scenario, actor=actor_make(home, Role.OPS_LEAD))
    assert (switched.is_enabled, switched.next_due_at) == (is_enabled, None)
    assert entries(home) == [("SCENARIO_CHANGED", "scenario:host.disk")]


@pytest.mark.parametrize(("switch", "is_enabled"), BOTH)
def test_doing_it_again_is_harmless_and_writes_nothing(
    scenario: Scenario, home: Institution, switch: Switch, is_enabled: bool
) -> None:
    with institution_scope(home.pk):
        Scenario.objects.update(is_enabled=is_enabled)
        assert switch(scenario=scenario, actor=SYSTEM).is_enabled == is_enabled
    assert entries(home) == []


@pytest.mark.parametrize(("switch", "is_enabled"), BOTH)
def test_what_the_registry_no_longer_has_cannot_be_switched(
    scenario: Scenario, home: Institution, switch: Switch, is_enabled: bool
) -> None:
    with institution_scope(home.pk):
        Scenario.objects.update(is_retired=True, is_enabled=not is_enabled)
        with pytest.raises(ConflictError, match=r"host\.disk is no longer in the registry"):
            switch(scenario=scenario, actor=SYSTEM)
        assert Scenario.objects.get().is_enabled != is_enabled
    assert entries(home) == []


@pytest.mark.spec("L42")
@pytest.mark.parametrize("role", sorted(set(Role) - MATRIX[Permission.SCENARIO_MANAGE]))
def test_others_may_not(scenario: Scenario, home: Institution, role: Role) -> None:
    with institution_scope(home.pk):
        with pytest.raises(RefusedError):
            scenario_disable(scenario=scenario, actor=actor_make(home, role))
        assert Scenario.objects.get().is_enabled
    assert entries(home) == []


def test_nobody_reaches_into_another_institution(scenario: Scenario, home: Institution, system: Institution) -> None:
    outsider: Actor = actor_make(system, Role.SUPER_ADMIN)
    with institution_scope(home.pk), pytest.raises(RefusedError):
        scenario_disable(scenario=scenario, actor=outsider)
    assert entries(home) == []

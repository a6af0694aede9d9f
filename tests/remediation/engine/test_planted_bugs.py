"""The test of the tests: every planted bug is found, by the table of answers and by people at the desk."""

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.remediation.engine.attacks import wrong_answers
from tests.remediation.engine.desk import Desk
from tests.remediation.engine.planted import AT_THE_DESK, PLANTED

SEARCH = settings(
    max_examples=300,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    verbosity=Verbosity.quiet,
    suppress_health_check=list(HealthCheck),
)


def test_without_a_planted_bug_every_answer_is_right() -> None:
    assert wrong_answers() == []


@pytest.mark.parametrize("bug", PLANTED)
def test_the_table_finds_each_planted_bug(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[bug](monkeypatch)
    assert wrong_answers()


@pytest.mark.parametrize("bug", AT_THE_DESK)
def test_people_at_the_desk_find_each_planted_bug(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[bug](monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Desk, settings=SEARCH)

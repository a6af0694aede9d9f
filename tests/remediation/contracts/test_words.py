"""The rules as people read them."""

import string

import pytest

from remediation.contracts.compile import contract_compile
from remediation.contracts.shipped import PERSONAL_OPS, shipped_text
from remediation.contracts.words import ENGLISH, duration_words, rules_in_words
from tests.remediation.contracts.texts import DESK


@pytest.fixture(scope="module")
def said() -> list[str]:
    return [sentence.english for sentence in rules_in_words(contract_compile(DESK).artifacts)]


@pytest.mark.spec("V40")
def test_they_say_who_may_do_what_and_that_the_rest_is_denied(said: list[str]) -> None:
    assert said[:4] == [
        "chief may ask for: service.look, Restart a service, host.wipe, approval_decide.",
        "clerk may ask for: service.look, approval_decide.",
        "robot may ask for: service.look.",
        "What is not said here is denied.",
    ]


@pytest.mark.spec("V40")
@pytest.mark.parametrize(
    "sentence",
    [
        "Restart a service: 1 of chief or clerk must agree first.",
        "Restart a service: nobody's approval is waited for longer than 1 day.",
        "Restart a service: whoever asked does not decide, and nobody decides twice.",
        "host.wipe: in step 2 (sign), 1 of chief must agree.",
        "Tried without effect first: host.wipe.",
        "Only with a reason: host.wipe.",
        "Can't be undone: Restart a service, host.wipe.",
        "Restart a service: This service stays up.",
        "Restart a service: at most 10 in 1 hour.",
        "Restart a service: stopped after 3 failures in 1 hour.",
        "Restart a service: not on mon, sun from 22:00 to 06:30 (America/Sao_Paulo). Nobody is there.",
        "chief, Restart a service: until 2027-01-01 12:00 UTC.",
        "chief, Restart a service: Soft or hard.",
        "An agent of this department begins at level 2 of 4.",
        "An agent does by itself from level 0 on: service.look.",
        "In an emergency (fire), chief may have done at once: Restart a service. Reviewed within 1 day.",
    ],
)
def test_they_say_what_needs_whom_and_what_holds_back(said: list[str], sentence: str) -> None:
    assert sentence in said


def test_a_sentence_can_be_said_in_another_language() -> None:
    sentences = rules_in_words(contract_compile(DESK).artifacts)
    for sentence in sentences:
        wanted = {name for _, name, _, _ in string.Formatter().parse(ENGLISH[sentence.key]) if name}
        assert wanted == set(sentence.values)
    spoken = {sentence.key for sentence in sentences}
    assert spoken == set(ENGLISH) - {"may_nothing", "no_approval"}


def test_a_role_that_may_nothing_is_said_to() -> None:
    text = DESK.replace("permissions: [service.look]\n", "permissions: []\n")
    assert "robot may ask for nothing." in [item.english for item in rules_in_words(contract_compile(text).artifacts)]


@pytest.mark.spec("V40")
def test_the_shipped_rules_are_told_with_the_names_of_people_and_things() -> None:
    said = [item.english for item in rules_in_words(contract_compile(shipped_text(PERSONAL_OPS)).artifacts)]
    assert "Delete files: 1 of Owner or Executive admin must agree first." in said
    assert "Delete files: at most 200 in 1 hour." in said
    assert not [sentence for sentence in said if "files.d" in sentence or "executive_admin" in sentence]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (90, "90 seconds"), (3600, "1 hour"), (259_200, "3 days"), (1_209_600, "2 weeks")],
)
def test_a_duration_is_told_in_its_largest_unit(seconds: int, words: str) -> None:
    assert duration_words(seconds) == words

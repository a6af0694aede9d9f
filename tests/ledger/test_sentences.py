"""What entries say to people."""

import re

import pytest
from django.utils import translation

from ledger.kinds import Kind
from ledger.schema import COMMON
from ledger.sentences import _BY_WORD, _EITHER, _SENTENCES, sentence_of


def test_every_kind_has_a_sentence_of_its_own() -> None:
    ways = [*_SENTENCES, *_EITHER, *_BY_WORD]
    assert sorted(ways) == sorted(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_sentence_asks_only_for_what_the_kind_holds(kind: Kind) -> None:
    texts = [_SENTENCES[kind]] if kind in _SENTENCES else _texts(kind)
    asked = {name for text in texts for name in re.findall(r"%\((\w+)\)s", str(text))}
    assert asked <= {*kind.schema, *COMMON}


def _texts(kind: Kind) -> list[object]:
    return list(_EITHER[kind][1:]) if kind in _EITHER else list(_BY_WORD[kind][1].values())


@pytest.mark.parametrize("kind", sorted(_BY_WORD))
def test_every_word_that_a_kind_may_hold_is_said(kind: str) -> None:
    field, sentences = _BY_WORD[kind]
    assert Kind[kind].schema[field].words == f"one of {', '.join(sentences)}"


def test_an_unknown_kind_is_shown_as_its_word() -> None:
    assert sentence_of("JOB_EXECUTED", {"job": 1}) == "JOB_EXECUTED"


def test_what_an_older_entry_lacks_is_a_dash() -> None:
    assert sentence_of(Kind.FINDING_OPENED, {"scenario": "web", "state": "down"}) == (
        "opened a finding: web, check – is down (–)"
    )


def test_a_flag_decides_what_is_said() -> None:
    assert sentence_of(Kind.SCENARIO_CHANGED, {"scenario": "web", "is_enabled": False}) == "disabled the scenario web"
    assert sentence_of(Kind.SCENARIO_CHANGED, {"scenario": "web", "is_enabled": True}) == "enabled the scenario web"


def test_counts_are_said_without_what_there_is_none_of() -> None:
    counts = {"ok": 3, "down": 0, "not_configured": 9}
    with translation.override("en"):
        assert sentence_of(Kind.TICK_COMPLETED, {"counts": counts}) == "completed a round: 3 ok, 9 not configured"


def test_lists_are_said_as_lists() -> None:
    said = sentence_of(Kind.MEMBER_CHANGED, {"user": "Ana", "before": [], "after": ["noc", "seo"]})
    assert said == "changed the roles of Ana from – to noc, seo"

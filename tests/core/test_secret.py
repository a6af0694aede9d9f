"""A secret can be used, and in no way be seen."""

import json
import pickle

import pytest

from opsportal.core.secret import Secret

SECRET = Secret("c4nary")


def test_it_is_given_to_who_asks_for_it() -> None:
    assert SECRET.reveal() == "c4nary"


def test_it_is_not_printed_formatted_or_logged() -> None:
    assert "c4nary" not in f"{SECRET} {SECRET!r} {[SECRET]} {SECRET!s:>20}" % ()
    assert "c4nary" not in "%s %r" % (SECRET, SECRET)  # noqa: UP031  the old way prints too


def test_it_is_not_written_down() -> None:
    with pytest.raises(TypeError):
        json.dumps(SECRET)
    with pytest.raises(TypeError):
        pickle.dumps(SECRET)


def test_it_equals_a_secret_of_the_same_value_and_nothing_else() -> None:
    assert Secret("c4nary") == SECRET
    assert Secret("other") != SECRET
    assert SECRET != "c4nary"
    assert len({SECRET, Secret("c4nary"), Secret("x")}) == 2

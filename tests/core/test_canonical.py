import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from opsportal.core.canonical import INTEGER_MAX, ProfileError, canonical_bytes, canonical_text, digest

KEYS = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)
LEAVES = st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | st.text(max_size=30)
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)


@given(DOCUMENTS)
def test_within_the_profile_the_bytes_are_those_of_rfc_8785(document: Any) -> None:
    assert canonical_bytes(document) == rfc8785.dumps(document)


@given(DOCUMENTS)
def test_the_text_reads_back_and_is_its_own_canonical_form(document: Any) -> None:
    again = json.loads(canonical_text(document))
    assert canonical_text(again) == canonical_text(document)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        "\ud800",
        b"bytes",
        {"Upper": 1},
        {"with blank": 1},
        {"": 1},
        {"é": 1},
        {"key\n": 1},
        {1: 1},
        {"a": {"b": [0, 1.5]}},
        {"a", "b"},
    ],
)
def test_outside_the_profile_it_is_refused(value: Any) -> None:
    with pytest.raises(ProfileError):
        canonical_text(value)


def test_the_refusal_names_the_place() -> None:
    with pytest.raises(ProfileError, match=r"\$\.a\.b\[1\]"):
        canonical_text({"a": {"b": [0, 1.5]}})  # type: ignore[list-item]  # what is refused


def test_unicode_is_not_normalised() -> None:
    assert canonical_text("\u00e9") != canonical_text("e\u0301")


def test_a_digest_ignores_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

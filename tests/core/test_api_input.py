"""What the API reads: bodies, queries, texts and flags."""

from io import BytesIO
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request

from opsportal.core.parsers import StrictJSONParser
from opsportal.core.serializers import Flag, Strict, Text, body_read, query_read


class Form(Strict):
    """One of each."""

    words = Text(visible=2, max_length=9)
    is_loud = Flag(required=False, default=False)


class Filters(Strict):
    """Some filters."""

    colour = serializers.MultipleChoiceField(choices=["red", "blue"], required=False)
    size = serializers.IntegerField(required=False)


def parsed(body: bytes, rf: RequestFactory) -> Request:
    return Request(rf.post("/api/x", body, "application/json"), parsers=[StrictJSONParser()])


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b'{"a": 1, "a": 2}', b"[NaN]", b"\xff", b'"\xc3"', b"[" * 100_000, b"1" * 5000],
    ids=["open", "empty", "twice", "nan", "bytes", "half", "deep", "long"],
)
def test_a_body_that_is_not_strict_json_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        StrictJSONParser().parse(BytesIO(body))


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b'{"words": "ab", "loud": true}', ["loud"]),
        (b'{"words": "ab", "is_loud": 1}', ["is_loud"]),
        (b'{"words": "ab", "is_loud": null}', ["is_loud"]),
        (b'{"words": 12}', ["words"]),
        (b'{"words": " a "}', ["words"]),
        (b'{"words": "a\\u0000b"}', ["words"]),
        (b'{"words": "a\\ud800b"}', ["words"]),
        (b"{}", ["words"]),
        (b'"ab"', ["non_field_errors"]),
    ],
)
def test_what_is_wrong_is_named(rf: RequestFactory, body: bytes, fields: list[str]) -> None:
    with pytest.raises(ValidationError) as refusal:
        body_read(parsed(body, rf), Form)
    assert list(refusal.value.detail) == fields


def test_what_is_right_is_read_as_it_was_sent(rf: RequestFactory) -> None:
    assert body_read(parsed(b'{"words": " a b "}', rf), Form) == {"words": " a b ", "is_loud": False}


@given(st.text(max_size=12))
def test_the_pattern_that_is_published_is_the_rule(text: str) -> None:
    field: Any = Text(visible=2, max_length=9)
    visible = len("".join(text.split())) >= 2
    assert field._spectacular_annotation["field"]["maxLength"] == 9
    try:
        field.run_validation(text)
        is_taken = True
    except ValidationError:
        is_taken = False
    assert is_taken == (visible and len(text) <= 9 and "\0" not in text)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("size=1&size=2", ["size"]),
        ("colour=green", ["colour"]),
        ("shape=round", ["shape"]),
        ("size=x", ["size"]),
        ("size=", ["size"]),
    ],
)
def test_a_wrong_query_is_named(rf: RequestFactory, query: str, fields: list[str]) -> None:
    with pytest.raises(ValidationError) as refusal:
        query_read(Request(rf.get(f"/api/x?{query}")), Filters)
    assert list(refusal.value.detail) == fields


def test_a_query_is_read_and_the_page_is_not_its_matter(rf: RequestFactory) -> None:
    request = Request(rf.get("/api/x?colour=red&colour=blue&size=3&cursor=x&limit=2"))
    assert query_read(request, Filters) == {"colour": ["red", "blue"], "size": 3}

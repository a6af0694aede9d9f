from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.kinds import Kind
from ledger.schema import (
    CODE,
    COMMON,
    COUNT,
    DIGEST,
    FLAG,
    INTEGER,
    EntryRefusedError,
    Field,
    data_text,
    many,
    one_of,
    optional,
    tally,
)
from ledger.schema import UUID as UUID_FIELD
from ledger.selectors import head
from ledger.services import entry_record, unit
from opsportal.core.actor import SYSTEM
from tests.ledger.factories import chain

ID = "7d444840-9dc0-11d1-b245-5ffdce74fad2"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_an_upper_case_word_with_a_schema(kind: Kind) -> None:
    assert kind.value == kind.name
    assert kind.value.isupper()
    assert len(kind.value) <= 40
    assert all(isinstance(field, Field) for field in kind.schema.values())
    assert not kind.schema.keys() & COMMON.keys()


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        (UUID_FIELD, UUID(ID), f'"{ID}"'),
        (UUID_FIELD, ID, f'"{ID}"'),
        (DIGEST, "0" * 64, f'"{"0" * 64}"'),
        (CODE, "desk.api/health:2", '"desk.api/health:2"'),
        (COUNT, 0, "0"),
        (INTEGER, -5, "-5"),
        (FLAG, True, "true"),
        (one_of("a", "b"), "b", '"b"'),
        (many(CODE), ["x", "y"], '["x","y"]'),
        (many(CODE), (), "[]"),
        (tally("ok", "down"), {"ok": 3}, '{"ok":3}'),
        (optional(CODE), None, "null"),
    ],
)
def test_a_field_accepts(field: Field, value: object, text: str) -> None:
    assert data_text("X", {"f": field}, {"f": value}) == '{"f":' + text + "}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (UUID_FIELD, ID.upper()),
        (UUID_FIELD, 5),
        (DIGEST, "0" * 63),
        (DIGEST, "A" * 64),
        (CODE, "Maria Silva"),
        (CODE, "maria@example.org"),
        (CODE, "line\n"),
        (CODE, "é"),
        (CODE, ""),
        (CODE, "x" * 81),
        (CODE, 7),
        (COUNT, -1),
        (COUNT, True),
        (COUNT, 1.0),
        (COUNT, "1"),
        (COUNT, 2**53),
        (FLAG, 1),
        (one_of("a", "b"), "c"),
        (many(CODE), "abc"),
        (many(CODE), ["a b"]),
        (tally("ok"), {"down": 1}),
        (tally("ok"), {"ok": -1}),
        (tally("ok"), ["ok"]),
        (CODE, None),
    ],
)
def test_a_field_refuses(field: Field, value: object) -> None:
    with pytest.raises(EntryRefusedError, match="X: f must be"):
        data_text("X", {"f": field}, {"f": value})


def test_data_is_bounded() -> None:
    with pytest.raises(EntryRefusedError, match="longer than"):
        data_text("X", {"f": many(CODE)}, {"f": ["x" * 80] * 300})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "must hold is_enabled, scenario"),
        ({"scenario": "a"}, "must hold is_enabled"),
        ({"scenario": "a", "is_enabled": True, "note": "hello"}, "may not hold note"),
        ({"scenario": "Maria is ill", "is_enabled": True}, "scenario must be a code"),
    ],
)
def test_a_misfit_writes_nothing(data: dict[str, Any], message: str) -> None:
    institution_id = chain()
    with pytest.raises(EntryRefusedError, match=message), unit(institution_id, SYSTEM):
        entry_record(kind=Kind.SCENARIO_CHANGED, subject=f"scenario:{uuid4()}", actor=SYSTEM, data=data)
    assert head(institution_id).seq == 0

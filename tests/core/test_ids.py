"""Ids for rows that are written by the thousand."""

from uuid import RFC_4122, UUID

import time_machine

from opsportal.core.ids import id_ordered


def test_it_is_a_uuid_of_version_7_that_begins_with_the_millisecond() -> None:
    with time_machine.travel("2026-01-01T00:00:00.123Z", tick=False):
        made = UUID(id_ordered())
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == 1_767_225_600_123


def test_a_later_one_is_greater_as_text_and_no_two_are_the_same() -> None:
    with time_machine.travel("2026-01-01T00:00:00Z", tick=False):
        first = {id_ordered() for _ in range(1000)}
    with time_machine.travel("2026-01-01T00:00:00.001Z", tick=False):
        second = id_ordered()
    assert len(first) == 1000
    assert max(first) < second

"""Filters in the address: what each choice promises, and where it leads."""

from django.http import QueryDict

from opsportal.core.facets import Group, choices, chosen, replaced, toggled

GROUPS: list[Group] = [
    ({"severity": "high", "owner": "A1"}, 3),
    ({"severity": "low", "owner": "A1"}, 2),
    ({"severity": "high", "owner": "A2"}, 5),
]


def counted(name: str, wanted: dict[str, list[str]], order: tuple[str, ...] = ()) -> list[tuple[str, int, bool]]:
    found = choices(QueryDict(), name, GROUPS, wanted, order=order)
    return [(choice.value, choice.count, choice.is_chosen) for choice in found]


def test_a_choice_counts_what_it_would_show_beside_the_other_filters() -> None:
    assert counted("severity", {"owner": ["A1"]}) == [("high", 3, False), ("low", 2, False)]
    assert counted("owner", {"severity": ["high"]}) == [("A1", 3, False), ("A2", 5, False)]


def test_its_own_filter_does_not_hide_the_other_choices() -> None:
    assert counted("severity", {"severity": ["low"]}) == [("high", 8, False), ("low", 2, True)]


def test_a_choice_that_was_made_stays_though_nothing_is_left() -> None:
    assert counted("owner", {"owner": ["A9"], "severity": ["low"]}) == [("A1", 2, False), ("A9", 0, True)]


def test_choices_come_in_the_order_that_people_know() -> None:
    assert [value for value, _, _ in counted("severity", {}, order=("low", "high"))] == ["low", "high"]


def test_a_choice_turns_on_and_off_and_leaves_the_rest() -> None:
    query = QueryDict("severity=high&q=disk&cursor=abc&shown=x&page=3")
    assert toggled(query, "severity", "low") == "?severity=high&severity=low&q=disk"
    assert toggled(query, "severity", "high") == "?q=disk"
    assert toggled(query, "severity", "low", one=True) == "?severity=low&q=disk"
    assert replaced(query, q=["a b"]) == "?severity=high&q=a+b"


def test_values_that_mean_nothing_are_left_out() -> None:
    query = QueryDict("severity=high&severity=&severity=huge&severity=high")
    assert chosen(query, "severity", ("low", "high")) == ["high"]
    assert chosen(query, "severity") == ["high", "huge"]

"""Keyset pages."""

import json
from base64 import urlsafe_b64decode

import pytest
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from opsportal.core.errors import InvalidError, UnparsableError
from opsportal.core.pages import page_of_request, page_read
from opsportal.core.serializers import page_response
from opsportal.institutions.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def groups() -> QuerySet[Group]:
    """Seven groups, a to g."""
    Group.objects.all().delete()
    Group.objects.bulk_create(Group(name=name) for name in "abcdefg")
    return Group.objects.all()


def names(rows: list[Group]) -> str:
    return "".join(row.name for row in rows)


def test_walking_forth_and_back_shows_each_row_once(groups: QuerySet[Group]) -> None:
    order = ("name",)
    first = page_read(groups, order=order, size=3)
    second = page_read(groups, order=order, size=3, cursor=first.next or "")
    third = page_read(groups, order=order, size=3, cursor=second.next or "")
    assert [names(first.items), names(second.items), names(third.items)] == ["abc", "def", "g"]
    assert (first.previous, third.next) == (None, None)
    back = page_read(groups, order=order, size=3, cursor=third.previous or "")
    again = page_read(groups, order=order, size=3, cursor=back.previous or "")
    assert [names(back.items), names(again.items)] == ["def", "abc"]
    assert again.previous is None
    assert again.next == first.next


def test_rows_that_arrive_meanwhile_shift_nothing(groups: QuerySet[Group]) -> None:
    first = page_read(groups, size=3)
    Group.objects.create(name="new")
    assert names(page_read(groups, size=3, cursor=first.next or "").items) == "dcb"


def test_an_exact_fit_has_no_next(groups: QuerySet[Group]) -> None:
    assert page_read(groups, size=7).next is None


def test_a_page_costs_one_query_and_no_offset(
    groups: QuerySet[Group], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cursor = page_read(groups, size=3).next or ""
    with django_assert_num_queries(1) as queries:
        page_read(groups, size=3, cursor=cursor)
    assert "OFFSET" not in queries.captured_queries[0]["sql"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(keys=st.lists(st.sampled_from("abc"), max_size=9), size=st.integers(1, 4), signs=st.tuples(*[st.booleans()] * 2))
def test_equal_keys_are_neither_lost_nor_doubled(keys: list[str], size: int, signs: tuple[bool, bool]) -> None:
    User.objects.all().delete()
    User.objects.bulk_create(User(username=str(index), last_name=key) for index, key in enumerate(keys))
    order = [("-" if sign else "") + column for sign, column in zip(signs, ("last_name", "id"), strict=True)]
    seen, cursor = [], ""
    while True:
        page = page_read(User.objects.all(), order=order, size=size, cursor=cursor)
        seen += page.items
        if page.next is None:
            break
        cursor = page.next
    assert seen == list(User.objects.order_by(*order))


def test_times_keep_their_microseconds() -> None:
    User.objects.bulk_create(User(username=name) for name in "abc")
    order = ("date_joined", "id")
    first = page_read(User.objects.all(), order=order, size=1)
    assert page_read(User.objects.all(), order=order, size=1, cursor=first.next or "").items[0].username == "b"


def test_a_cursor_can_be_read_by_nobody(groups: QuerySet[Group]) -> None:
    cursor = page_read(groups, size=3).next or ""
    with pytest.raises(ValueError, match=r"."):
        json.loads(urlsafe_b64decode(cursor + "=="))


@pytest.mark.parametrize("text", ["x", "é", "AAAA", "A" * 200, "====", "%00"])
def test_a_made_up_cursor_is_refused(groups: QuerySet[Group], text: str) -> None:
    with pytest.raises(UnparsableError) as refusal:
        page_read(groups, cursor=text)
    assert refusal.value.code == "CURSOR_INVALID"


def test_a_cursor_is_worth_nothing_in_another_list(groups: QuerySet[Group]) -> None:
    cursor = page_read(groups, size=3).next or ""
    for other in (("id",), ("-name",)):
        with pytest.raises(UnparsableError):
            page_read(groups, order=other, cursor=cursor)
    with pytest.raises(UnparsableError):
        page_read(User.objects.all(), cursor=cursor)


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", "", "²", "9" * 5000])
def test_a_bad_limit_is_named(rf: RequestFactory, groups: QuerySet[Group], limit: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        page_of_request(rf.get("/x", {"limit": limit}), groups)
    assert list(refusal.value.errors) == ["limit"]


def test_the_addresses_keep_the_filters(rf: RequestFactory, groups: QuerySet[Group]) -> None:
    request = rf.get("/api/v1/x", {"limit": "2", "state": ["open", "acked"], "cursor": ""})
    page = page_of_request(request, groups)
    answer = page_response(request, page, [row.name for row in page.items]).data
    assert answer["results"] == ["g", "f"]
    assert answer["previous"] is None
    assert answer["next"].startswith("http://testserver/api/v1/x?limit=2&state=open&state=acked&cursor=")

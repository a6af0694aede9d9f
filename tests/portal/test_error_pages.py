"""Refusals and faults as people see them."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from opsportal.core.errors import ConflictError, InvalidError, RefusedError
from opsportal.institutions.access import Role
from tests.institutions.factories import institution_make, member_make


@pytest.mark.django_db
def test_a_page_that_is_not_there_has_the_way_back_and_the_request_id(client: Client) -> None:
    client.force_login(member_make(institution_make(), Role.TECHNICIAN).user)
    answer = client.get("/i/home/nothing")
    html = answer.content.decode()
    assert answer.status_code == 404
    assert 'href="/"' in html
    assert answer["X-Request-ID"] in html
    assert "NOT_FOUND" in html


@pytest.mark.parametrize("error", [RefusedError("No."), ConflictError("Late.")])
def test_an_error_page_needs_nothing_but_the_error(error: Exception) -> None:
    """What is broken may be the database, the session, or the settings of the person."""
    html = render_to_string("error.html", {"error": error, "request_id": ""})
    assert str(error) in html


def test_the_fragment_names_each_field() -> None:
    error = InvalidError("Wrong.", errors={"note": ["too <long>", "odd"]})
    html = render_to_string("_error.html", {"error": error, "request_id": "r-1"})
    assert "too &lt;long&gt; odd" in html
    assert 'data-copy="r-1"' in html
    assert 'role="alert"' in html

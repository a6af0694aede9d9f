"""Refusals as HTTP."""

import json
from collections.abc import Callable

import pytest
import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest
from django.test import Client, RequestFactory
from rest_framework import exceptions as drf

from opsportal.core.errors import ConflictError, DomainError, InvalidError, ThrottledError
from opsportal.core.http import domain_error_of, error_response, is_htmx, server_error

Requests = Callable[..., HttpRequest]


@pytest.fixture
def api(rf: RequestFactory) -> HttpRequest:
    """A request of a program, with an id."""
    request = rf.get("/api/v1/x")
    request.__dict__["request_id"] = "11111111-1111-4111-8111-111111111111"
    return request


def test_a_refusal_under_api_is_a_problem_with_every_member(api: HttpRequest) -> None:
    response = error_response(api, ConflictError("Somebody was first.", code="ALREADY_DECIDED"))
    assert response["Content-Type"] == "application/problem+json"
    assert response.status_code == 409
    assert json.loads(response.content) == {
        "type": "urn:opsportal:problem:already-decided",
        "title": "The state has changed",
        "status": 409,
        "detail": "Somebody was first.",
        "code": "ALREADY_DECIDED",
        "request_id": "11111111-1111-4111-8111-111111111111",
    }


def test_wrong_fields_are_named(api: HttpRequest) -> None:
    response = error_response(api, InvalidError("Too long.", errors={"body": ["at most 8000 characters"]}))
    assert json.loads(response.content)["errors"] == {"body": ["at most 8000 characters"]}


def test_a_throttled_answer_says_when_to_come_back(api: HttpRequest) -> None:
    assert error_response(api, ThrottledError("Slow down.", retry_after_seconds=7))["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (drf.ParseError(), 400, "UNPARSABLE"),
        (drf.NotAuthenticated(), 401, "NOT_AUTHENTICATED"),
        (drf.AuthenticationFailed(), 401, "NOT_AUTHENTICATED"),
        (drf.PermissionDenied(), 403, "RBAC_DENIED"),
        (PermissionDenied(), 403, "RBAC_DENIED"),
        (drf.NotFound(), 404, "NOT_FOUND"),
        (Http404(), 404, "NOT_FOUND"),
        (drf.MethodNotAllowed("PUT"), 405, "METHOD_NOT_ALLOWED"),
        (drf.NotAcceptable(), 406, "NOT_ACCEPTABLE"),
        (RequestDataTooBig(), 413, "BODY_TOO_LARGE"),
        (drf.UnsupportedMediaType("text/csv"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (drf.ValidationError({"a": ["x"]}), 422, "INVALID"),
        (drf.Throttled(3), 429, "THROTTLED"),
    ],
)
def test_what_libraries_raise_becomes_our_refusal(raised: Exception, status: int, code: str) -> None:
    refusal = domain_error_of(raised)
    assert isinstance(refusal, DomainError)
    assert (refusal.status, refusal.code) == (status, code)


def test_a_fault_of_ours_is_no_refusal() -> None:
    assert domain_error_of(ZeroDivisionError()) is None


def test_nested_complaints_are_flattened() -> None:
    refusal = domain_error_of(drf.ValidationError({"a": [{"b": ["x", "y"]}, {}], "c": ["z"]}))
    assert refusal is not None
    assert refusal.errors == {"a.0.b": ["x", "y"], "c": ["z"]}


def test_a_page_gets_a_page_and_htmx_gets_the_fragment(rf: RequestFactory) -> None:
    page = error_response(rf.get("/i/home/"), ConflictError("Somebody was first.")).content.decode()
    fragment = error_response(
        rf.get("/i/home/", headers={"HX-Request": "true"}), ConflictError("Somebody was first.")
    ).content.decode()
    assert fragment in page
    assert "<html" in page
    assert "<html" not in fragment


def test_what_is_said_is_escaped_on_pages(rf: RequestFactory) -> None:
    page = error_response(rf.get("/"), ConflictError("<script>alert(1)</script>")).content.decode()
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_htmx_that_loads_a_page_wants_a_page(rf: RequestFactory, header: str) -> None:
    assert is_htmx(rf.get("/", headers={"HX-Request": "true"}))
    assert not is_htmx(rf.get("/", headers={"HX-Request": "true", header: "true"}))


def test_our_own_fault_is_told_without_its_details(api: HttpRequest) -> None:
    body = json.loads(server_error(api).content)
    assert (body["status"], body["code"]) == (500, "INTERNAL")


@pytest.mark.parametrize("path", ["/api/v1/no/such/thing", "/api/x", "/api/v1/agents/roster/"])
def test_an_unknown_api_address_is_a_problem(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "NOT_FOUND"


def test_an_unknown_page_is_a_page(client: Client) -> None:
    response = client.get("/no/such/page")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_each_answer_has_the_id_that_the_log_has(client: Client) -> None:
    mine = "22222222-2222-4222-8222-222222222222"
    given = client.get("/api/x", headers={"X-Request-ID": mine})
    assert given["X-Request-ID"] == given.json()["request_id"] == mine
    forged = client.get("/api/x", headers={"X-Request-ID": "a\tb"})
    assert forged["X-Request-ID"] == forged.json()["request_id"] != "a\tb"


def test_nothing_of_a_request_stays_on_the_thread_that_served_it(client: Client) -> None:
    client.get("/nowhere")
    assert structlog.contextvars.get_contextvars() == {}

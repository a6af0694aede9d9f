"""Refusals as HTTP, in one place: problem+json (RFC 9457) under /api/, a page or a fragment elsewhere."""

import json
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import NotRequired, Protocol, TypedDict
from uuid import UUID

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django_htmx.middleware import HtmxDetails
from rest_framework import exceptions as drf

from opsportal.core.actor import Actor
from opsportal.core.errors import (
    DomainError,
    InvalidError,
    NotAuthenticatedError,
    NotFoundError,
    RefusedError,
    ThrottledError,
    UnparsableError,
)

API_PREFIX = "/api/"


class InstitutionFacts(Protocol):
    """What a view may read of the institution of its request."""

    id: UUID
    slug: str
    name: str

    @property
    def is_read_only(self) -> bool: ...


class PersonFacts(Protocol):
    """What a view may read of the person who asks."""

    pk: int
    code: UUID
    username: str
    timezone: str
    theme: str
    has_shortcuts: bool

    @property
    def is_authenticated(self) -> bool: ...
    def get_full_name(self) -> str: ...


class MemberFacts(Protocol):
    """What a view may read of the membership that let the person in."""

    pk: int
    code: UUID


class PortalRequest(HttpRequest):
    """A request that passed the institution middleware and a permission: a member, acting in one institution."""

    user: PersonFacts  # type: ignore[assignment]  # a member is never anonymous
    actor: Actor
    institution: InstitutionFacts
    member: MemberFacts
    permissions: frozenset[str]
    request_id: str
    htmx: HtmxDetails


class Problem(TypedDict):
    """The body of every error answer of the API."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: NotRequired[dict[str, list[str]]]


class RefusalResponse(HttpResponse):
    """An error answer that remembers which refusal it tells of."""

    error: DomainError


def is_api(request: HttpRequest) -> bool:
    """Return True when programs ask: the answer to everything is JSON."""
    return request.path_info.startswith(API_PREFIX)


def is_htmx(request: HttpRequest) -> bool:
    """Return True when htmx wants the fragment it will swap in, not a whole page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and not (
        headers.get("HX-Boosted") == "true" or headers.get("HX-History-Restore-Request") == "true"
    )


def request_id_of(request: HttpRequest) -> str:
    """Return the id that the log lines of this request carry; empty before it has one."""
    return str(getattr(request, "request_id", ""))


def problem_of(request: HttpRequest, error: DomainError) -> Problem:
    """Return the body that tells ``error`` to a program."""
    problem = Problem(
        type=f"urn:opsportal:problem:{error.code.lower().replace('_', '-')}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        request_id=request_id_of(request),
    )
    if error.errors:
        problem["errors"] = error.errors
    return problem


def error_response(request: HttpRequest, error: DomainError) -> RefusalResponse:
    """Return the answer that tells ``error``: JSON, a fragment for htmx, or a page; always its status."""
    if is_api(request):
        response = RefusalResponse(json.dumps(problem_of(request, error)), content_type="application/problem+json")
        if error.status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = 'Bearer realm="opsportal"'
    else:
        template = "_error.html" if is_htmx(request) else "error.html"
        context = {"error": error, "request_id": request_id_of(request)}
        # What is broken may be what the context processors need (the database): then do without them.
        response = RefusalResponse(render_to_string(template, context, request if error.status < 500 else None))
    response.status_code = error.status
    response.error = error
    if error.retry_after_seconds is not None:
        response["Retry-After"] = str(error.retry_after_seconds)
    response["Cache-Control"] = "no-store"
    return response


def _error_of_status(status: int, detail: str, code: str) -> DomainError:
    error = DomainError(detail, code=code)
    error.status, error.title = status, HTTPStatus(status).phrase
    return error


def _messages(detail: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Flatten what serializers complain of: ``{"a": {"b": ["x"]}}`` becomes ``("a.b", "x")``."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _messages(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _messages(inner, f"{name}.{index}" if isinstance(inner, dict) else name)
    else:
        yield name or "non_field_errors", str(detail)


def _invalid(detail: object) -> InvalidError:
    errors: dict[str, list[str]] = {}
    for name, message in _messages(detail):
        errors.setdefault(name, []).append(message)
    return InvalidError("; ".join(f"{name}: {' '.join(said)}" for name, said in errors.items()), errors=errors)


# Same meaning, other library.
_OURS: tuple[tuple[type[Exception], type[DomainError]], ...] = (
    (drf.ParseError, UnparsableError),
    (drf.NotAuthenticated, NotAuthenticatedError),
    (drf.AuthenticationFailed, NotAuthenticatedError),
    (drf.PermissionDenied, RefusedError),
    (drf.NotFound, NotFoundError),
    (PermissionDenied, RefusedError),
    (Http404, NotFoundError),
    (BadRequest, UnparsableError),
    (SuspiciousOperation, UnparsableError),
)
_SAID = {
    NotFoundError: "There is nothing at this address.",
    UnparsableError: "The request could not be read.",
    RefusedError: "You may not do this.",
}


def domain_error_of(error: BaseException) -> DomainError | None:
    """Return the refusal that ``error`` stands for; None for a fault of ours (it stays a 500)."""
    match error:
        case DomainError():
            return error
        case drf.ValidationError():
            return _invalid(error.detail)
        case drf.Throttled():
            return ThrottledError(str(error.detail), retry_after_seconds=int(getattr(error, "wait", 0) or 1))
        case RequestDataTooBig():
            return _error_of_status(413, "The body is larger than this portal accepts.", "BODY_TOO_LARGE")
    ours = next((ours for theirs, ours in _OURS if isinstance(error, theirs)), None)
    if isinstance(error, drf.APIException):
        detail = str(error.detail)
        return ours(detail) if ours else _error_of_status(error.status_code, detail, error.default_code.upper())
    return ours(_SAID[ours]) if ours else None


def api_exception_handler(error: Exception, context: dict[str, object]) -> HttpResponseBase | None:
    """Answer what an API view raised; None hands a fault of ours to Django, which logs it and answers 500."""
    refusal, request = domain_error_of(error), context["request"]
    if refusal is None:
        return None
    plain = getattr(request, "_request", request)
    assert isinstance(plain, HttpRequest)  # noqa: S101  narrows the type; DRF wraps exactly this
    return error_response(plain, refusal)


class DomainErrorMiddleware:
    """Answers the refusals that a portal view raised."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Render a DomainError; leave everything else to Django."""
        return error_response(request, exception) if isinstance(exception, DomainError) else None


def bad_request(request: HttpRequest, exception: Exception) -> RefusalResponse:
    """Answer what Django calls a bad or suspicious request (handler400)."""
    return error_response(request, domain_error_of(exception) or UnparsableError("The request could not be read."))


def permission_denied(request: HttpRequest, exception: Exception) -> RefusalResponse:
    """Answer Django's PermissionDenied (handler403)."""
    return error_response(request, domain_error_of(exception) or RefusedError("You may not do this."))


def page_not_found(request: HttpRequest, exception: Exception) -> RefusalResponse:
    """Answer an address that nothing is at (handler404)."""
    return error_response(request, NotFoundError("There is nothing at this address."))


def server_error(request: HttpRequest) -> RefusalResponse:
    """Answer a fault of ours (handler500); what happened is in the log under the request id."""
    return error_response(request, _error_of_status(500, "The portal made a mistake; it is in its log.", "INTERNAL"))


def csrf_failure(request: HttpRequest, reason: str = "") -> RefusalResponse:
    """Answer a form that was not ours, or one that is too old (CSRF_FAILURE_VIEW)."""
    return error_response(request, RefusedError(f"The form has expired: load the page again. {reason}", code="CSRF"))

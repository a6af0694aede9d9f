"""The id that ties an answer to its log lines."""

from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter
from uuid import UUID

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject
from structlog.contextvars import bind_contextvars, clear_contextvars

from opsportal.core.ids import id_ordered

HEADER = "X-Request-ID"

log = structlog.get_logger(__name__)


class RequestIdMiddleware:
    """Gives each request an id (the caller's, when it is a UUID), returns it as ``X-Request-ID``, and logs one line.

    First in the list. Every line that is logged on the way carries the id; the last one says what was
    asked, by whom (if anything asked that: the log causes no query), what was answered and how long it took.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        clear_contextvars()
        try:
            return self._answer(request)
        finally:
            clear_contextvars()  # the thread goes on to other things, which this request has no part in

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        request_id = _own_or_new(request.META.get("HTTP_X_REQUEST_ID", ""))
        request.__dict__["request_id"] = request_id
        # The address that the connection came from: a header that says otherwise can be forged, and the server has
        # already believed it where the sender is a proxy of ours.
        bind_contextvars(request_id=request_id, ip=request.META.get("REMOTE_ADDR", ""))
        response = self.get_response(request)
        response.headers[HEADER] = request_id
        tell = log.error if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else log.info
        tell(
            "request_finished",
            request=f"{request.method} {request.get_full_path()}",
            code=response.status_code,
            user_id=_user_id(request),
            duration_ms=round((perf_counter() - started) * 1000, 1),
        )
        return response


def _user_id(request: HttpRequest) -> str | None:
    """Return the code of the person, if somebody has asked for it."""
    known = request.__dict__.get("_cached_user", request.__dict__.get("user"))
    if known is None or isinstance(known, SimpleLazyObject) or not known.is_authenticated:
        return None
    return str(known.code)


def _own_or_new(offered: str) -> str:
    if not offered:  # nearly always
        return id_ordered()
    try:
        return str(UUID(offered))
    except ValueError:
        return id_ordered()

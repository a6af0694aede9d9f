"""The id that ties an answer to its log lines."""

from collections.abc import Callable
from time import perf_counter
from uuid import UUID, uuid4

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.contextvars import bind_contextvars

HEADER = "X-Request-ID"


class RequestIdMiddleware:
    """Gives each request an id (the caller's, when it is a UUID) and returns it as ``X-Request-ID``.

    First in the list. The id goes on through the header, where the log middleware picks it up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = _own_or_new(request.META.get("HTTP_X_REQUEST_ID", ""))
        request.META["HTTP_X_REQUEST_ID"] = request_id
        request.__dict__.update(request_id=request_id, started=perf_counter())
        # The address that the connection came from: a header that says otherwise can be forged, and the server has
        # already believed it where the sender is a proxy of ours.
        bind_contextvars(ip=request.META.get("REMOTE_ADDR", ""))
        response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response


def _own_or_new(offered: str) -> str:
    try:
        return str(UUID(offered))
    except ValueError:
        return str(uuid4())

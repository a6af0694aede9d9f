"""What the portal does around every request."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from csp.utils import default_config
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

from opsportal.institutions.models import User

Handler = Callable[[HttpRequest], HttpResponseBase]


class CompressionMiddleware:
    """Compresses pages, to a tenth: fifty rows say much the same. Nothing else: streams go out as they come.

    Length could tell a secret that stands beside words of an attacker (BREACH). The CSRF token is masked anew
    in every answer, and Django adds bytes of random length to every compressed one.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self._gzip = GZipMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            return self._gzip.process_response(request, response)
        return response


class CspByPathMiddleware:
    """Gives the parts that cannot live under the strict policy one of their own (``CSP_BY_PREFIX``).

    Stands after ``csp.middleware.CSPMiddleware``, which writes the header.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for prefix, directives in settings.CSP_BY_PREFIX.items():
            if request.path_info.startswith(prefix):
                response.__dict__.setdefault("_csp_config", default_config(directives))
        return response


class ZoneMiddleware:
    """Makes the times of a page those of the person."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(_zone_of(request)):
            return self.get_response(request)


def _zone_of(request: HttpRequest) -> ZoneInfo | None:
    """Return the zone that the person chose; None (the installation's) for strangers and zones no longer known."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return None
    try:
        return ZoneInfo(user.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return None

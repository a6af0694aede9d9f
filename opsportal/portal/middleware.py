"""What the portal does around every request."""

from collections.abc import Callable, Iterable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

from opsportal.institutions.models import User

DJANGOS_OWN_PAGES = {404, 500}  # with DEBUG they are full of inline styles and scripts
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
    """Says what the browser may load: the strict policy, and for the parts that cannot live under it their own.

    The headers (``CONTENT_SECURITY_POLICY``, ``CSP_BY_PREFIX``) are written once, at the start.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self._strict = policy_text(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
        self._by_prefix = {prefix: policy_text(directives) for prefix, directives in settings.CSP_BY_PREFIX.items()}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in DJANGOS_OWN_PAGES):
            response.headers.setdefault("Content-Security-Policy", self._policy_of(request.path_info))
        return response

    def _policy_of(self, path: str) -> str:
        return next((policy for prefix, policy in self._by_prefix.items() if path.startswith(prefix)), self._strict)


def policy_text(directives: Mapping[str, Iterable[str]]) -> str:
    """Return the header that says ``directives``."""
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


class ZoneMiddleware:
    """Makes the times of a page those of the person."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        zone = _zone_of(request)
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
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

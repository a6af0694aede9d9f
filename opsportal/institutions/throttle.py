"""Limits of the API: per token, per person, and per address for strangers."""

from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from opsportal.core.errors import ThrottledError
from opsportal.core.limits import Buckets
from opsportal.institutions.selectors import Access

if TYPE_CHECKING:  # its module reads the settings that name this one
    from rest_framework.views import APIView

BUCKETS = Buckets()


class ApiThrottle(BaseThrottle):
    """Raises ThrottledError (429, with the seconds to wait) when a caller asks too often."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Take one request of the caller's bucket."""
        plain: HttpRequest = request._request  # noqa: SLF001  DRF offers no other way
        access: Access | None = getattr(plain, "access", None)
        rate = settings.API_RATE_MEMBER if access else settings.API_RATE_STRANGER
        seconds = BUCKETS.take(_caller(plain, access), rate.shared_by(settings.WEB_PROCESSES))
        if seconds:
            raise ThrottledError("You ask too often.", retry_after_seconds=ceil(seconds))
        return True


def address_of(request: HttpRequest) -> str:
    """Return the caller's address; of IPv6 the /64, which is what one caller has."""
    text: str = request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(text)
    except ValueError:
        return text
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else text


def _caller(request: HttpRequest, access: Access | None) -> str:
    if access is None:
        return f"address:{address_of(request)}"
    return f"token:{access.token.pk}" if access.token else f"person:{access.user.pk}"

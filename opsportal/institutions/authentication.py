"""How the API takes over whom the institution middleware let in.

A module of its own: REST framework loads it from its settings while its decorators are still loading.
"""

from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from opsportal.core.errors import RefusedError
from opsportal.institutions.models import ApiToken, User
from opsportal.institutions.selectors import Access


class PortalAuthentication(SessionAuthentication):
    """Takes over whom the institution middleware let in; a session also needs the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken | None] | None:
        """Return the person and the token; None for a stranger. Raises why the middleware let nobody in."""
        plain = request._request  # noqa: SLF001  DRF offers no other way
        refusal = getattr(plain, "access_refusal", None)
        if refusal is not None:
            raise refusal
        access: Access | None = getattr(plain, "access", None)
        if access is None:
            return None
        if access.token is None:
            self.enforce_csrf(request)
        return access.user, access.token

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a session's write that did not come from our pages, and say so: no role would have helped."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refusal:
            raise RefusedError(str(refusal.detail), code="CSRF") from None

    def authenticate_header(self, request: Request) -> str:
        """Tell a stranger how to come in."""
        return 'Bearer realm="opsportal"'


class OptionalAuthentication(PortalAuthentication):
    """For public endpoints: knows a member by token or cookie, and takes everybody else for a stranger."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken | None] | None:
        """Return the person if the middleware let one in. Nothing here acts on a cookie, so no CSRF."""
        access: Access | None = getattr(request._request, "access", None)  # noqa: SLF001  DRF offers no other way
        return (access.user, access.token) if access else None

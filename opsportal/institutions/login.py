"""How people log in: django-allauth, with sign-up closed, limits that answer 429, and evidence."""

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from opsportal.core.errors import FrozenInstitutionError, ThrottledError
from opsportal.core.http import RefusalResponse, error_response
from opsportal.institutions.models import User
from opsportal.institutions.services import login_record, password_set

FAILURES_RETRY_SECONDS = 300  # the longer window of ACCOUNT_RATE_LIMITS["login_failed"]
REQUESTS_RETRY_SECONDS = 60

log = structlog.get_logger(__name__)


class PortalAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What differs from allauth's own behaviour."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes themselves a person: commands and the admin do."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt; raise ThrottledError (429) when there were too many, for this name or address."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            log.warning("login_throttled", ip=self.get_client_ip(request))
            raise ThrottledError(
                "Too many failed attempts to log in. Wait five minutes.",
                code="LOGIN_THROTTLED",
                retry_after_seconds=FAILURES_RETRY_SECONDS,
            ) from None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Log the attempt. What was typed as a name is not logged: people type passwords there."""
        tried = User.objects.filter(username=credentials.get("username") or "").first()
        log.warning("login_failed", ip=self.get_client_ip(request), user=str(tried.code) if tried else None)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponseBase:
        """Enter the login into the installation's ledger; one that takes no entries keeps nobody out."""
        response: HttpResponseBase = super().post_login(request, user, **kwargs)
        methods = [record["method"] for record in get_authentication_records(request, user)]
        try:
            login_record(user=user, method="+".join(dict.fromkeys(methods)) or "unknown")
        except FrozenInstitutionError:
            log.warning("login_not_entered", user=str(user.code))
        return response

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go on to the portal: after a first login, that is where one was going."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def set_password(self, user: User, password: str) -> None:
        """Set the password that the person chose."""
        password_set(user=user, password=password)


def too_many_requests(request: HttpRequest) -> RefusalResponse:
    """Answer for allauth when an address asks for too much (handler429)."""
    return error_response(
        request,
        ThrottledError("Too many requests from your address.", retry_after_seconds=REQUESTS_RETRY_SECONDS),
    )

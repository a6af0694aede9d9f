"""How an API view says who may call it.

Above ``@endpoint`` stands ``@extend_schema``; below it is a function of an ApiRequest.
"""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import api_view, authentication_classes, permission_classes, throttle_classes
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from opsportal.core.actor import Actor
from opsportal.core.errors import NotAuthenticatedError
from opsportal.institutions.access import Door, Permission, require
from opsportal.institutions.authentication import OptionalAuthentication, PortalAuthentication
from opsportal.institutions.models import ApiToken, Institution, Member, User

View = Callable[..., HttpResponseBase]


class ApiRequest(Request):
    """A request that passed ``@endpoint``: a member, acting in one institution."""

    user: User
    auth: ApiToken | None
    actor: Actor
    institution: Institution
    member: Member
    permissions: frozenset[Permission]
    request_id: str


class _Holds(BasePermission):
    permission: Permission

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = getattr(request, "actor", None)
        if actor is None:
            raise NotAuthenticatedError("Log in, or send Authorization: Bearer <token>.")
        require(actor, self.permission)
        return True


def endpoint(methods: list[str], permission: Permission) -> Callable[[Callable[..., Any]], View]:
    """Make an API view that members with ``permission`` may call, by token or by session with CSRF."""
    holds = type("Holds", (_Holds,), {"permission": permission})

    def decorate(view: Callable[..., Any]) -> View:
        guarded = permission_classes([holds])(authentication_classes([PortalAuthentication])(view))
        return _made(guarded, methods, permission)

    return decorate


def public_endpoint(methods: list[str], *, is_limited: bool = True) -> Callable[[Callable[..., Any]], View]:
    """Make an API view for everybody; ``request.user`` is the member if one is logged in or sent a token.

    ``is_limited=False`` is for what keeps its own limits, such as the pings of many machines behind one address.
    """

    def decorate(view: Callable[..., Any]) -> View:
        if not is_limited:
            view = throttle_classes([])(view)
        open_view = permission_classes([AllowAny])(authentication_classes([OptionalAuthentication])(view))
        return _made(open_view, methods, Door.PUBLIC)

    return decorate


def _made(view: Callable[..., Any], methods: list[str], door: Permission | Door) -> View:
    handler: View = api_view([*methods, "HEAD"] if "GET" in methods else methods)(view)
    handler.__dict__["permission"] = door
    return handler

"""How a portal view says who may open it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from opsportal.core.actor import Actor
from opsportal.core.http import PortalRequest, is_htmx
from opsportal.institutions.access import Door, Permission, require

P = ParamSpec("P")
View = Callable[..., HttpResponseBase]


def _marked(view: View, door: Permission | Door) -> View:
    view.__dict__["permission"] = door
    return view


def requires(
    permission: Permission,
) -> Callable[[Callable[Concatenate[PortalRequest, P], HttpResponseBase]], View]:
    """Let members with ``permission`` into a view under ``/i/<slug>/``; send strangers to the login.

    The view gets a PortalRequest, and every part of its address but the slug: the institution is
    ``request.institution``. Raises RefusedError (403) for members without the permission.
    """

    def decorate(view: Callable[Concatenate[PortalRequest, P], HttpResponseBase]) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return login_redirect(request)
            actor = getattr(request, "actor", None)
            if not isinstance(actor, Actor):
                raise ImproperlyConfigured(f"{view.__qualname__} must be mounted under /i/<slug>/")
            require(actor, permission)
            kwargs.pop("slug", None)
            return view(cast("PortalRequest", request), *args, **kwargs)

        return _marked(guarded, permission)

    return decorate


def signed_in(view: View) -> View:
    """Let every person who is logged in into a view that belongs to no institution."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        return view(request, *args, **kwargs) if request.user.is_authenticated else login_redirect(request)

    return _marked(guarded, Door.SIGNED_IN)


def public(view: View) -> View:
    """Say that a view is meant for everybody."""
    return _marked(view, Door.PUBLIC)


def login_redirect(request: HttpRequest) -> HttpResponseBase:
    """Send a stranger to the login and back; htmx is told to load it as a page, not into a fragment."""
    if not is_htmx(request):
        return redirect_to_login(request.get_full_path())
    page = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
    response = HttpResponse(status=401)
    response["HX-Redirect"] = redirect_to_login(page, resolve_url("account_login"))["Location"]
    return response

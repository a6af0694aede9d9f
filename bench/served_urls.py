"""A view that does nothing, and one for which the middleware asks who is there (session, user, membership)."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from opsportal import urls as portal


def trivial(request: HttpRequest) -> HttpResponse:
    """Answer ``ok``."""
    return HttpResponse("ok")


def personal(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with the roles of the person in the institution."""
    return HttpResponse(str(len(request.permissions)))  # type: ignore[attr-defined]  # the middleware puts it there


urlpatterns = [path("trivial", trivial), path("i/<slug:slug>/personal", personal), *portal.urlpatterns]

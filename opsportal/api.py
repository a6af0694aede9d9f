"""Every address of the API. This module is part of the composition root; no address here ends in a slash."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path

from opsportal.core.errors import NotFoundError
from opsportal.institutions.web import public


@public
def nothing_here(request: HttpRequest, rest: str) -> HttpResponseBase:
    """Answer every other address under /api/ with problem+json."""
    raise NotFoundError("There is no such address in the API.")


urlpatterns: list[URLPattern | URLResolver] = [
    path("<path:rest>", nothing_here),
]

"""Every address of the API. This module is part of the composition root.

No address here ends in a slash but those of the description itself, which tools expect there.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt

from agents.api import urls as agents_urls
from findings.api import urls as findings_urls
from opsportal.core.errors import NotFoundError
from opsportal.institutions.web import public
from opsportal.schema import docs, schema
from scenarios.api import urls as scenarios_urls


@public
@csrf_exempt
def nothing_here(request: HttpRequest, rest: str) -> HttpResponseBase:
    """Answer every other address under /api/ with problem+json."""
    raise NotFoundError("There is no such address in the API.")


AGENTS = [*agents_urls.urlpatterns, *scenarios_urls.agents_urlpatterns, *findings_urls.urlpatterns]

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="api_docs"),
    path("v1/agents/", include(AGENTS)),
    path("v1/", include("opsportal.institutions.api.urls")),
    path("v1/ledger/", include("opsportal.portal.ledger_api.urls")),
    path("v1/", include("remediation.api.urls")),
    path("v1/heartbeats/", include(scenarios_urls.heartbeat_urlpatterns)),
    path("<path:rest>", nothing_here),
]

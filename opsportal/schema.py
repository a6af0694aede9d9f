"""The description of the API: one document per process, for programs and for people."""

import json
from functools import cache
from typing import Any

import yaml
from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView

from opsportal.institutions.web import public


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI description of every operation."""
    described: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # not typed
    return described


@cache
def document_text(*, is_json: bool) -> str:
    """Return the description as JSON or YAML; ``docs/openapi.yaml`` is the latter."""
    text: str = OpenApiYamlRenderer().render(document(), renderer_context={}).decode()  # type: ignore[no-untyped-call]  # not typed
    return json.dumps(yaml.safe_load(text)) if is_json else text


@public
def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI description: YAML, or JSON to whoever accepts that and not YAML."""
    is_json = request.get_preferred_type(["application/yaml", "application/json"]) == "application/json"
    kind = "application/vnd.oai.openapi+json" if is_json else "application/vnd.oai.openapi"
    return HttpResponse(document_text(is_json=is_json), content_type=f"{kind}; charset=utf-8")


docs = public(SpectacularSwaggerSplitView.as_view(url_name="schema", title="opsportal API"))

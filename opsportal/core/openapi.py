"""How the API describes itself: every operation with its permission and every error it can answer."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework.permissions import AllowAny

from opsportal.core.negotiation import AnyAccept
from opsportal.core.pages import SIZE, SIZE_MAX
from opsportal.core.serializers import ProblemOut, Strict

PROBLEM = "application/problem+json"
_WORDS = {
    "400": "What was sent could not be read.",
    "401": "No valid credentials.",
    "403": "Your roles do not allow it.",
    "404": "Not there, or not yours.",
    "405": "Another method is wanted here; `Allow` names it.",
    "406": "Only JSON can be had here.",
    "409": "The state does not allow it.",
    "413": "The body is too large.",
    "415": "Only JSON is understood here.",
    "422": "A field is wrong; `errors` names it.",
    "423": "The institution is read-only.",
    "429": "Too many requests; `Retry-After` says when to come back.",
    "503": "Not available now.",
}
PAGE_PARAMETERS = [
    OpenApiParameter("cursor", str, description="Where the page begins: taken from `next` or `previous`."),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": SIZE_MAX, "default": SIZE},
        description="Rows on a page.",
    ),
]


def problems(*statuses: int) -> dict[tuple[int, str], type[ProblemOut]]:
    """Return the responses of an operation for the errors that only it has; those of all are added by themselves."""
    return {(status, PROBLEM): ProblemOut for status in statuses}


class PortalSchema(AutoSchema):
    """Names operations after their views and adds the errors that follow from how a view is guarded."""

    def get_operation_id(self) -> str:
        """Return the view's name, with the method when the view has several."""
        name: str = self.view.__class__.__name__
        several = len(set(self.view.allowed_methods) - {"OPTIONS", "HEAD"}) > 1
        return f"{name}_{self.method.lower()}" if several else name

    def get_tags(self) -> list[str]:
        """Return the first word of the address after the version."""
        return [self.path.removeprefix("/api/").removeprefix("v1/").split("/")[0]]

    def get_description(self) -> str:  # type: ignore[override]  # as its base class does
        """Return what the view says, and the permission it needs."""
        permission = self._permission()
        needs = f"Needs the permission `{permission}`." if permission else ""
        return f"{super().get_description()}\n\n{needs}".strip()

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return the ways in: a token or a session, unless it is open to everybody."""
        return [{"token": []}, {"session": []}] if self._permission() else []

    def _permission(self) -> str:
        guards = [guard for guard in self.view.permission_classes if guard is not AllowAny]
        return str(getattr(guards[0], "permission", "")) if guards else ""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._problem_statuses():
            if status not in bodies:
                made = self._get_response_for_code(ProblemOut, status, [PROBLEM], direction)  # type: ignore[no-untyped-call]  # not typed
                bodies[status] = made
        for status, body in bodies.items():
            body["description"] = body.get("description") or _WORDS.get(status, "")
        return dict(sorted(bodies.items()))

    def _problem_statuses(self) -> list[str]:
        statuses = set() if self.view.content_negotiation_class is AnyAccept else {"406"}
        statuses |= {"429"} if self.view.throttle_classes else set()
        has_query = any(parameter["in"] == "query" for parameter in self._get_parameters())
        has_body = self._get_request_body() is not None
        if self._permission():
            statuses |= {"401", "403", "404", "422"}
            statuses |= {"423"} if self.method != "GET" else set()
        if has_query or has_body:
            statuses |= {"400", "422"}
        if has_body:
            statuses |= {"413", "415"}
        return sorted(statuses)

    def _get_request_body(self, direction: Any = "request") -> Any:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]  # not typed
        is_choice = body and isinstance(self.get_request_serializer(), PolymorphicProxySerializer)
        return {**body, "required": True} if is_choice else body

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]  # not typed
        is_strict = issubclass(serializer if isinstance(serializer, type) else type(serializer), Strict)
        return {**schema, "additionalProperties": False} if is_strict else schema

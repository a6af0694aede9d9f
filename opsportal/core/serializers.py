"""What the serializers of all apps are made of. Input is strict: no coercion, nothing unknown, nothing ignored."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.http import HttpRequest
from drf_spectacular.drainage import set_override
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from opsportal.core.pages import Page, page_url

# Everything but NUL, which PostgreSQL cannot store; with at least so many characters that are not blanks.
_PATTERN = r"^[^\u0000]*([^\s\u0000][^\u0000]*){%d}$"


class Strict(serializers.Serializer[Any]):
    """Input that names every key it knows: an unknown one is an error, not a silence."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown keys by name, then read the known ones."""
        if isinstance(data, Mapping) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError({str(name): ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text as it was sent; numbers and booleans are not text."""

    def __init__(self, *, visible: int = 0, **options: Any) -> None:
        """Ask for at least ``visible`` characters that are not blanks."""
        super().__init__(trim_whitespace=False, allow_blank=not visible, **options)
        self.visible = visible
        schema: dict[str, Any] = {"type": "string", "pattern": _PATTERN % visible}
        if self.max_length is not None:
            schema["maxLength"] = self.max_length
        set_override(self, "field", schema)

    def to_internal_value(self, data: Any) -> str:
        """Return the text; refuse what is of another type."""
        if not isinstance(data, str):
            self.fail("invalid")
        if len("".join(data.split())) < self.visible:
            raise serializers.ValidationError(f"At least {self.visible} characters that are not blanks.")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false; "yes", 1 and null are neither."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the boolean; refuse what is of another type."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class ProblemOut(serializers.Serializer[Any]):
    """An error, as RFC 9457 has it: application/problem+json."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="What to branch on; never changes.")
    request_id = serializers.CharField(help_text="Stands in the log lines of this request.")
    errors = serializers.DictField(  # type: ignore[assignment]  # a field, not the attribute of serializers
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="What is wrong, per field.",
    )


S = TypeVar("S", bound=serializers.Serializer[Any])


@cache
def listing(row: type[S]) -> type[serializers.Serializer[Any]]:
    """Return what a list of ``row`` looks like: ``{"results", "next", "previous"}``."""
    fields = {
        "results": row(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
    }
    return type(f"{row.__name__.removesuffix('Out')}ListOut", (serializers.Serializer,), fields)


def shown(form: type[S], rows: Sequence[object], **context: object) -> list[Any]:
    """Return ``rows`` as ``form`` shows them; ``context`` is what its fields may need besides a row."""
    many: Any = form(rows, many=True, context=context)
    return list(many.data)


def body_read(request: Request, form: type[S]) -> dict[str, Any]:
    """Return the body as ``form`` reads it; raise ValidationError (422) naming every field that is wrong."""
    read = form(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


def query_read(request: Request, form: type[S]) -> dict[str, Any]:
    """Return the query as ``form`` reads it; ``cursor`` and ``limit`` are the pages' own.

    Raises ValidationError (422) naming every parameter that is wrong, unknown, empty or given twice.
    """
    given = request.query_params.copy()
    for name in ("cursor", "limit"):
        given.pop(name, None)
    read = form(data=given)
    once = [name for name, field in read.fields.items() if not isinstance(field, serializers.MultipleChoiceField)]
    if twice := [name for name in once if len(given.getlist(name)) > 1]:
        raise serializers.ValidationError({name: ["Give it once."] for name in twice})
    if empty := [name for name, _ in read.fields.items() if given.get(name) == ""]:
        raise serializers.ValidationError({name: ["Leave it out if it is empty."] for name in empty})
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


def page_response(request: HttpRequest, page: Page[Any], results: Sequence[object]) -> Response:
    """Return ``{"results", "next", "previous"}``: the rows as the API shows them, and whole addresses."""
    return Response(
        {
            "results": results,
            "next": page_url(request, page.next),
            "previous": page_url(request, page.previous),
        }
    )

"""The API of people: who is calling."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from opsportal.institutions.access import Permission, Role
from opsportal.institutions.endpoint import ApiRequest, endpoint


class PersonOut(serializers.Serializer[Any]):
    """The person that the token or the session speaks for."""

    id = serializers.UUIDField(source="code")
    username = serializers.CharField()
    name = serializers.CharField(source="__str__")
    timezone = serializers.CharField()


class InstitutionOut(serializers.Serializer[Any]):
    """The institution that the call is about."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    is_read_only = serializers.BooleanField(help_text="Its ledger is broken: nothing can be changed.")


class MeOut(serializers.Serializer[Any]):
    """Who is calling, where, and what they may."""

    person = PersonOut()
    institution = InstitutionOut()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=[role.value for role in Role]))
    permissions = serializers.ListField(child=serializers.ChoiceField(choices=[verb.value for verb in Permission]))
    token_expires_at = serializers.DateTimeField(allow_null=True, help_text="null: a session.")


@extend_schema(responses=MeOut)
@endpoint(["GET"], Permission.INSTITUTION_ENTER)
def me(request: ApiRequest) -> Response:
    """Say who I am, in which institution, with which roles and permissions."""
    token = request.auth
    answer = {
        "person": request.user,
        "institution": request.institution,
        "roles": sorted(request.actor.roles),
        "permissions": sorted(request.permissions),
        "token_expires_at": token.expires_at if token else None,
    }
    return Response(MeOut(answer).data)

"""Which institution a request is about, decided once, before any view runs."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID

import structlog
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from ledger.services import refusal_record
from opsportal.core.errors import (
    DomainError,
    FrozenInstitutionError,
    InvalidError,
    NotAuthenticatedError,
    NotFoundError,
    RefusedError,
)
from opsportal.core.http import RefusalResponse, error_response, is_api
from opsportal.institutions.admin_site import admin_access_of
from opsportal.institutions.current import access_opened
from opsportal.institutions.models import User
from opsportal.institutions.selectors import Access, access_find, access_find_by_id, access_list
from opsportal.institutions.tokens import access_by_token

_PORTAL_PATH = re.compile(r"/i/(?P<slug>[-a-z0-9]{1,40})/")
ADMIN_PREFIX = "/admin/"
REFUSED = frozenset({403, 409, 410})  # what was refused, not what was wrong, missing or too much
_NOT_YOURS = "There is no such institution, or you are not a member of it."


log = structlog.get_logger(__name__)


class PasswordChangeRequiredError(RefusedError):
    """The password was made by somebody else; nothing is open until it is changed."""

    code = "PASSWORD_CHANGE_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Change your one-time password first: log in with a browser.")


class InstitutionMiddleware:
    """Finds the institution and the member, puts them on the request, and opens the scope around the view.

    Portal: ``/i/<slug>/…``; not a member, inactive and unknown are the same 404. Admin: the institution
    chosen there. API: a bearer token carries its institution; a session names it by ``X-Institution-Id``,
    else it is the sole membership. Why the API let nobody in is kept in ``request.access_refusal``: the
    endpoint answers it, unless it is public. Refusals of members leave evidence in the ledger.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            access = access_of_request(request)
        except PasswordChangeRequiredError:
            return redirect("account_change_password")
        except DomainError as refusal:
            return error_response(request, refusal)
        if access is None:
            return self.get_response(request)
        request.__dict__.update(
            access=access,
            institution=access.institution,
            member=access.member,
            actor=access.actor,
            permissions=access.permissions,
        )
        with access_opened(access):
            response = self.get_response(request)
            if isinstance(response, RefusalResponse):
                _evidence_leave(access, response)
        if isinstance(response, StreamingHttpResponse):
            _keep_access(response, access)
        return response


def access_of_request(request: HttpRequest) -> Access | None:
    """Return who asks in which institution; None when nobody is let in, or no institution is named.

    Raises NotFoundError for a portal page of an institution that is not theirs.
    """
    if is_api(request):
        try:
            return _access_of_api(request)
        except DomainError as refusal:
            request.__dict__["access_refusal"] = refusal
            return None
    match = _PORTAL_PATH.match(request.path_info)
    is_admin = request.path_info.startswith(ADMIN_PREFIX)
    if not (match or is_admin) or not isinstance(request.user, User):
        return None
    if request.user.must_change_password:
        raise PasswordChangeRequiredError
    if match is None:
        return admin_access_of(request)
    access = access_find(request.user, slug=match["slug"])
    if access is None:
        raise NotFoundError(_NOT_YOURS)
    return access


def _access_of_api(request: HttpRequest) -> Access | None:
    header = request.headers.get("Authorization", "")
    if header:
        request.user = AnonymousUser()  # a bad token never falls back to the cookie beside it
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticatedError("Use Authorization: Bearer <token>.")
        access = access_by_token(text.strip())
        request.user = access.user
        return access
    if not isinstance(request.user, User):
        return None
    if request.user.must_change_password:
        raise PasswordChangeRequiredError
    return _access_of_session(request.user, request.headers.get("X-Institution-Id", ""))


def _access_of_session(user: User, named: str) -> Access:
    if not named:
        mine = access_list(user)
        if len(mine) != 1:
            raise InvalidError("Name the institution in the header X-Institution-Id.", code="INSTITUTION_REQUIRED")
        return mine[0]
    try:
        institution_id = UUID(named)
    except ValueError:
        raise InvalidError("X-Institution-Id must be a UUID.", errors={"X-Institution-Id": ["not a UUID"]}) from None
    access = access_find_by_id(user, institution_id)
    if access is None:
        raise NotFoundError(_NOT_YOURS)
    return access


def _evidence_leave(access: Access, response: RefusalResponse) -> None:
    """Enter the refusal; a ledger that takes no entry must not turn it into something else."""
    if response.error.status not in REFUSED:
        return
    institution = access.institution
    try:
        refusal_record(
            institution.pk, actor=access.actor, error=response.error, subject=f"institution:{institution.pk}"
        )
    except FrozenInstitutionError:
        log.warning("refusal_not_entered", code=response.error.code)


def _keep_access(response: StreamingHttpResponse, access: Access) -> None:
    """Open the access around each chunk: a streamed body is made after the view has returned."""
    content = response.streaming_content
    if isinstance(content, AsyncIterator):
        response.streaming_content = _chunks_async(content, access)
    else:
        response.streaming_content = _chunks(iter(content), access)


def _chunks(content: Iterator[bytes], access: Access) -> Iterator[bytes]:
    while True:
        with access_opened(access):
            chunk = next(content, None)
        if chunk is None:
            return
        yield chunk


async def _chunks_async(content: AsyncIterator[bytes], access: Access) -> AsyncIterator[bytes]:
    while True:
        with access_opened(access):
            chunk = await anext(content, None)
        if chunk is None:
            return
        yield chunk

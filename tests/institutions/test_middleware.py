"""Which institution a request is about."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import AsyncClient, Client
from django.urls import path
from pytest_django import DjangoAssertNumQueries
from rest_framework.response import Response

from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission, Role
from opsportal.institutions.endpoint import ApiRequest, endpoint, public_endpoint
from opsportal.institutions.models import Member, User
from opsportal.institutions.web import requires
from tests.institutions.factories import institution_make, member_make, user_make

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@requires(Permission.OPS_READ)
def members(request: PortalRequest) -> HttpResponse:
    names = ",".join(str(member.user) for member in Member.objects.select_related("user"))
    return HttpResponse(f"{request.institution.slug}:{names}:{request.actor.id == str(request.user.code)}")


@requires(Permission.OPS_READ)
def streamed(request: PortalRequest) -> HttpResponseBase:
    def lines() -> Iterator[str]:
        yield "first,"
        yield str(Member.objects.count())

    return StreamingHttpResponse(lines())


def streamed_async(request: HttpRequest, slug: str) -> HttpResponseBase:
    async def lines() -> AsyncIterator[str]:
        yield "first,"
        yield str(await sync_to_async(Member.objects.count)())

    return StreamingHttpResponse(lines())


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


@endpoint(["POST"], Permission.OPS_WRITE)
def api_broken(request: ApiRequest) -> Response:
    raise ZeroDivisionError


@endpoint(["GET", "POST"], Permission.OPS_WRITE)
def api_members(request: ApiRequest) -> Response:
    return Response({"institution": request.institution.slug, "members": Member.objects.count()})


@public_endpoint(["GET"])
def api_public(request: ApiRequest) -> Response:
    return Response({"known": request.user.is_authenticated})


@public_endpoint(["GET"], is_limited=False)
def api_ping(request: ApiRequest) -> Response:
    return Response({})


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Member.objects.count()))


urlpatterns = [
    path("i/<slug:slug>/members/", members),
    path("i/<slug:slug>/streamed/", streamed),
    path("i/<slug:slug>/streamed-async/", streamed_async),
    path("broken/", broken),
    path("api/v1/broken", api_broken),
    path("api/v1/members", api_members),
    path("api/v1/public", api_public),
    path("api/v1/ping", api_ping),
    path("accounts/login/", bare, name="account_login"),
]
handler500 = "opsportal.core.http.server_error"
handler400 = "opsportal.core.http.bad_request"
handler404 = "opsportal.core.http.page_not_found"


@pytest.mark.spec("V27")
def test_a_view_sees_its_institution_and_nothing_else(client: Client) -> None:
    home, away = institution_make("home"), institution_make("away")
    ana = member_make(home, Role.TECHNICIAN, username="ana")
    member_make(away, Role.TECHNICIAN, username="bruno")
    client.force_login(ana.user)
    assert client.get("/i/home/members/").content == b"home:ana:True"


@pytest.mark.spec("V27")
def test_foreign_inactive_and_unknown_are_the_same_404(client: Client) -> None:
    home, away, old = institution_make("home"), institution_make("away"), institution_make("old")
    ana = member_make(home, Role.TECHNICIAN, username="ana")
    former = member_make(old, Role.TECHNICIAN, user=ana.user)
    Member._base_manager.filter(pk=former.member.pk).update(is_active=False)
    member_make(away, Role.TECHNICIAN)
    client.force_login(ana.user)
    answers = [client.get(f"/i/{slug}/members/") for slug in ("away", "old", "nowhere")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.content.replace(answer["X-Request-ID"].encode(), b"") for answer in answers}) == 1


def test_a_member_without_the_permission_is_refused(client: Client) -> None:
    client.force_login(member_make(institution_make(), Role.OWNER).user)
    assert client.get("/i/home/members/").status_code == 403


def test_a_stranger_is_sent_to_the_login_and_back(client: Client) -> None:
    assert client.get("/i/home/members/")["Location"] == "/accounts/login/?next=/i/home/members/"


def test_htmx_is_told_to_load_the_login_as_a_page(client: Client) -> None:
    answer = client.get(
        "/i/home/members/",
        headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/i/home/?x=1"},
    )
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/accounts/login/?next=/i/home/")


@pytest.mark.spec("V27")
def test_a_streamed_body_keeps_the_scope_and_leaks_it_to_nobody(client: Client) -> None:
    home = institution_make("home")
    member_make(institution_make("away"), Role.TECHNICIAN)
    client.force_login(member_make(home, Role.TECHNICIAN).user)
    answer = client.get("/i/home/streamed/")
    assert b"".join(answer) == b"first,1"


@pytest.mark.spec("V27")
@pytest.mark.django_db(transaction=True)
async def test_a_body_streamed_asynchronously_keeps_the_scope_too(async_client: AsyncClient) -> None:
    @sync_to_async
    def prepared() -> User:
        member_make(institution_make("away"), Role.TECHNICIAN)
        return member_make(institution_make("home"), Role.TECHNICIAN).user

    await async_client.aforce_login(await prepared())
    answer: Any = await async_client.get("/i/home/streamed-async/")
    assert b"".join([chunk async for chunk in answer.streaming_content]) == b"first,1"
    await sync_to_async(connections.close_all)()  # of the thread that the view ran in


def test_a_fault_of_ours_is_a_500_that_tells_only_its_id(client: Client) -> None:
    client.raise_request_exception = False
    client.force_login(member_make(institution_make(), Role.TECHNICIAN).user)
    page, answer = client.get("/broken/"), client.post("/api/v1/broken")
    assert (page.status_code, answer.status_code) == (500, 500)
    assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert page["X-Request-ID"] in page.content.decode()
    assert "ZeroDivision" not in page.content.decode() + answer.content.decode()


def test_a_host_that_is_not_ours_is_told_so_in_the_right_form(client: Client) -> None:
    answer = client.get("/api/v1/public", headers={"Host": "evil.example"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_one_query_finds_institution_member_and_roles(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(member_make(institution_make(), Role.TECHNICIAN, Role.SEO).user)
    with django_assert_num_queries(4):  # session, person, access, and the view's own
        client.get("/i/home/members/")


@pytest.mark.spec("V27")
def test_a_session_on_the_api_names_its_institution(client: Client) -> None:
    home, away = institution_make("home"), institution_make("away")
    ana = user_make("ana")
    client.force_login(ana)
    assert client.get("/api/v1/members").json()["code"] == "INSTITUTION_REQUIRED"
    member_make(home, Role.TECHNICIAN, user=ana)
    assert client.get("/api/v1/members").json() == {"institution": "home", "members": 1}
    member_make(away, Role.TECHNICIAN, user=ana)
    unnamed = client.get("/api/v1/members")
    assert (unnamed.status_code, unnamed.json()["code"]) == (422, "INSTITUTION_REQUIRED")
    named = client.get("/api/v1/members", headers={"X-Institution-Id": str(away.pk)})
    assert named.json()["institution"] == "away"


def test_a_wrong_institution_header_is_told(client: Client) -> None:
    client.force_login(member_make(institution_make(), Role.TECHNICIAN).user)
    foreign = institution_make("away")
    assert client.get("/api/v1/members", headers={"X-Institution-Id": "x"}).status_code == 422
    assert client.get("/api/v1/members", headers={"X-Institution-Id": str(foreign.pk)}).status_code == 404


def test_a_session_on_the_api_needs_the_csrf_token() -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(member_make(institution_make(), Role.TECHNICIAN).user)
    assert careful.post("/api/v1/members").status_code == 403
    assert careful.get("/api/v1/members").status_code == 200


def test_a_stranger_on_the_api_is_asked_for_a_token(client: Client) -> None:
    answer = client.get("/api/v1/members")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="opsportal"')
    assert answer["Content-Type"] == "application/problem+json"


def test_a_public_endpoint_knows_members_and_lets_everybody_in(client: Client) -> None:
    assert client.get("/api/v1/public").json() == {"known": False}
    assert client.get("/api/v1/public", headers={"Authorization": "Bearer nonsense"}).json() == {"known": False}
    client.force_login(member_make(institution_make(), Role.NOC).user)
    assert client.get("/api/v1/public").json() == {"known": True}

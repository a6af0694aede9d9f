"""Which institution a request is about."""

from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import path
from pytest_django import DjangoAssertNumQueries
from rest_framework.response import Response

from opsportal.core.http import PortalRequest
from opsportal.institutions.access import Permission, Role
from opsportal.institutions.endpoint import ApiRequest, endpoint, public_endpoint
from opsportal.institutions.models import Member
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
    path("api/v1/members", api_members),
    path("api/v1/public", api_public),
    path("api/v1/ping", api_ping),
    path("accounts/login/", bare, name="account_login"),
]
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

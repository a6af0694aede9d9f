"""Pages go out compressed; what streams, and what is no page, does not."""

import gzip
from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory

from opsportal.portal.middleware import CompressionMiddleware

TEXT = "<p>The disk is nearly full.</p>" * 50


def passed(response: HttpResponseBase, *, accepts: str = "gzip") -> HttpResponseBase:
    """Send ``response`` through the middleware, to a browser that accepts ``accepts``."""

    def view(request: HttpRequest) -> HttpResponseBase:
        return response

    return CompressionMiddleware(view)(RequestFactory().get("/", headers={"Accept-Encoding": accepts}))


def test_a_page_is_compressed_and_its_length_varies() -> None:
    answers = [passed(HttpResponse(TEXT)) for _ in range(20)]
    bodies = [answer.content for answer in answers if isinstance(answer, HttpResponse)]
    assert {gzip.decompress(body).decode() for body in bodies} == {TEXT}
    assert len({len(body) for body in bodies}) > 1
    assert {answer["Vary"] for answer in answers} == {"Accept-Encoding"}


def test_who_does_not_ask_for_it_gets_it_plain() -> None:
    answer = passed(HttpResponse(TEXT), accepts="identity")
    assert isinstance(answer, HttpResponse)
    assert answer.content.decode() == TEXT


@pytest.mark.parametrize("kind", ["text/html", "text/event-stream"])
def test_streams_go_out_as_they_come(kind: str) -> None:
    def words() -> Iterator[str]:
        yield from [TEXT, TEXT]

    answer = passed(StreamingHttpResponse(words(), content_type=kind))
    assert "Content-Encoding" not in answer


def test_the_api_is_left_alone() -> None:
    assert "Content-Encoding" not in passed(JsonResponse({"text": TEXT}))


@pytest.mark.django_db
def test_a_whole_page_of_the_portal_is_compressed() -> None:
    answer = Client(headers={"Accept-Encoding": "gzip"}).get("/accounts/login/")
    assert answer["Content-Encoding"] == "gzip"
    assert b"<form" in gzip.decompress(answer.content)

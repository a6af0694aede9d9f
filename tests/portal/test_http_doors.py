"""The WSGI bridge answers what Django's own ASGI handler answers, and protects its threads."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.asgi import get_asgi_application
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from pytest_django import Settings

from opsportal.portal.application import Application
from opsportal.portal.asgi_types import Message, Scope

LIMIT = 64 * 1024


@csrf_exempt
def echo(request: HttpRequest, rest: str = "") -> JsonResponse:
    """Say what arrived."""
    names = ("CONTENT_TYPE", "HTTP_X_TEST", "HTTP_COOKIE", "REMOTE_ADDR", "SERVER_NAME", "SERVER_PORT")
    seen = {
        "method": request.method,
        "rest": rest,
        "path": request.path,
        "full": request.get_full_path(),
        "query": dict(request.GET.lists()),
        "form": dict(request.POST.lists()),
        "files": {name: file.read().decode() for name, file in request.FILES.items() if isinstance(file, UploadedFile)},
        "secure": request.is_secure(),
        "host": request.get_host(),
        "meta": {name: str(request.META[name]) for name in names if name in request.META},
    }
    if not request.POST and not request.FILES:
        seen["body"] = request.body.decode("latin-1")
    answer = JsonResponse(seen, status=201)
    answer.set_cookie("one", "1")
    answer.set_cookie("two", "2", httponly=True)
    return answer


def stream(request: HttpRequest) -> StreamingHttpResponse:
    """Answer in parts."""
    return StreamingHttpResponse((f"part {number}\n" for number in range(3)), content_type="text/plain")


CLOSED = threading.Event()


def endless(request: HttpRequest) -> StreamingHttpResponse:
    """Answer for ever."""

    def parts() -> Iterator[str]:
        try:
            while True:
                yield "on and on"
        finally:
            CLOSED.set()

    return StreamingHttpResponse(parts())


def broken(request: HttpRequest) -> HttpResponse:
    """Fail."""
    raise RuntimeError("meant")


def file(request: HttpRequest) -> FileResponse:
    """Answer with this file."""
    return FileResponse(Path(__file__).open("rb"), as_attachment=True)


urlpatterns = [
    path("echo", echo),
    path("écho/<str:rest>", echo),
    path("stream", stream),
    path("endless", endless),
    path("file", file),
    path("broken", broken),
]


@pytest.fixture
def doors(settings: Settings) -> Iterator[dict[str, Application]]:
    settings.ROOT_URLCONF = __name__
    settings.BODY_LIMIT_BYTES = LIMIT
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024
    made = {}
    for via in ("wsgi", "asgi"):
        settings.HTTP_VIA = via
        made[via] = Application(get_asgi_application())
    yield made
    for application in made.values():
        application.close()


async def in_parts(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


UPLOAD = (
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\n\r\n'
    + b"n" * 50_000
    + b'\r\n--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
)
REQUESTS: dict[str, tuple[int, dict[str, Any]]] = {
    "plain": (201, {"method": "GET", "url": "/echo?a=1&a=2&b=%C3%A7%20x"}),
    "path": (201, {"method": "GET", "url": "/%C3%A9cho/a%20b%25"}),
    "path that is not UTF-8": (201, {"method": "GET", "url": "/%C3%A9cho/%FF%FE"}),
    "slashes": (404, {"method": "GET", "url": "//echo"}),
    "headers": (
        201,
        {
            "method": "GET",
            "url": "/echo",
            "headers": [("x-test", "one"), ("x-test", "two"), ("x_test", "spoofed"), ("cookie", "a=b; c=d")],
        },
    ),
    "json": (201, {"method": "POST", "url": "/echo", "json": {"a": ["ç", None]}}),
    "form": (201, {"method": "POST", "url": "/echo", "data": {"a": ["1", "2"], "b": "ç"}}),
    "upload": (
        201,
        {
            "method": "POST",
            "url": "/echo",
            "content": UPLOAD,
            "headers": {"content-type": "multipart/form-data; boundary=x"},
        },
    ),
    "chunked": (201, {"method": "POST", "url": "/echo", "content": b"y" * 10_000, "parts": True}),
    "empty body": (201, {"method": "POST", "url": "/echo", "content": b""}),
    "over Django's limit": (400, {"method": "POST", "url": "/echo", "content": b"y" * 20_000}),
    "over the limit": (413, {"method": "POST", "url": "/echo", "content": b"y" * (LIMIT + 1)}),
    "chunked over the limit": (413, {"method": "POST", "url": "/echo", "content": b"y" * (LIMIT + 1), "parts": True}),
    "head": (201, {"method": "HEAD", "url": "/echo"}),
    "stream": (200, {"method": "GET", "url": "/stream"}),
    "file": (200, {"method": "GET", "url": "/file"}),
    "missing": (404, {"method": "GET", "url": "/nowhere"}),
    "broken": (500, {"method": "GET", "url": "/broken"}),
    "wrong host": (400, {"method": "GET", "url": "/echo", "headers": [("host", "evil.example")]}),
}
VARYING = {"x-request-id", "date"}


async def answer(application: Application, request: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    sent = dict(request)
    if sent.pop("parts", False):
        sent["content"] = in_parts(sent["content"])
    transport = httpx.ASGITransport(application, raise_app_exceptions=False, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver:8000") as client:
        response = await client.request(**sent)
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in VARYING]
    return response.status_code, sorted(headers), response.content


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous")  # the ASGI handler's cost
@pytest.mark.parametrize("name", REQUESTS)
async def test_both_doors_give_the_same_answer(name: str, doors: dict[str, Application]) -> None:
    status, request = REQUESTS[name]
    by_thread = await answer(doors["wsgi"], request)
    assert by_thread == await answer(doors["asgi"], request)
    assert by_thread[0] == status


async def test_a_header_that_pretends_to_be_another_is_dropped(doors: dict[str, Application]) -> None:
    _, _, body = await answer(doors["wsgi"], REQUESTS["headers"][1])
    assert json.loads(body)["meta"]["HTTP_X_TEST"] == "one,two"


def scope_of(path: str) -> Scope:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "headers": [(b"host", b"testserver")],
        "server": ("testserver", 80),
    }


async def test_a_stream_ends_when_its_reader_leaves(doors: dict[str, Application]) -> None:
    left = asyncio.Event()
    sent: list[bytes] = []

    async def receive() -> Message:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))
        if len(sent) == 10:
            left.set()

    CLOSED.clear()
    await asyncio.wait_for(doors["wsgi"](scope_of("/endless"), receive, send), timeout=5)
    assert CLOSED.wait(timeout=5)
    assert b"on and on" in sent


async def test_slow_streams_do_not_hold_the_pages_up(settings: Settings, doors: dict[str, Application]) -> None:
    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def stuck(message: Message) -> None:
        if message.get("body"):
            await asyncio.Event().wait()

    streams = [asyncio.ensure_future(doors["wsgi"](scope_of("/endless"), never, stuck)) for _ in range(20)]
    await asyncio.sleep(0.2)
    status, _, _ = await asyncio.wait_for(answer(doors["wsgi"], REQUESTS["plain"][1]), timeout=5)
    assert status == 201
    for task in streams:
        task.cancel()
    await asyncio.gather(*streams, return_exceptions=True)


async def test_a_client_that_leaves_in_mid_body_reaches_no_view(doors: dict[str, Application]) -> None:
    messages: Iterator[Message] = iter(
        [{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = scope_of("/broken")
    scope["headers"].append((b"content-length", b"8"))
    await doors["wsgi"](scope, receive, send)
    assert sent == []

"""The transport against every odd server we know of, with two well-kept clients as witnesses."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence

import aiohttp
import httpx
import pytest
from httpx_aiohttp import AiohttpTransport
from hypothesis import given
from hypothesis import strategies as st

from scenarios.egress import PUBLIC_ONLY, EgressError
from scenarios.net import Net, ResolveError
from scenarios.tls import tls_context
from scenarios.transport import Exchange, GuardedTransport, wire_of
from tests.lab.odd_http import (
    AIOHTTP,
    HTTPX,
    ODDITIES,
    Oddity,
    Pieces,
    TcpServer,
    answer_of,
    http_lab,
    play,
    request_read,
)

Answer = tuple[int, bytes] | None
Resolved = list[tuple[int, int, int, str, tuple[str, int]]]
SECONDS = 1.5
TLS = tls_context()  # making one for each test would take most of its time


def served(oddity: Oddity) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        request_read(connection)
        play(connection, oddity.pieces, oddity.end)

    return serve


async def exchanged(transport: httpx.AsyncBaseTransport, method: str, url: str) -> Answer:
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=SECONDS) as client:
        try:
            response = await client.request(method, url)
        except (httpx.TransportError, aiohttp.ClientError):
            return None
        return response.status_code, response.content


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda oddity: oddity.name)
async def test_an_odd_answer_is_taken_or_refused_as_it_should_be(oddity: Oddity) -> None:
    expected = None if oddity.status is None else (oddity.status, oddity.body)
    with TcpServer(served(oddity)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert await exchanged(GuardedTransport(Net()), oddity.method, url) == expected
        witnesses = {HTTPX: httpx.AsyncHTTPTransport(verify=TLS), AIOHTTP: AiohttpTransport(verify=TLS)}
        for name, transport in witnesses.items():
            agrees = await exchanged(transport, oddity.method, url) == expected
            assert agrees is (oddity.disputed_by != name), f"{name} has changed its mind"


async def read(pieces: Sequence[bytes], method: str) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
    exchange = Exchange(method, 1 << 20)
    for piece in pieces:
        exchange.data_received(piece)
    exchange.connection_lost(None)
    try:
        await exchange.done
    except Exception:  # noqa: BLE001  whatever it is, it must be the same however the bytes arrive
        return None
    return exchange.status, exchange.headers, b"".join(exchange.body)


@given(data=st.data())
def test_how_the_bytes_are_cut_up_changes_nothing(data: st.DataObject) -> None:
    oddity = data.draw(st.sampled_from(ODDITIES))
    whole = b"".join(piece for piece in oddity.pieces if isinstance(piece, bytes))[:20_000]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert asyncio.run(read(pieces, oddity.method)) == asyncio.run(read([whole], oddity.method))


@given(st.binary(max_size=300), st.integers(0, 60))
def test_no_bytes_break_the_reader(noise: bytes, place: int) -> None:
    answer = answer_of(b"fine")
    asyncio.run(read([answer[:place] + noise + answer[place:]], "GET"))


async def sent(request: httpx.Request, net: Net | None = None) -> httpx.Response:
    return await GuardedTransport(net or Net()).handle_async_request(request)


async def test_what_is_sent_is_exactly_the_request() -> None:
    with http_lab() as (url, lab):
        request = httpx.Request("POST", f"{url}/a%2Fb?c=d e", headers={"X-Key": "value"}, content=b"body")
        response = await sent(request)
        assert (response.status_code, await response.aread()) == (200, b"ok")
        head, _, body = lab.requests[0].partition(b"\r\n\r\n")
        assert body == b"body"
        assert head.split(b"\r\n") == [
            b"POST /a%2Fb?c=d%20e HTTP/1.1",
            b"Host: " + url.removeprefix("http://").encode(),
            b"X-Key: value",
            b"Content-Length: 4",
            b"Connection: close",
        ]


@pytest.mark.parametrize(("name", "value"), [("X-A", "b\r\nX-B: c"), ("X-A", "b\nc"), ("X-A", "b\x00"), ("X A", "b")])
def test_a_header_cannot_smuggle_another(name: str, value: str) -> None:
    with pytest.raises(httpx.LocalProtocolError):
        wire_of(httpx.Request("GET", "http://127.0.0.1/", headers={name: value}), b"")


async def test_where_the_time_went() -> None:
    with http_lab(lambda _: (0.08, answer_of(b"ab")[:-1], 0.05, b"b")) as (url, _):
        response = await sent(httpx.Request("GET", url))
        times = response.extensions["times"]
        assert times.first_byte == pytest.approx(80, abs=40)
        assert times.total == pytest.approx(130, abs=60)
        assert times.total >= times.dns + times.connect + times.first_byte
        assert str(response.extensions["address"]) == "127.0.0.1"


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((5.0,), "connected, then no answer"),
        ((b"HTTP/1.1 200 OK\r\n", 5.0), "headers did not end"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 5.0), "3 bytes of the body came"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *([b"x", 0.05] * 60)), "bytes of the body came"),
    ],
    ids=["silent", "half a head", "half a body", "for ever dripping"],
)
async def test_out_of_time_says_how_far_it_came(pieces: Pieces, words: str) -> None:
    with http_lab(lambda _: pieces) as (url, _):
        started = time.monotonic()
        request = httpx.Request("GET", url, extensions={"timeout": {"connect": 1, "read": 0.3}})
        with pytest.raises(httpx.ReadTimeout, match=words):
            await sent(request)
        assert time.monotonic() - started < 1.5


async def test_a_server_that_never_accepts_is_a_connect_timeout() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:  # fill the backlog
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        request = httpx.Request("GET", f"http://127.0.0.1:{port}/", extensions={"timeout": {"connect": 0.3}})
        with pytest.raises(httpx.ConnectTimeout):
            await sent(request)
        for each in waiting:
            each.close()


@pytest.mark.parametrize("chunked", [True, False])
async def test_no_more_than_the_limit_is_kept_of_a_huge_body(chunked: bool) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" if chunked else b"HTTP/1.1 200 OK\r\n\r\n"
    with http_lab(lambda _: (head, *([chunk] * 2000))) as (url, _):
        started = time.monotonic()
        response = await sent(httpx.Request("GET", url, extensions={"body_limit": 100_000}))
        assert len(await response.aread()) == 100_000
        assert response.extensions["truncated"] is True
        assert time.monotonic() - started < 2
    with http_lab(lambda _: (answer_of(b"x" * 100_000),)) as (url, _):
        response = await sent(httpx.Request("GET", url, extensions={"body_limit": 100_000}))
        assert response.extensions["truncated"] is False


def resolving(*answers: Sequence[str]) -> Callable[..., Resolved]:
    """A resolver that gives each of ``answers`` in turn, and the last from then on."""
    left = list(answers)

    def getaddrinfo(_host: str, _port: object, **_options: object) -> Resolved:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found]

    return getaddrinfo


async def test_a_name_that_changes_its_address_after_the_check_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_lab() as (url, lab):
        port = httpx.URL(url).port
        monkeypatch.setattr(socket, "getaddrinfo", resolving(["127.0.0.1"], ["169.254.169.254"]))
        response = await sent(httpx.Request("GET", f"http://rebind.example:{port}/"))
        assert response.status_code == 200
        assert str(response.extensions["address"]) == "127.0.0.1"
        assert b"Host: rebind.example:" in lab.requests[0]
        with pytest.raises(httpx.ConnectError) as refusal:
            await sent(httpx.Request("GET", f"http://rebind.example:{port}/"))
        assert isinstance(refusal.value.__cause__, EgressError)


async def test_one_forbidden_address_among_many_forbids_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_lab() as (url, lab):
        port = httpx.URL(url).port
        monkeypatch.setattr(socket, "getaddrinfo", resolving(["127.0.0.1", "169.254.169.254"]))
        with pytest.raises(httpx.ConnectError, match="forbidden"):
            await sent(httpx.Request("GET", f"http://mixed.example:{port}/"))
        assert lab.requests == []


async def test_the_next_address_is_tried_when_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with http_lab(host="127.0.0.2") as (url, _):
        port = httpx.URL(url).port
        monkeypatch.setattr(socket, "getaddrinfo", resolving(["127.0.0.1", "127.0.0.2"]))
        response = await sent(httpx.Request("GET", f"http://two.example:{port}/"))
        assert str(response.extensions["address"]) == "127.0.0.2"


async def test_a_name_is_resolved_once_for_all_checks_of_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str, port: object, **options: object) -> Resolved:
        asked.append(host)
        time.sleep(0.05)
        return resolving(["127.0.0.1"])(host, port, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with http_lab() as (url, _):
        net, target = Net(), f"http://shared.example:{httpx.URL(url).port}/"
        await asyncio.gather(*(sent(httpx.Request("GET", target), net) for _ in range(20)))
    assert asked == ["shared.example"]


@pytest.mark.parametrize(
    ("error", "is_answer"),
    [(socket.EAI_NONAME, True), (socket.EAI_NODATA, True), (socket.EAI_AGAIN, False), (socket.EAI_FAIL, False)],
)
async def test_no_such_name_is_told_from_a_resolver_that_cannot_say(
    monkeypatch: pytest.MonkeyPatch, error: int, is_answer: bool
) -> None:
    def getaddrinfo(*_: object, **__: object) -> Resolved:
        raise socket.gaierror(error, "no")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(httpx.ConnectError) as failure:
        await sent(httpx.Request("GET", "http://gone.example/"))
    assert isinstance(failure.value.__cause__, ResolveError)
    assert failure.value.__cause__.is_answer is is_answer


@pytest.mark.parametrize("host", ["169.254.169.254", "2130706433", "0x7f.1", "127.1", "[64:ff9b::a9fe:a9fe]", "[::]"])
async def test_a_forbidden_host_is_refused_before_anything_is_sent(host: str) -> None:
    with pytest.raises(httpx.ConnectError) as refusal:
        await sent(httpx.Request("GET", f"http://{host}/"))
    assert isinstance(refusal.value.__cause__, EgressError)


async def test_a_url_that_a_person_typed_reaches_public_addresses_only() -> None:
    with http_lab() as (url, lab):
        with pytest.raises(httpx.ConnectError, match="not a public address"):
            await sent(httpx.Request("GET", url), Net(PUBLIC_ONLY))
        with pytest.raises(httpx.ConnectError, match="not a public address"):
            await sent(httpx.Request("GET", f"http://localhost:{httpx.URL(url).port}/"), Net(PUBLIC_ONLY))
        assert lab.requests == []


async def test_redirects_of_a_client_pass_the_guard_again() -> None:
    target = "http://169.254.169.254/latest/meta-data/"
    with http_lab(lambda _: (answer_of(b"", f"Location: {target}", status="302 Found"),)) as (url, _):
        async with httpx.AsyncClient(transport=GuardedTransport(Net()), trust_env=False) as client:
            with pytest.raises(httpx.ConnectError, match="link-local"):
                await client.get(url, follow_redirects=True)

"""HTTP checks against real servers: what is down, what is only unknown, and what is never shown."""

import gzip
import json
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsportal.core.secret import Secret
from scenarios.probes.base import Look
from scenarios.probes.conditions import condition_problems
from scenarios.probes.kinds import probe_for
from tests.lab.certificates import authority, self_signed
from tests.lab.odd_http import HttpLab, Pieces, TcpServer, answer_of, http_lab, play
from tests.scenarios.probes.looking import check_of, look_at, must, verdict

CANARY = "canary-7f3a9c"


def answering(answer: bytes) -> Callable[[bytes], Pieces]:
    return lambda _request: (answer,)


def look_of(answer: bytes, *conditions: Any, **params: Any) -> Look:
    """The look at a server that gives this answer."""
    with http_lab(answering(answer)) as (url, _):
        return look_at("http", *conditions, **{"url": url, **params})


def json_answer(document: object) -> bytes:
    return answer_of(json.dumps(document).encode(), "Content-Type: application/json")


@pytest.mark.spec("L17")
def test_a_server_goes_down_and_comes_back() -> None:
    with TcpServer(HttpLab()) as server:
        url = f"http://127.0.0.1:{server.port}/health"
        assert verdict(look_at("http", url=url)) == ("ok", "ok")
    look = look_at("http", url=url)
    assert verdict(look) == ("down", "refused")
    assert look.measured["error"]
    with TcpServer(HttpLab(), port=server.port):
        assert verdict(look_at("http", url=url)) == ("ok", "ok")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("200 OK", ("ok", "ok")),
        ("204 No Content", ("ok", "ok")),
        ("301 Moved", ("down", "bad_status")),
        ("400 Bad Request", ("down", "bad_status")),
        ("401 Unauthorized", ("unknown", "unauthorized")),
        ("403 Forbidden", ("unknown", "forbidden")),
        ("404 Not Found", ("down", "bad_status")),
        ("407 Proxy Authentication Required", ("unknown", "proxy_error")),
        ("429 Too Many Requests", ("unknown", "throttled")),
        ("500 Internal Server Error", ("down", "bad_status")),
        ("502 Bad Gateway", ("down", "proxy_error")),
        ("503 Service Unavailable", ("down", "bad_status")),
        ("504 Gateway Timeout", ("down", "proxy_error")),
    ],
)
def test_what_a_status_means_unless_a_condition_judges_it(status: str, expected: tuple[str, str]) -> None:
    with http_lab(answering(answer_of(b"", "Location: /login?token=x", status=status))) as (url, lab):
        look = look_at("http", url=url)
        assert verdict(look) == expected
        assert look.measured["status"] == int(status[:3])
        assert len(lab.requests) == 1  # asked once: no retries, least of all on 401 and 403
        code = must("status", "==", int(status[:3]))
        assert verdict(look_at("http", code, url=url)) == ("ok", "ok")


def test_the_error_page_and_where_it_redirects_are_evidence() -> None:
    look = look_of(answer_of(b"Bad Gateway", status="502 Bad Gateway"))
    assert (look.measured["body"], look.expected) == ("Bad Gateway", {"status": "200 to 299"})
    look = look_of(answer_of(b"", "Location: /login?token=secret", status="302 Found"))
    assert look.measured["location"] == "/login"


def test_the_body_is_judged() -> None:
    answer = answer_of("tudo está bem".encode(), "Content-Type: text/plain; charset=utf-8")
    good = (must("body", "contains", "está bem"), must("body", "matches", "^tudo"), must("size_bytes", "==", 14))
    assert verdict(look_of(answer, *good)) == ("ok", "ok")
    look = look_of(answer, must("body", "contains", "mal"))
    assert verdict(look) == ("down", "condition_failed")
    assert (look.measured["body"], look.expected) == ("tudo está bem", {"body": "contains mal"})


def test_a_body_that_is_well_is_not_kept() -> None:
    assert "body" not in look_of(answer_of(b"personal data"), must("body", "contains", "personal")).measured


@pytest.mark.parametrize(
    ("charset", "content"),
    [("iso-8859-1", b"est\xe1"), ("UTF-16", "está".encode("utf-16")), ('"windows-1252"; x=y', b"est\xe1")],
)
def test_a_charset_is_honoured(charset: str, content: bytes) -> None:
    answer = answer_of(content, f"Content-Type: text/plain; charset={charset}")
    assert look_of(answer, must("body", "==", "está")).state == "ok"


@pytest.mark.parametrize("charset", ["punycode", "idna", "zip", "undefined", "unicode_escape", ""])
def test_what_is_no_charset_is_read_as_utf_8(charset: str) -> None:
    answer = answer_of(b"est\xc3\xa1 \xff", f"Content-Type: text/plain; charset={charset}")
    assert look_of(answer, must("body", "==", "está \ufffd")).state == "ok"


def test_json_is_judged_by_path() -> None:
    answer = json_answer({"queue": {"length": 3}, "nodes": [{"up": True}, {"up": False}], "error": None})
    good = (
        must("json:$.queue.length", "<", 5),
        must("json:$.nodes[*].up", "contains", True),
        must("json:$.error", "==", None),
        must("json:$.none", "exists", False),
        must("json_count:$.nodes[?@.up == false]", "==", 1),
        must("json_count:$.nothing[*]", "==", 0),
        must("header:content-type", "==", "application/json"),
    )
    assert verdict(look_of(answer, *good)) == ("ok", "ok")
    look = look_of(answer, must("json:$.queue.length", ">", 5))
    assert verdict(look) == ("down", "condition_failed")
    assert look.measured["json:$.queue.length"] == 3


@pytest.mark.parametrize(
    "content",
    [b"<html>", b"", b"{", b"[" * 100_000, b"[" * 900 + b"]" * 900, b"\xff\xfe", b'{"a": ' + b"9" * 5000 + b"}"],
    ids=["html", "empty", "half", "too deep", "deep", "binary", "long number"],
)
def test_a_body_that_is_no_json_is_unknown_and_not_down(content: bytes) -> None:
    for condition in (must("json:$..a", "==", 1), must("json:$..a", "exists", False), must("json_count:$..a", "==", 0)):
        assert verdict(look_of(answer_of(content), condition)) == ("unknown", "no_data")


def test_a_path_that_finds_nothing_is_unknown() -> None:
    assert verdict(look_of(json_answer({"a": 1}), must("json:$.b", "==", 1))) == ("unknown", "no_data")


def test_headers_are_judged() -> None:
    answer = answer_of(b"", "Server: nginx/1.22", "X-Count: 7")
    good = (must("header:server", "matches", "^nginx"), must("header:X-Count", ">=", 7))
    assert look_of(answer, *good).state == "ok"
    assert verdict(look_of(answer, must("header:X-None", "==", "a"))) == ("unknown", "no_data")
    assert verdict(look_of(answer, must("header:X-None", "exists", True))) == ("down", "condition_failed")


def test_latency_is_measured_and_judged() -> None:
    with http_lab(lambda _: (0.15, answer_of(b"ok"))) as (url, _):
        look = look_at("http", must("latency_ms", "<", 100), url=url)
        assert verdict(look) == ("down", "condition_failed")
        assert 150 <= look.measured["latency_ms"] < 400
        parts = (must("first_byte_ms", ">=", 140), must("connect_ms", "<", 100), must("dns_ms", "<", 100))
        assert look_at("http", *parts, url=url).state == "ok"


@pytest.mark.parametrize(
    ("pieces", "words"),
    [((9.0,), "no answer"), ((answer_of(b"abc")[:-1], 9.0), "2 bytes of the body came")],
    ids=["silent", "half"],
)
def test_a_slow_server_is_down_and_the_evidence_says_how_far_it_came(pieces: Pieces, words: str) -> None:
    with http_lab(lambda _: pieces) as (url, _):
        look = look_at("http", url=url, timeout_seconds=0.3)
    assert verdict(look) == ("down", "timeout")
    assert words in look.measured["error"]
    assert look.expected == {"answer": "within 0.3 s"}
    assert 300 <= look.duration_ms < 700


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), ("down", "bad_answer")),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",), ("down", "closed")),
        ((), ("down", "closed")),
    ],
    ids=["another protocol", "hung up early", "hung up at once"],
)
def test_a_broken_answer_is_down(pieces: Pieces, expected: tuple[str, str]) -> None:
    with http_lab(lambda _: pieces) as (url, _):
        assert verdict(look_at("http", url=url)) == expected


def test_a_body_beyond_the_limit_leaves_what_needs_it_unknown() -> None:
    answer = answer_of(b"needle" + b"x" * 5000)
    assert verdict(look_of(answer, must("body", "contains", "needle"), max_bytes=1000)) == ("unknown", "too_large")
    assert verdict(look_of(answer, must("size_bytes", "<", 9000), max_bytes=1000)) == ("unknown", "too_large")
    assert verdict(look_of(answer, must("status", "==", 200), max_bytes=1000)) == ("ok", "ok")
    assert verdict(look_of(answer, must("body", "contains", "needle"), max_bytes=5006)) == ("ok", "ok")


def test_a_body_that_is_compressed_unasked_is_read() -> None:
    body = b"needle " * 100
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    codings = {"gzip": gzip.compress(body), "deflate": zlib.compress(body), "Deflate": raw.compress(body) + raw.flush()}
    for coding, content in codings.items():
        answer = answer_of(content, f"Content-Encoding: {coding}")
        assert look_of(answer, must("body", "contains", "needle")).state == "ok", coding


@pytest.mark.parametrize(
    ("coding", "content"),
    [("gzip", gzip.compress(b"x" * 50_000_000)), ("gzip", b"no gzip"), ("br", b"\x1b"), ("gzip, gzip", b"")],
    ids=["bomb", "broken", "unknown", "twice"],
)
def test_a_body_we_cannot_unpack_is_unknown(coding: str, content: bytes) -> None:
    answer = answer_of(content, f"Content-Encoding: {coding}")
    assert verdict(look_of(answer, must("body", "contains", "x"))) == ("unknown", "no_data")


def test_what_we_send_is_never_shown_even_when_the_server_repeats_it() -> None:
    params: dict[str, Any] = {
        "method": "POST",
        "headers": {"Authorization": f"Bearer {CANARY}-a", "X-Api-Key": f"{CANARY}-b"},
        "json": {"password": f"{CANARY}-c"},
    }

    def echo(request: bytes) -> Pieces:
        return (json_answer({"you_sent": request.decode(), "key": f"{CANARY}-b", "pass": f"{CANARY}-c"}),)

    with http_lab(echo) as (url, lab):
        conditions = (
            must("body", "==", ""), must("json:$.key", "==", ""), must("json:$.pass", "==", ""), must("json:$", "==", 1),
        )  # fmt: skip
        look = look_at("http", *conditions, url=url, **params)
        assert verdict(look) == ("down", "condition_failed")
        assert CANARY.encode() in lab.requests[0]
        assert CANARY not in json.dumps([look.measured, look.expected])
    with http_lab(lambda request: (answer_of(request, status="500 No"),)) as (url, _):
        look = look_at("http", url=url, **params)
        assert "POST / HTTP" in look.measured["body"]
        assert CANARY not in json.dumps(look.measured)


def test_secrets_of_the_configuration_are_sent_and_blotted_out() -> None:
    def echo(request: bytes) -> Pieces:
        return (answer_of(request, "Content-Type: text/plain"),)

    with http_lab(echo) as (url, lab):
        params: dict[str, Any] = {
            "url": Secret(f"{url}/?key={CANARY}-u"),
            "method": "POST",
            "headers": {"X-Api-Key": Secret(f"{CANARY}-h")},
            "json": {"password": [Secret(f"{CANARY}-j")]},
        }
        look = look_at("http", must("body", "==", ""), **params)
        assert verdict(look) == ("down", "condition_failed")
        assert lab.requests[0].count(CANARY.encode()) == 3
        assert CANARY not in json.dumps([look.measured, look.expected])
        assert CANARY not in repr(check_of("http", **params))


def test_a_check_shows_no_secret_in_its_repr() -> None:
    assert CANARY not in repr(check_of("http", url="http://x", headers={"Authorization": CANARY}))


def test_a_post_with_json_is_sent_as_such() -> None:
    with http_lab() as (url, lab):
        assert look_at("http", url=url, method="POST", json={"q": 1}).state == "ok"
        assert b"Content-Type: application/json" in lab.requests[0]
        assert json.loads(lab.requests[0].partition(b"\r\n\r\n")[2]) == {"q": 1}


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fd00:ec2::254]", "2130706433", "127.1", "[::ffff:169.254.169.254]", "224.0.0.1"]
)
def test_a_forbidden_address_is_unknown_and_says_so(host: str) -> None:
    look = look_at("http", url=f"http://{host}/")
    assert verdict(look) == ("unknown", "address_forbidden")


@pytest.mark.parametrize(
    ("error", "expected"),
    [(socket.EAI_NONAME, ("down", "dns_failed")), (socket.EAI_AGAIN, ("unknown", "dns_failed"))],
)
def test_a_name_that_is_gone_is_down_but_a_mute_resolver_is_unknown(
    monkeypatch: pytest.MonkeyPatch, error: int, expected: tuple[str, str]
) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(error, "no")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert verdict(look_at("http", url="http://app.example/")) == expected


def test_tls_with_a_ca_of_its_own(tmp_path: Path) -> None:
    root = authority()
    ca_file = str(root.file(tmp_path))
    with http_lab(tls=root.issue("127.0.0.1", "portal.lab").server_context(tmp_path)) as (url, _):
        assert verdict(look_at("http", url=url, ca_file=ca_file)) == ("ok", "ok")
        assert verdict(look_at("http", url=url)) == ("down", "cert_untrusted")
        assert verdict(look_at("http", url=url, ca_file=ca_file, tls_name="portal.lab")) == ("ok", "ok")
        look = look_at("http", url=url, ca_file=ca_file, tls_name="other.lab")
        assert verdict(look) == ("down", "cert_name")
        assert "other.lab" in look.measured["error"]
        missing = look_at("http", url=url, ca_file=str(tmp_path / "none.pem"))
        assert verdict(missing) == ("unknown", "misconfigured")
        (tmp_path / "empty.pem").write_text("")
        assert verdict(look_at("http", url=url, ca_file=str(tmp_path / "empty.pem"))) == ("unknown", "misconfigured")


def test_an_appliance_is_trusted_by_its_own_certificate(tmp_path: Path) -> None:
    appliance = self_signed("127.0.0.1")
    with http_lab(tls=appliance.server_context(tmp_path)) as (url, _):
        assert look_at("http", url=url, ca_file=str(appliance.file(tmp_path))).state == "ok"
        assert verdict(look_at("http", url=url)) == ("down", "cert_untrusted")


def test_an_expired_certificate_is_down(tmp_path: Path) -> None:
    root = authority()
    with http_lab(tls=root.issue("127.0.0.1", days=-1).server_context(tmp_path)) as (url, _):
        look = look_at("http", url=url, ca_file=str(root.file(tmp_path)))
        assert verdict(look) == ("down", "cert_expired")
        assert "expired" in look.measured["error"]


def test_speaking_the_wrong_one_of_http_and_https_is_down(tmp_path: Path) -> None:
    with TcpServer(lambda connection: play(connection, (answer_of(b"plain"),))) as server:
        assert verdict(look_at("http", url=f"https://127.0.0.1:{server.port}/")) == ("down", "tls_failed")
    with http_lab(tls=authority().issue("127.0.0.1").server_context(tmp_path)) as (url, _):
        assert look_at("http", url=url.replace("https:", "http:")).state == "down"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"url": "http://2130706433/"}, "usual spelling"),
        ({"url": "http://①②⑦.⓪.⓪.①/"}, "url:"),
        ({"url": "http://user:pass@127.0.0.1/"}, "credentials belong in headers"),
        ({"url": "http://127.0.0.1/", "headers": {"X-A": "b\r\nX-B: c"}}, "headers:"),
        ({"url": "http://127.0.0.1:99999/"}, "url:"),
        ({"url": "http:///path"}, "url:"),
    ],
)
def test_params_that_cannot_work_are_refused_in_words(params: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in probe_for("http").param_problems(params))


def test_good_params_have_no_problem() -> None:
    assert probe_for("http").param_problems({"url": "https://bücher.example:8443/a?b=c"}) == []


@pytest.mark.parametrize("measure", ["json:$.a[", "json:", "header:X A", "json_count:?"])
def test_a_measure_that_cannot_be_taken_is_refused(measure: str) -> None:
    assert condition_problems(probe_for("http"), must(measure, "==", 1))

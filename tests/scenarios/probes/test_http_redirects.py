"""Redirects: followed when told to, each hop guarded, nothing of ours carried elsewhere."""

from pathlib import Path
from typing import Any

import pytest

from tests.lab.certificates import authority
from tests.lab.odd_http import Pieces, answer_of, http_lab
from tests.scenarios.probes.looking import look_at, must, verdict
from tests.scenarios.probes.test_http import CANARY, answering, look_of


def test_redirects_are_followed_only_when_told_to() -> None:
    def answer(request: bytes) -> Pieces:
        if request.startswith(b"GET /end"):
            return (answer_of(b"end"),)
        return (answer_of(b"", "Location: /end", status="302 Found"),)

    with http_lab(answer) as (url, _):
        assert verdict(look_at("http", url=url)) == ("down", "bad_status")
        good = (must("body", "==", "end"), must("redirects", "==", 1))
        assert verdict(look_at("http", *good, url=url, follow_redirects=True)) == ("ok", "ok")


def test_redirects_in_a_circle_end() -> None:
    with http_lab(answering(answer_of(b"", "Location: /again", status="302 Found"))) as (url, lab):
        look = look_at("http", url=url, follow_redirects=True)
        assert verdict(look) == ("down", "bad_answer")
        assert len(lab.requests) == 6


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://169.254.169.254/latest/meta-data/", ("unknown", "address_forbidden")),
        ("http://[64:ff9b::a9fe:a9fe]/", ("unknown", "address_forbidden")),
        ("http://2130706433/", ("unknown", "address_forbidden")),
        ("//0x7f.1/", ("unknown", "address_forbidden")),
        ("file:///etc/passwd", ("down", "bad_answer")),
        ("gopher://127.0.0.1/", ("down", "bad_answer")),
        ("http://[/", ("unknown", "address_forbidden")),
        ("http://127.0.0.1:99999/", ("unknown", "address_forbidden")),
    ],
)
def test_each_hop_passes_the_guard(location: str, expected: tuple[str, str]) -> None:
    answer = answer_of(b"", f"Location: {location}", status="302 Found")
    assert verdict(look_of(answer, follow_redirects=True)) == expected


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [("302 Found", b"GET", b""), ("303 See Other", b"GET", b""), ("307 Temporary", b"POST", CANARY.encode())],
)
def test_our_headers_and_body_stay_with_the_origin_they_are_for(status: str, method: bytes, body: bytes) -> None:
    params: dict[str, Any] = {"method": "POST", "body": CANARY, "headers": {"Authorization": f"Bearer {CANARY}"}}

    def same(request: bytes) -> Pieces:
        return (answer_of(b"ok"),) if b"/end" in request else (answer_of(b"", "Location: /end", status=status),)

    with http_lab(same) as (url, lab):
        assert look_at("http", url=url, follow_redirects=True, **params).state == "ok"
        assert lab.requests[1].startswith(method + b" /end")
        assert CANARY.encode() in lab.requests[1].partition(b"\r\n\r\n")[0]
        assert lab.requests[1].partition(b"\r\n\r\n")[2] == body
    with http_lab() as (elsewhere, stranger):
        redirect = answer_of(b"", f"Location: {elsewhere}/", status=status)
        with http_lab(answering(redirect)) as (url, _):
            assert look_at("http", url=url, follow_redirects=True, **params).state == "ok"
        assert len(stranger.requests) == 1
        assert CANARY.encode() not in stranger.requests[0]


def test_the_name_a_certificate_must_have_holds_for_the_origin_it_was_given_for(tmp_path: Path) -> None:
    root = authority()
    secured = root.issue("portal.lab").server_context(tmp_path)
    params: dict[str, Any] = {
        "ca_file": str(root.file(tmp_path)), "tls_name": "portal.lab", "follow_redirects": True,
    }  # fmt: skip

    def answer(request: bytes) -> Pieces:
        if request.startswith(b"GET /away"):
            return (answer_of(b"", f"Location: {elsewhere}/", status="302 Found"),)
        return (answer_of(b"end") if b"/end" in request else answer_of(b"", "Location: /end", status="302 Found"),)

    with http_lab(tls=secured) as (elsewhere, _), http_lab(answer, tls=secured) as (url, _):
        assert verdict(look_at("http", url=url, **params)) == ("ok", "ok")
        assert verdict(look_at("http", url=f"{url}/away", **params)) == ("down", "cert_name")

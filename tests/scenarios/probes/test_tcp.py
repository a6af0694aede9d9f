"""TCP ports, for real."""

import socket
import time
from typing import Any

import pytest

from scenarios.probes.kinds import probe_for
from tests.lab.odd_http import Pieces, TcpServer, play
from tests.scenarios.probes.looking import look_at, must, verdict


def saying(*pieces: bytes | float) -> TcpServer:
    said: Pieces = pieces
    return TcpServer(lambda connection: play(connection, said, "stay"))


def test_a_port_that_closes_and_opens_again() -> None:
    with saying() as server:
        look = look_at("tcp", host="127.0.0.1", port=server.port)
        assert verdict(look) == ("ok", "ok")
        assert 0 < look.measured["connect_ms"] < 500
    assert verdict(look_at("tcp", host="127.0.0.1", port=server.port)) == ("down", "refused")
    with TcpServer(lambda _: None, port=server.port):
        assert verdict(look_at("tcp", host="127.0.0.1", port=server.port)) == ("ok", "ok")


def test_a_name_is_resolved() -> None:
    with saying() as server:
        look = look_at("tcp", must("dns_ms", ">", 0), host="localhost", port=server.port)
        assert verdict(look) == ("ok", "ok")


@pytest.mark.parametrize(
    "pieces", [(b"220 mail ESMTP\r\n",), (b"220 ma", 0.05, b"il ESMTP\r\nmore"), (b"220 mail ESMTP\n",)]
)
def test_a_banner_is_read_as_one_line(pieces: Pieces) -> None:
    with saying(*pieces) as server:
        good = must("banner", "==", "220 mail ESMTP")
        assert verdict(look_at("tcp", good, host="127.0.0.1", port=server.port)) == ("ok", "ok")
        bad = must("banner", "matches", "^554")
        assert verdict(look_at("tcp", bad, host="127.0.0.1", port=server.port)) == ("down", "condition_failed")


def test_a_banner_without_end_is_cut() -> None:
    with saying(b"x" * 5000) as server:
        look = look_at("tcp", must("banner", "==", "x" * 1024), host="127.0.0.1", port=server.port)
        assert look.state == "ok"


def test_something_can_be_said_first() -> None:
    def serve(connection: socket.socket) -> None:
        play(connection, (b"+PONG\r\n" if connection.recv(100) == b"PING\r\n" else b"-ERR\r\n",))

    with TcpServer(serve) as server:
        good = must("banner", "==", "+PONG")
        assert look_at("tcp", good, host="127.0.0.1", port=server.port, send="PING\r\n").state == "ok"


@pytest.mark.parametrize(
    ("server", "expected"),
    [(saying, ("down", "timeout")), (lambda: TcpServer(lambda _: None), ("down", "closed"))],
    ids=["silent", "hangs up"],
)
def test_who_accepts_and_does_not_greet_is_down_if_a_greeting_is_wanted(server: Any, expected: tuple[str, str]) -> None:
    with server() as listening:
        wanted = must("banner", "exists", True)
        look = look_at("tcp", wanted, host="127.0.0.1", port=listening.port, timeout_seconds=0.3)
        assert verdict(look) == expected
        assert look.measured["connect_ms"] > 0
        assert look_at("tcp", host="127.0.0.1", port=listening.port).state == "ok"


def test_a_port_that_never_accepts_is_down_in_time() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        started = time.monotonic()
        assert verdict(look_at("tcp", host="127.0.0.1", port=port, timeout_seconds=0.3)) == ("down", "timeout")
        assert time.monotonic() - started < 1
        for each in waiting:
            each.close()


@pytest.mark.parametrize("host", ["169.254.169.254", "2130706433", "::", "fe80::1"])
def test_a_forbidden_address_is_unknown(host: str) -> None:
    assert verdict(look_at("tcp", host=host, port=80)) == ("unknown", "address_forbidden")


def test_a_host_in_an_odd_spelling_is_refused_in_words() -> None:
    assert probe_for("tcp").param_problems({"host": "127.1", "port": 80})
    assert probe_for("tcp").param_problems({"host": "127.0.0.1", "port": 80}) == []

"""What a failure means: theirs is down, ours is unknown."""

import errno
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from scenarios.egress import EgressError
from scenarios.net import ResolveError
from scenarios.probes.failures import failure_of, look_failed
from scenarios.threads import BusyError
from tests.scenarios.probes.looking import check_of, context_of, look_at, verdict


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ECONNREFUSED, ""), ("down", "refused")),
        (OSError(errno.ECONNRESET, ""), ("down", "closed")),
        (ConnectionResetError("without a number"), ("down", "closed")),
        (BrokenPipeError(), ("down", "closed")),
        (OSError(errno.ETIMEDOUT, ""), ("down", "timeout")),
        (TimeoutError(), ("down", "timeout")),
        (OSError(errno.EHOSTUNREACH, ""), ("down", "unreachable")),
        (ssl.SSLError(1, "wrong version"), ("down", "tls_failed")),
        (ResolveError("x", is_answer=True), ("down", "dns_failed")),
        (ResolveError("x", is_answer=False), ("unknown", "dns_failed")),
        (OSError(errno.ENETUNREACH, ""), ("unknown", "unreachable")),
        (OSError(errno.EMFILE, ""), ("unknown", "overloaded")),
        (OSError(errno.EADDRNOTAVAIL, ""), ("unknown", "overloaded")),
        (OSError(errno.EACCES, ""), ("unknown", "permission")),
        (EgressError("x"), ("unknown", "address_forbidden")),
        (BusyError("x"), ("unknown", "timeout")),
    ],
    ids=repr,
)
def test_each_failure_has_its_meaning(error: Exception, expected: tuple[str, str]) -> None:
    look = look_failed(check_of("tcp"), error, time.monotonic())
    assert verdict(look) == expected
    assert look.measured["error"]


@pytest.mark.parametrize("error", [ZeroDivisionError(), OSError(errno.EBADF, ""), KeyError("x")])
def test_a_bug_of_ours_is_not_explained_away(error: Exception) -> None:
    assert failure_of(error) is None
    with pytest.raises(type(error)):
        look_failed(check_of("tcp"), error, time.monotonic())


def test_a_timeout_that_came_much_too_late_says_nothing_about_the_target() -> None:
    check = check_of("tcp", timeout_seconds=2.0)
    assert verdict(look_failed(check, TimeoutError(), time.monotonic() - 2.9)) == ("down", "timeout")
    assert verdict(look_failed(check, TimeoutError(), time.monotonic() - 3.1)) == ("unknown", "overloaded")


@pytest.fixture
def _resolver_hangs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A resolver that answers only when the test is over."""
    is_over = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        is_over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "at last")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield
    is_over.set()


@pytest.mark.usefixtures("_resolver_hangs")
@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("http", {"url": "http://http.example/"}),
        ("tcp", {"host": "tcp.example", "port": 80}),
        ("tls", {"host": "tls.example"}),
        ("tls", {"host": "mail.example", "starttls": "smtp"}),
        ("sql", {"database": "shop", "query": "SELECT 1"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_resolver_that_hangs_makes_nothing_look_down_and_holds_nobody(kind: str, params: dict[str, Any]) -> None:
    context = context_of(databases={"shop": f"postgres://u@sql{os.getpid()}.example/x"})
    started = time.monotonic()
    look = look_at(kind, context=context, timeout_seconds=0.4, **params)
    assert verdict(look) == ("unknown", "dns_failed")
    assert time.monotonic() - started < 1.5

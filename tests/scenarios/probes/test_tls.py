"""Certificates with every fault, on real TLS servers."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scenarios.models import ProbeState
from scenarios.probes.base import Condition, Look
from scenarios.probes.kinds import probe_for
from tests.lab.certificates import Certificate, authority, self_signed
from tests.lab.odd_http import TcpServer, play
from tests.scenarios.probes.looking import look_at, must, verdict

ROOT = authority()
NAME = "portal.lab"


@contextmanager
def presenting(certificate: Certificate, folder: Path, *, with_chain: bool = True) -> Iterator[int]:
    """A server with this certificate; gives its port."""
    context = certificate.server_context(folder, with_chain=with_chain)
    with TcpServer(lambda connection: play(connection, (), "stay"), tls=context) as server:
        yield server.port


def look_of(certificate: Certificate, folder: Path, *conditions: Condition, **params: Any) -> Look:
    """The look at a server that presents ``certificate`` to somebody who trusts the lab's root."""
    with_chain = params.pop("with_chain", True)
    with presenting(certificate, folder, with_chain=with_chain) as port:
        trust = {"ca_file": str(ROOT.file(folder)), "tls_name": NAME, **params}
        trust = {name: value for name, value in trust.items() if value is not None}
        return look_at("tls", *conditions, host="127.0.0.1", port=port, **trust)


def test_a_good_certificate(tmp_path: Path) -> None:
    look = look_of(ROOT.issue(NAME, days=60.5), tmp_path, must("days_left", ">", 14), must("protocol", "==", "TLSv1.3"))
    assert verdict(look) == ("ok", "ok")
    assert look.measured["days_left"] == pytest.approx(60.5, abs=0.01)
    assert look.measured["issuer"] == "CN=Lab Root"


def test_one_that_expires_soon_can_be_a_warning(tmp_path: Path) -> None:
    soon = must("days_left", ">", 14, ProbeState.DEGRADED)
    assert verdict(look_of(ROOT.issue(NAME, days=5), tmp_path, soon)) == ("degraded", "condition_failed")


def test_expired(tmp_path: Path) -> None:
    look = look_of(ROOT.issue(NAME, days=-3), tmp_path, must("days_left", ">", -100), must("chain_ok", "==", True))
    assert verdict(look) == ("down", "cert_expired")
    assert look.measured["days_left"] == pytest.approx(-3, abs=0.01)
    assert look.measured["chain_ok"] is True  # expired is not untrusted
    assert look.expected["is_current"] == "== true"


def test_not_valid_yet(tmp_path: Path) -> None:
    assert verdict(look_of(ROOT.issue(NAME, started=-2), tmp_path)) == ("down", "cert_expired")


def test_an_authority_nobody_knows(tmp_path: Path) -> None:
    look = look_of(authority("Stranger").issue(NAME), tmp_path)
    assert verdict(look) == ("down", "cert_untrusted")
    assert "unable to get local issuer" in look.measured["chain_error"]
    assert look.measured["issuer"] == "CN=Stranger"


def test_an_impostor_of_the_authority_we_know(tmp_path: Path) -> None:
    assert verdict(look_of(authority("Lab Root").issue(NAME), tmp_path)) == ("down", "cert_untrusted")


def test_self_signed(tmp_path: Path) -> None:
    look = look_of(self_signed(NAME), tmp_path, must("self_signed", "==", True))
    assert verdict(look) == ("down", "cert_untrusted")
    assert "self-signed" in look.measured["chain_error"]
    appliance = self_signed(NAME)
    assert verdict(look_of(appliance, tmp_path, ca_file=str(appliance.file(tmp_path)))) == ("ok", "ok")


def test_expired_and_self_signed_can_still_be_read(tmp_path: Path) -> None:
    look = look_of(self_signed(NAME, days=-400), tmp_path, must("days_left", ">", 0))
    assert verdict(look) == ("down", "cert_expired")
    assert look.measured["days_left"] == pytest.approx(-400, abs=0.01)


def test_the_machines_own_trust_does_not_know_the_lab(tmp_path: Path) -> None:
    assert verdict(look_of(ROOT.issue(NAME), tmp_path, ca_file=None)) == ("down", "cert_untrusted")


def test_a_chain_with_an_intermediate(tmp_path: Path) -> None:
    leaf = ROOT.issue("Lab Intermediate", is_authority=True).issue(NAME)
    assert verdict(look_of(leaf, tmp_path)) == ("ok", "ok")
    look = look_of(leaf, tmp_path, with_chain=False)  # the commonest mistake in the field
    assert verdict(look) == ("down", "cert_untrusted")


def test_an_expired_intermediate_is_an_untrusted_chain(tmp_path: Path) -> None:
    leaf = ROOT.issue("Lab Intermediate", is_authority=True, days=-1).issue(NAME)
    look = look_of(leaf, tmp_path)
    assert verdict(look) == ("down", "cert_untrusted")
    assert "expired" in look.measured["chain_error"]


@pytest.mark.parametrize(
    ("made_out_to", "asked_for", "is_right"),
    [
        ("portal.lab", "portal.lab", True),
        ("Portal.LAB", "portal.lab", True),
        ("portal.lab", "PORTAL.lab", True),
        ("other.lab", "portal.lab", False),
        ("*.lab.example", "portal.lab.example", True),
        ("*.lab.example", "a.portal.lab.example", False),
        ("*.lab.example", "lab.example", False),
        ("*.example", "portal.example", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.2", "127.0.0.1", False),
        ("xn--bcher-kva.example", "bücher.example", True),
    ],
)
def test_the_name(tmp_path: Path, made_out_to: str, asked_for: str, is_right: bool) -> None:
    look = look_of(ROOT.issue(made_out_to), tmp_path, tls_name=asked_for)
    assert verdict(look) == (("ok", "ok") if is_right else ("down", "cert_name"))
    assert look.measured.get("name_ok", True) is is_right


def test_a_name_in_the_subject_alone_does_not_count(tmp_path: Path) -> None:
    look = look_of(ROOT.issue("elsewhere.lab", is_authority=True), tmp_path, tls_name="elsewhere.lab")
    assert verdict(look) == ("down", "cert_name")


def test_a_condition_replaces_what_must_otherwise_be_right(tmp_path: Path) -> None:
    appliance = self_signed("other.lab")
    accepted = (must("chain_ok", "exists", True), must("name_ok", "==", False), must("days_left", ">", 10))
    assert verdict(look_of(appliance, tmp_path, *accepted)) == ("ok", "ok")


def test_a_certificate_can_be_pinned(tmp_path: Path) -> None:
    leaf = ROOT.issue(NAME)
    look = look_of(leaf, tmp_path, must("fingerprint", "==", "0" * 64))
    assert verdict(look) == ("down", "condition_failed")
    assert verdict(look_of(leaf, tmp_path, must("fingerprint", "==", look.measured["fingerprint"]))) == ("ok", "ok")


def test_no_server_no_tls_no_answer(tmp_path: Path) -> None:
    with presenting(ROOT.issue(NAME), tmp_path) as port:
        pass
    assert verdict(look_at("tls", host="127.0.0.1", port=port)) == ("down", "refused")
    with TcpServer(lambda connection: play(connection, (b"220 not TLS\r\n",), "stay")) as server:
        assert verdict(look_at("tls", host="127.0.0.1", port=server.port)) == ("down", "tls_failed")
    with TcpServer(lambda connection: play(connection, (1.0,))) as server:
        look = look_at("tls", host="127.0.0.1", port=server.port, timeout_seconds=0.3)
        assert verdict(look) == ("down", "timeout")
    assert verdict(look_at("tls", host="169.254.169.254")) == ("unknown", "address_forbidden")


def test_a_ca_file_that_is_not_there_is_our_fault(tmp_path: Path) -> None:
    assert verdict(look_of(ROOT.issue(NAME), tmp_path, ca_file="/no/such.pem")) == ("unknown", "misconfigured")


MAIL: dict[str, tuple[tuple[bytes, bytes], ...]] = {
    "smtp": (
        (b"", b"220-welcome\r\n220 mail.lab ESMTP\r\n"),
        (b"EHLO opsportal\r\n", b"250-mail.lab\r\n250-SIZE 1\r\n250 STARTTLS\r\n"),
        (b"STARTTLS\r\n", b"220 go ahead\r\n"),
    ),
    "imap": ((b"", b"* OK ready\r\n"), (b"a STARTTLS\r\n", b"* CAPABILITY x\r\na OK begin\r\n")),
    "pop3": ((b"", b"+OK ready\r\n"), (b"STLS\r\n", b"+OK begin\r\n")),
}


@pytest.mark.parametrize("protocol", MAIL)
def test_mail_servers_that_begin_in_the_clear(tmp_path: Path, protocol: str) -> None:
    context = ROOT.issue(NAME, days=33).server_context(tmp_path)

    def serve(connection: socket.socket) -> None:
        for heard, said in MAIL[protocol]:
            assert not heard or connection.recv(1000) == heard
            connection.sendall(said)
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    with TcpServer(serve) as server:
        params: dict[str, Any] = {"starttls": protocol, "ca_file": str(ROOT.file(tmp_path)), "tls_name": NAME}
        look = look_at("tls", must("days_left", ">", 30), host="127.0.0.1", port=server.port, **params)
        assert verdict(look) == ("ok", "ok")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((b"220 mail\r\n", 0.05, b"250 mail\r\n", 0.05, b"502 no TLS here\r\n"), ("down", "bad_answer")),
        ((b"554 go away\r\n",), ("down", "bad_answer")),
        ((b"220 mail\r\n",), ("down", "closed")),
        ((b"220-" * 10_000,), ("down", "bad_answer")),
        ((b"220-x\r\n" * 500,), ("down", "bad_answer")),
    ],
)
def test_mail_servers_without_tls(said: Any, expected: tuple[str, str]) -> None:
    with TcpServer(lambda connection: play(connection, said)) as server:
        look = look_at("tls", host="127.0.0.1", port=server.port, starttls="smtp")
        assert verdict(look) == expected


def test_a_server_that_breaks_off_the_handshake_is_down() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(5)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # fatal alert: handshake failure

    with TcpServer(serve) as server:
        assert verdict(look_at("tls", host="127.0.0.1", port=server.port)) == ("down", "tls_failed")


def test_a_host_in_an_odd_spelling_is_refused_in_words() -> None:
    assert probe_for("tls").param_problems({"host": "127.1"})
    assert ssl.OPENSSL_VERSION_INFO >= (1, 1, 0)  # NO_CHECK_TIME is its flag

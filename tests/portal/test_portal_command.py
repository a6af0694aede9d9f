"""``manage.py portal`` as people run it."""

import itertools
import os
import signal
import socket
import threading
import time
from datetime import datetime

import httpx
import pytest

from tests.lab.installation import ROOT, Installation, Portal, eventually

pytestmark = pytest.mark.slow


def test_it_says_where_it_is_and_stops_in_seconds(installation: Installation) -> None:
    portal = Portal(installation).wait_until_ready()
    assert f"opsportal is at {portal.url}/" in installation.log()
    assert "First login: admin, password " in installation.log()
    began = time.monotonic()
    portal.process.terminate()
    assert portal.process.wait(timeout=10) == 0
    assert time.monotonic() - began < 6
    assert installation.processes() == []


@pytest.mark.spec("L32")
def test_two_portals_on_one_database_do_one_tick(installation: Installation) -> None:
    for portal in [Portal(installation, AGENTIC_INTERVAL_SEC="5") for _ in range(2)]:
        portal.wait_until_ready()
    assert installation.log().count("First login") == 1
    ticks = "SELECT fence, status, started_at FROM scenarios_tick ORDER BY fence"
    eventually(lambda: len(installation.rows(ticks)) >= 4, "four ticks", seconds=40)
    rows = installation.rows(ticks)
    begins = [datetime.fromisoformat(str(began)) for _, _, began in rows]
    apart = [(after - before).total_seconds() for before, after in itertools.pairwise(begins)]
    assert all(4 < seconds < 8 for seconds in apart), apart
    assert {status for _, status, _ in rows[:-1]} == {"completed"}
    assert len(installation.rows("SELECT 1 FROM jobs_worker")) == 2


def test_nothing_is_left_when_it_is_killed(installation: Installation) -> None:
    portal = Portal(installation).wait_until_ready()
    portal.process.kill()
    portal.process.wait()
    eventually(lambda: not installation.processes(), "every process ends", seconds=10)


def test_a_port_in_use_is_one_clear_line(installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = installation.run(str(ROOT / "manage.py"), "portal", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"CommandError: cannot listen on 127.0.0.1 port {port}: Address already in use. Choose another with --port.\n"
    )


def test_a_killed_web_server_is_back_and_refuses_nobody_meanwhile(installation: Installation) -> None:
    portal = Portal(installation).wait_until_ready()
    first = portal.web_leader()
    first.kill()
    first.wait()
    assert httpx.get(f"{portal.url}/accounts/login/", timeout=30).status_code == httpx.codes.OK
    assert portal.web_leader().pid != first.pid


def test_two_web_processes_share_the_port(installation: Installation) -> None:
    manage = str(ROOT / "manage.py")
    portal = Portal(installation)
    portal.process.kill()
    portal.process.wait()
    eventually(lambda: not installation.processes(), "it is gone")
    process = installation.start(manage, "portal", "--port", str(portal.port), "--workers", "2")
    portal.wait_until_ready()
    assert len(portal.web_leader().children(recursive=True)) >= 2
    process.terminate()
    assert process.wait(timeout=10) == 0
    assert installation.processes() == []


def test_a_request_that_runs_is_answered_before_the_stop(installation: Installation) -> None:
    portal = Portal(installation).wait_until_ready()
    head = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\n"
    with socket.create_connection(("127.0.0.1", portal.port), timeout=20) as half:
        half.sendall(head + b"ab")
        time.sleep(1)  # it has begun: the server waits for the rest
        os.kill(portal.web_leader().pid, signal.SIGTERM)
        time.sleep(0.5)
        half.sendall(b"cd")
        assert half.recv(12) == b"HTTP/1.1 403"  # an answer: no CSRF token


def test_a_web_server_that_starts_again_refuses_nobody(installation: Installation) -> None:
    portal = Portal(installation).wait_until_ready()
    answers: list[int] = []
    lost: list[httpx.TransportError] = []

    def ask() -> None:
        with httpx.Client(timeout=10) as client:
            while len(answers) < 50:
                try:
                    answers.append(client.get(f"{portal.url}/accounts/login/").status_code)
                except httpx.TransportError as error:  # a kept connection closed as it was used: clients ask again
                    lost.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    eventually(lambda: answers, "some are answered")
    os.kill(portal.web_leader().pid, signal.SIGTERM)
    asking.join(timeout=60)
    assert answers == [httpx.codes.OK] * 50
    assert len(lost) <= 1  # RFC 9112, 9.3.1; a new connection waits in the socket that the supervisor holds
    assert not any(isinstance(error, httpx.ConnectError) for error in lost)

"""A portal that is away, slow, rude or lying: nothing is lost, nothing is done twice, nothing is followed."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from lab import Lab

from ops_runtime.errors import RejectedError, UnreachableError
from ops_runtime.machine import Machine
from ops_runtime.portal import Portal
from ops_runtime.worker import Worker


def drop(handler: Any) -> bool:
    """Close the connection without a word."""
    handler.connection.close()
    handler.close_connection = True
    return True


def times(count: int, path: str, act: Callable[[Any], object]) -> Callable[[Any, str], bool]:
    """Act on the first ``count`` requests whose path ends in ``path``."""
    left = [count]

    def fault(handler: Any, asked: str) -> bool:
        if not asked.endswith(path) or not left[0]:
            return False
        left[0] -= 1
        act(handler)
        return True

    return fault


FAULTS: dict[str, Callable[[Any], object]] = {
    "dropped": drop,
    "500": lambda handler: handler.reply(500, {"code": "BROKEN"}),
    "503": lambda handler: handler.reply(503, {"code": "BUSY"}, Retry_After="1"),
    "not JSON": lambda handler: handler.reply(200, []),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("path", ["heartbeat", "jobs/claim", "/report", "journal"])
def test_an_answer_that_is_lost_delays_and_changes_nothing(lab: Lab, path: str, fault: str) -> None:
    (lab.root / "file").write_text("x")
    order = lab.sealed("files.delete", paths=["file"])
    lab.portal.faults.append(times(1, path, FAULTS[fault]))
    job = lab.portal.put(order)
    with pytest.raises(UnreachableError):
        lab.rounds()
    lab.rounds(2)
    assert lab.portal.result(job)["status"] == "executed"
    assert lab.tree() == {}
    assert not list((lab.state.folder / "spool").iterdir())


def test_a_result_that_was_recorded_though_the_answer_was_lost_is_not_recorded_twice(lab: Lab) -> None:
    def record_and_drop(handler: Any, path: str) -> bool:
        if path.endswith("/report") and path not in lab.portal.calls:
            handler.reply = lambda *_: drop(handler)  # it is recorded, and the answer goes nowhere
        return False

    lab.portal.faults.append(record_and_drop)
    payload = lab.portal.payload("files.stat", {"path": "."})
    job = lab.portal.put(payload)
    with pytest.raises(UnreachableError):
        lab.rounds()
    lab.rounds()
    assert lab.portal.calls.count(f"jobs/{job.id}/report") == 2
    assert lab.portal.result(job)["status"] == "executed"


def test_results_wait_on_the_disk_for_days_if_need_be(lab: Lab) -> None:
    lab.portal.faults.append(times(3, "/report", drop))
    job = lab.portal.put(lab.portal.payload("files.stat", {"path": "."}))
    for _ in range(2):
        with pytest.raises(UnreachableError):
            lab.rounds()
    assert lab.command("run", "--once").returncode == 2
    assert lab.command("status", "--json").returncode == 1
    assert len(list((lab.state.folder / "spool").iterdir())) == 1
    lab.rounds()
    assert lab.portal.result(job)["status"] == "executed"


def test_a_lease_that_is_lost_before_the_start_drops_the_job_and_it_may_come_again(lab: Lab) -> None:
    (lab.root / "file").write_text("x")
    order = lab.sealed("files.delete", paths=["file"])
    lab.portal.is_leasing = False
    job = lab.portal.put(order)
    lab.rounds()
    assert (job.results, lab.tree()) == ([], {"file": b"x"})
    lab.portal.is_leasing = True
    lab.portal.put(order, job.envelope)
    lab.rounds()
    assert lab.portal.result(job)["status"] == "executed"
    assert lab.tree() == {}


def test_a_lease_that_is_lost_before_the_first_effect_stops_the_job(lab: Lab) -> None:
    with (lab.root / "big").open("wb") as file:
        file.truncate(1_600_000_000)  # a file of holes: long to hash, quick to make
    order = lab.sealed("files.delete", paths=["big"])
    job = lab.portal.put(order)

    def short(machine: Machine) -> None:
        object.__setattr__(machine.config, "lease_seconds", 1)

    lab.portal.faults.append(times(9, "/renew", lambda handler: handler.reply(409, {"code": "LEASE_LOST"})))
    lab.rounds(before=short)
    result = lab.portal.result(job)
    assert (result["status"], result["code"]) == ("refused", "LEASE_LOST")
    assert (lab.root / "big").exists()


def test_a_portal_that_cannot_be_reached_for_the_start_gets_a_failure_and_no_effect(lab: Lab) -> None:
    (lab.root / "file").write_text("x")
    order = lab.sealed("files.delete", paths=["file"])
    lab.portal.faults.append(times(3, "/start", drop))
    job = lab.portal.put(order)
    lab.rounds()
    assert lab.portal.result(job)["code"] == "PORTAL_UNREACHABLE"
    assert lab.tree() == {"file": b"x"}


@pytest.mark.parametrize("path", ["heartbeat", "jobs/claim", "/start", "/report"])
def test_a_redirect_is_not_followed(lab: Lab, path: str) -> None:
    (lab.root / "file").write_text("x")
    order = lab.sealed("files.delete", paths=["file"])
    elsewhere = lab.portal.url + "/api/v1/runtime/elsewhere"
    lab.portal.faults.append(times(1, path, lambda handler: handler.reply(307, {}, Location=elsewhere)))
    lab.portal.put(order)
    if path == "/start":
        lab.rounds()
    else:
        with pytest.raises(RejectedError, match="elsewhere"):
            lab.rounds()
    assert "elsewhere" not in lab.portal.calls
    assert (lab.tree() == {}) is (path == "/report")


def test_a_stopped_institution_gets_its_heartbeat_and_no_job_is_claimed(lab: Lab) -> None:
    lab.portal.is_stopped = True
    lab.portal.put(lab.portal.payload("files.stat", {"path": "."}))
    lab.rounds(2)
    assert lab.portal.calls[-2:] != []
    assert "jobs/claim" not in lab.portal.calls
    assert "is_stopped: True" in lab.command("status").stdout


def test_an_answer_without_end_is_not_read_to_its_end(lab: Lab) -> None:
    def flood(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(40):
                handler.wfile.write(b" " * 1_000_000)
        except OSError:
            pass

    lab.portal.faults.append(times(1, "jobs/claim", flood))
    with pytest.raises(UnreachableError, match="too large"):
        lab.rounds()


def test_c3_a_result_that_the_portal_never_takes_is_told_once_and_put_aside(lab: Lab) -> None:
    job = lab.portal.put(lab.portal.payload("files.stat", {"path": "."}))
    lab.portal.faults.append(times(9, "/report", lambda handler: handler.reply(404, {"code": "NOT_FOUND"})))
    lab.rounds(2)
    assert job.results == []
    assert "not_taken 404 NOT_FOUND" in "".join(lab.portal.journal)
    assert not list((lab.state.folder / "spool").iterdir())


def test_c6_a_job_of_a_revoked_machine_ends_in_an_error_that_status_tells(lab: Lab) -> None:
    lab.portal.runtime_id = "00000000-0000-4000-8000-000000000000"
    assert lab.command("run", "--once").returncode == 2
    done = lab.command("status")
    assert (done.returncode, "401" in done.stdout) == (1, True)


def test_c4_every_request_is_signed_anew(lab: Lab) -> None:
    lab.rounds(5)
    assert lab.portal.signature_errors == []
    assert len(lab.portal.nonces) == len(lab.portal.calls) - 1  # all but the enrolment


def test_the_journal_continues_where_the_portal_has_it_until(lab: Lab) -> None:
    lab.look("files.stat", path=".")
    count = len(lab.portal.journal)
    lab.portal.faults.append(times(1, "journal", lambda handler: handler.reply(200, {"seq": 0})))
    lab.look("files.stat", path=".")
    lab.rounds()
    assert len(lab.portal.journal) == count + 4


def test_a_slow_portal_slows_only_itself(lab: Lab) -> None:
    def late(handler: Any) -> None:
        time.sleep(1.0)
        handler.reply(500, {})

    lab.portal.faults.append(times(3, "/output", late))
    for number in range(5):
        (lab.root / f"f{number}").write_text("x")
    begun = time.monotonic()
    done = lab.effect("files.delete", paths=[f"f{number}" for number in range(5)])
    assert done["status"] == "executed"
    assert time.monotonic() - begun < 8


def test_backoff_grows_and_ends_with_the_first_answer(lab: Lab) -> None:
    machine = Machine.open(lab.state)
    try:
        with Portal("http://127.0.0.1:1", key=machine.key, keyid=machine.config.runtime_id) as nobody:
            worker = Worker(machine, nobody)
            with pytest.raises(UnreachableError):
                worker.once()
    finally:
        machine.close()
    assert "does not answer" in lab.command("status").stdout
    lab.rounds()
    assert lab.command("status").returncode == 0

"""Many looks at once: deadlines, order, and no look that can fail another."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs

from scenarios.models import ProbeState
from scenarios.probes import kinds
from scenarios.probes.base import CheckSpec, JsonSchema, Look, Measure, Probe, ProbeContext
from scenarios.probes.kinds import probe_for, probe_kinds
from scenarios.probes.running import looks_sync, run_looks
from scenarios.threads import BusyError, in_thread
from tests.scenarios.probes.looking import context_of, verdict

Behaviour = Callable[[CheckSpec, ProbeContext], Any]


class FakeProbe(Probe):
    kind = "fake"
    SCHEMA: ClassVar[JsonSchema] = {}
    MEASURES: ClassVar[tuple[Measure, ...]] = ()

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        look: Look = await check.params["does"](check, context)
        return look


@pytest.fixture(autouse=True)
def _fake_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.probes.running.probe_for", lambda kind: FakeProbe())


def checks_of(*behaviours: Behaviour, timeout_seconds: float = 5) -> list[CheckSpec]:
    return [CheckSpec(f"c{n}", "fake", {"does": does}, (), timeout_seconds) for n, does in enumerate(behaviours)]


async def well(check: CheckSpec, context: ProbeContext) -> Look:
    return Look(ProbeState.OK, "ok", {"name": check.name})


async def slow(check: CheckSpec, context: ProbeContext) -> Look:
    await asyncio.sleep(60)
    raise AssertionError


async def broken(check: CheckSpec, context: ProbeContext) -> Look:
    password = "canary-in-a-variable"
    raise ZeroDivisionError(f"boom {password}")


def test_every_kind_is_found_by_its_file() -> None:
    assert {"file_age", "heartbeat", "host", "self"} <= set(kinds.probe_kinds())
    for kind, probe in probe_kinds().items():
        assert probe.kind == kind
        assert probe_for(kind) is probe
    with pytest.raises(KeyError):
        probe_for("telepathy")


def test_one_look_per_check_in_their_order() -> None:
    async def staggered(check: CheckSpec, context: ProbeContext) -> Look:
        await asyncio.sleep(0.03 if check.name == "c0" else 0)
        return await well(check, context)

    looks = looks_sync(checks_of(*[staggered] * 7), context_of(), concurrency=3, deadline_seconds=5)
    assert [look.measured["name"] for look in looks] == [f"c{n}" for n in range(7)]


def test_nothing_to_look_at_is_no_trouble() -> None:
    assert looks_sync([], context_of(), deadline_seconds=1) == []


def test_no_more_than_so_many_at_a_time() -> None:
    running, most = 0, 0

    async def counted(check: CheckSpec, context: ProbeContext) -> Look:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.002)
        running -= 1
        return await well(check, context)

    looks_sync(checks_of(*[counted] * 50), context_of(), concurrency=8, deadline_seconds=5)
    assert most == 8


def test_an_exception_is_unknown_logged_and_costs_nobody_else() -> None:
    with capture_logs() as logs:
        looks = looks_sync(checks_of(well, broken, well), context_of(), concurrency=1, deadline_seconds=5)
    assert [verdict(look) for look in looks] == [("ok", "ok"), ("unknown", "probe_error"), ("ok", "ok")]
    assert looks[1].measured == {"error": "ZeroDivisionError"}
    assert [(entry["event"], entry["check"]) for entry in logs] == [("probe_error", "c1")]
    assert "in broken" in logs[0]["trace"]
    assert "canary" not in str(logs)


def test_a_probe_that_does_not_keep_its_timeout_is_cut_off_and_unknown() -> None:
    started = time.monotonic()
    looks = looks_sync(checks_of(slow, well, timeout_seconds=0.1), context_of(), deadline_seconds=5)
    assert [verdict(look) for look in looks] == [("unknown", "timeout"), ("ok", "ok")]
    assert time.monotonic() - started < 3


def test_what_the_total_deadline_cut_off_or_kept_from_starting_is_unknown() -> None:
    started = time.monotonic()
    looks = looks_sync(checks_of(well, slow, well, well), context_of(), concurrency=1, deadline_seconds=0.2)
    assert [verdict(look) for look in looks] == [("ok", "ok"), *[("unknown", "deadline")] * 3]
    assert time.monotonic() - started < 3


def test_a_probe_that_will_not_be_cancelled_does_not_hold_the_tick() -> None:
    async def stubborn(check: CheckSpec, context: ProbeContext) -> Look:
        for _ in range(20):
            try:
                await asyncio.sleep(0.1)
            except asyncio.CancelledError:
                continue
        return await well(check, context)

    async def timed() -> tuple[float, list[Look]]:
        started = time.monotonic()
        looks = await run_looks(checks_of(stubborn, well), context_of(), deadline_seconds=0.1)
        return time.monotonic() - started, looks

    seconds, looks = asyncio.run(timed())
    assert [verdict(look) for look in looks] == [("unknown", "deadline"), ("ok", "ok")]
    assert seconds < 1.5


def test_each_check_can_have_a_context_of_its_own() -> None:
    async def told(check: CheckSpec, context: ProbeContext) -> Look:
        return Look(ProbeState.OK, "ok", dict(context.facts))

    contexts = [context_of(facts={"institution": name}) for name in ("a", "b")]
    looks = looks_sync(checks_of(told, told), contexts, deadline_seconds=5)
    assert [look.measured["institution"] for look in looks] == ["a", "b"]


def test_a_call_that_hangs_holds_neither_the_loop_nor_the_next_round() -> None:
    stuck = threading.Event()

    async def hanging(check: CheckSpec, context: ProbeContext) -> Look:
        await in_thread("dead disk", stuck.wait)
        raise AssertionError

    async def asks_again(check: CheckSpec, context: ProbeContext) -> Look:
        with pytest.raises(BusyError):
            await in_thread("dead disk", stuck.wait)
        return await well(check, context)

    started = time.monotonic()
    looks_sync(checks_of(hanging, timeout_seconds=0.05), context_of(), deadline_seconds=5)
    assert time.monotonic() - started < 2
    assert verdict(looks_sync(checks_of(asks_again), context_of(), deadline_seconds=5)[0]) == ("ok", "ok")
    stuck.set()

    async def asks_later(check: CheckSpec, context: ProbeContext) -> Look:
        for _ in range(100):
            try:
                assert await in_thread("dead disk", stuck.wait) is True
                return await well(check, context)
            except BusyError:
                await asyncio.sleep(0.01)
        raise AssertionError

    assert verdict(looks_sync(checks_of(asks_later), context_of(), deadline_seconds=5)[0]) == ("ok", "ok")


async def test_the_same_question_may_be_asked_by_two_at_once() -> None:
    barrier = threading.Barrier(2, timeout=5)
    await asyncio.gather(in_thread("memory", barrier.wait), in_thread("memory", barrier.wait))


async def test_what_a_thread_raises_arrives() -> None:
    def fails() -> None:
        raise PermissionError("no")

    with pytest.raises(PermissionError, match="no"):
        await in_thread("fails", fails)

"""Run many looks at once: a fixed number of workers over one queue, a deadline for each look and one for all."""

import asyncio
from collections.abc import Iterator, Sequence
from time import monotonic
from traceback import format_tb

import structlog
import uvloop

from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, Look, ProbeContext, Reason
from scenarios.probes.kinds import probe_for

log = structlog.get_logger(__name__)

CONCURRENCY = 100
# A probe keeps its own timeout, because only it knows what running out of time means. This catches one that does not.
GRACE_SECONDS = 0.5

Job = tuple[int, CheckSpec, ProbeContext]


def looks_sync(
    checks: Sequence[CheckSpec],
    context: ProbeContext | Sequence[ProbeContext],
    *,
    concurrency: int = CONCURRENCY,
    deadline_seconds: float,
) -> list[Look]:
    """``run_looks`` in an event loop of its own. Hold no database transaction meanwhile."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run_looks(checks, context, concurrency=concurrency, deadline_seconds=deadline_seconds))


async def run_looks(
    checks: Sequence[CheckSpec],
    context: ProbeContext | Sequence[ProbeContext],
    *,
    concurrency: int = CONCURRENCY,
    deadline_seconds: float,
) -> list[Look]:
    """Look at all ``checks``, at most ``concurrency`` at a time; one Look each, in their order. Never raises for one.

    ``context`` is one for all, or one per check (checks of several institutions). What has not ended when
    ``deadline_seconds`` are over is ``unknown`` for the reason ``deadline``; an exception in a probe is ``unknown``
    for the reason ``probe_error`` and is logged. A look is told apart from its neighbours: none can fail another.
    """
    contexts = [context] * len(checks) if isinstance(context, ProbeContext) else context
    jobs = iter([(number, *pair) for number, pair in enumerate(zip(checks, contexts, strict=True))])
    looks: list[Look | None] = [None] * len(checks)
    workers = [asyncio.create_task(_work(jobs, looks)) for _ in range(min(concurrency, len(checks)))]
    if workers:
        _, late = await asyncio.wait(workers, timeout=deadline_seconds)
        for worker in late:
            worker.cancel()
        if late:
            await asyncio.wait(late, timeout=GRACE_SECONDS)
    return [look or _unknown(Reason.DEADLINE, seconds=deadline_seconds) for look in looks]


async def _work(jobs: Iterator[Job], looks: list[Look | None]) -> None:
    for number, check, context in jobs:
        looks[number] = await _look(check, context)


async def _look(check: CheckSpec, context: ProbeContext) -> Look:
    started = monotonic()
    try:
        async with asyncio.timeout(check.timeout_seconds + GRACE_SECONDS):
            return await probe_for(check.kind).look(check, context)
    except TimeoutError:
        return _unknown(Reason.TIMEOUT, seconds=monotonic() - started)
    except Exception as error:  # noqa: BLE001  one broken probe must not cost the others their look
        # The lines that led here, without the message and without variables: either may hold a secret.
        trace = "".join(format_tb(error.__traceback__))
        log.error("probe_error", check=check.name, kind=check.kind, error=type(error).__name__, trace=trace)
        return _unknown(Reason.PROBE_ERROR, seconds=monotonic() - started, error=type(error).__name__)


def _unknown(reason: Reason, *, seconds: float, **measured: str) -> Look:
    return Look(ProbeState.UNKNOWN, reason, measured, {}, round(seconds * 1000))

"""One job from envelope to signed result. The order of the lines here is the promise.

accepted (journal) → start (portal) → begun (journal) → effects → result (disk) → done (journal) → signed (spool).
Wherever the machine stops in between, the journal says afterwards how far it came, and nothing is done twice.
"""

from dataclasses import replace
from pathlib import Path
from threading import Event

from ops_runtime.canonical import canonical_bytes, parse_object
from ops_runtime.effects import Effects, effects_read
from ops_runtime.errors import RefusedError, RejectedError, UnreachableError
from ops_runtime.files import gone, write_atomic
from ops_runtime.journal import JobTrace
from ops_runtime.lease import Lease
from ops_runtime.machine import Machine
from ops_runtime.orders import Claimed, Order, order_claimed, order_verify
from ops_runtime.performing import order_perform
from ops_runtime.portal import Portal
from ops_runtime.results import Outcome, body_make, result_sign

_START_TRIES = 3
_START_PAUSE_SECONDS = 1.0


class Jobs:
    """Takes envelopes, and after a crash tells what became of those that were taken."""

    def __init__(self, machine: Machine, portal: Portal) -> None:
        self._machine, self._portal = machine, portal
        self._folder = machine.state.child("work")

    def take(self, envelope: object, *, trusted: frozenset[str], at: int) -> None:
        """Do an order once; the same one again only tells its first result again."""
        claimed, journal = order_claimed(envelope), self._machine.journal
        trace = journal.jobs.get(claimed.job)
        is_known = trace is not None and trace.order == claimed.digest and not trace.is_dropped
        if (is_known or claimed.digest in journal.refused) and self._machine.spool.again(claimed.job, claimed.digest):
            journal.append("repeated", job=claimed.job, order=claimed.digest)
            return
        try:
            order = order_verify(envelope, self._machine.config, journal, trusted=trusted, at=at)
        except RefusedError as error:
            self._refuse(claimed, error)
            return
        self._pin(order)
        journal.append("accepted", job=order.job, order=order.digest, nonce=order.nonce, plan=order.plan_digest)
        self._start(order)

    def recover(self) -> None:
        """Tell of what was cut off: by the journal how far it came, by the folder what is visible. Nothing is repeated."""
        jobs = self._machine.journal.jobs
        left = {path.name[:36] for path in self._folder.iterdir()}
        for job in sorted(left & jobs.keys() | {job for job, trace in jobs.items() if trace.is_open}):
            trace = jobs[job]
            if trace.is_open:
                self._finish(job, trace.order, self._interrupted(job, trace))
            elif trace.kinds[-1] == "done" and not self._machine.spool.has(job, trace.order):
                self._sign(job, trace.order)
            self._forget(job)

    def _start(self, order: Order) -> None:
        try:
            self._start_call(order.job)
        except RejectedError as error:
            self._machine.journal.append("dropped", job=order.job, order=order.digest, code=error.code)
            return
        except UnreachableError as error:
            outcome = Outcome("failed", f"Nothing was done: {error.message}", "PORTAL_UNREACHABLE")
            self._finish(order.job, order.digest, outcome)
            return
        with Lease(self._portal, order.job, self._machine.config.lease_seconds) as lease:
            begun = Outcome("failed", "")
            outcome = order_perform(self._machine, order, lease, self._effects_file(order.job))
            outcome.started_at = begun.started_at
        self._finish(order.job, order.digest, outcome)

    def _start_call(self, job: str) -> None:
        for left in range(_START_TRIES - 1, -1, -1):
            try:
                self._portal.call(f"jobs/{job}/start", {})
            except UnreachableError:
                if not left:
                    raise
                Event().wait(_START_PAUSE_SECONDS)
            else:
                return

    def _refuse(self, claimed: Claimed, error: RefusedError) -> None:
        line = self._machine.journal.append("refused", job=claimed.job, order=claimed.digest, code=error.code)
        if not claimed.job:
            return
        outcome = Outcome("refused", error.message, error.code)
        body = body_make(outcome, job=claimed.job, order=claimed.digest, runtime=self._machine.config.runtime_id)
        self._spool(claimed.job, claimed.digest, body, line.seq, line.hash)

    def _finish(self, job: str, order: str, outcome: Outcome) -> None:
        body = body_make(outcome, job=job, order=order, runtime=self._machine.config.runtime_id)
        write_atomic(self._result_file(job), canonical_bytes(body))
        line = self._machine.journal.append(
            "done", job=job, order=order, code=outcome.code, digest=str(body["result_sha256"]), note=outcome.status
        )
        self._spool(job, order, body, line.seq, line.hash)
        self._forget(job)

    def _sign(self, job: str, order: str) -> None:
        """Sign the result that is on the disk, bound to its line in the journal."""
        try:
            body = parse_object(self._result_file(job).read_bytes())
        except FileNotFoundError:
            return  # it was signed, sent and forgotten
        done = [line for line in self._machine.journal.lines() if line.kind == "done" and line.job == job][-1]
        self._spool(job, order, body, done.seq, done.hash)

    def _spool(self, job: str, order: str, body: dict[str, object], seq: int, chain: str) -> None:
        machine = self._machine
        envelope = result_sign(body, seq=seq, chain=chain, key=machine.key, runtime=machine.config.runtime_id)
        machine.spool.put(job, order, envelope)

    def _interrupted(self, job: str, trace: JobTrace) -> Outcome:
        if not trace.has_begun:
            return Outcome("failed", "The program was stopped before anything was done.", "INTERRUPTED")
        try:
            effects = effects_read(self._effects_file(job).read_bytes())
        except FileNotFoundError:
            return Outcome("failed", "The program was stopped while it looked; nothing was changed.", "INTERRUPTED")
        seen: dict[str, object] = dict(Effects(self._machine.root, self._machine.trash, job).inspect(effects))
        done = len(effects) - len(list_of(seen["not_done"])) - len(list_of(seen["unknown"]))
        if done == len(effects):
            trash = [effect.slot for effect in effects if effect.step.action == "delete"]
            counts = {"applied_count": done, "failed_count": 0, "failures": [], "trash": trash, "recovered": True}
            return Outcome("executed", f"Stopped after the last effect; all {done} are there.", result=counts)
        return Outcome("failed", f"Stopped in the middle: {done} of {len(effects)} are there.", "INTERRUPTED", seen)

    def _pin(self, order: Order) -> None:
        """Keep to the contract of the first order, when there was none yet at the enrolment."""
        if not self._machine.config.contract:
            self._machine.config = replace(self._machine.config, contract=order.contract)
            self._machine.state.config_save(self._machine.config)

    def _forget(self, job: str) -> None:
        gone(self._effects_file(job))
        gone(self._result_file(job))

    def _effects_file(self, job: str) -> Path:
        return self._folder / f"{job}.effects"

    def _result_file(self, job: str) -> Path:
        return self._folder / f"{job}.result"


def list_of(value: object) -> list[object]:
    """Return a list as such."""
    return value if isinstance(value, list) else []

"""The loop: heartbeat, results, journal, the next order; patient when the portal is away, and ended by SIGTERM."""

import random
import signal
import time
from threading import Event
from types import FrameType

from ops_runtime import __version__, clock
from ops_runtime.contact import Contact
from ops_runtime.errors import RejectedError, UnreachableError
from ops_runtime.jobs import Jobs
from ops_runtime.machine import Machine
from ops_runtime.portal import Portal
from ops_runtime.trash import DAY

BACKOFF_FIRST_SECONDS, BACKOFF_MAX_SECONDS = 1.0, 120.0
JITTER = 0.2
LINES_MAX = 200
LINES_BYTES = 400_000


class Worker:
    """Works for one portal until it is told to stop."""

    def __init__(self, machine: Machine, portal: Portal) -> None:
        self._machine, self._portal = machine, portal
        self._jobs = Jobs(machine, portal)
        self._contact = Contact.load(machine.state)
        self._stop = Event()
        self._beat_at = self._tidy_at = 0.0

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Finish the job in hand, then end."""
        self._stop.set()

    def run(self) -> None:
        """Work until ``stop``; SIGTERM and SIGINT are that."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        self._jobs.recover()
        pause = BACKOFF_FIRST_SECONDS
        while not self._stop.is_set():
            try:
                has_worked = self.round()
            except (UnreachableError, RejectedError) as error:
                self._contact.failed(error.message)
                wait = getattr(error, "retry_seconds", None) or random.uniform(pause / 2, pause)  # noqa: S311
                pause = min(pause * 2, BACKOFF_MAX_SECONDS)
            else:
                pause = BACKOFF_FIRST_SECONDS
                wait = 0.0 if has_worked else self._jittered(self._machine.config.poll_seconds)
            self._stop.wait(wait)

    def once(self) -> None:
        """Recover and make one round; raise UnreachableError or RejectedError when the portal did not play along."""
        self._jobs.recover()
        try:
            self.round()
        except (UnreachableError, RejectedError) as error:
            self._contact.failed(error.message)
            raise

    def round(self) -> bool:
        """Do what is due and at most one order; say whether there was one."""
        if time.monotonic() >= self._beat_at:
            self._beat()
        self._tidy()
        self._results_send()
        has_worked = not self._contact.is_stopped and self._claim()
        if has_worked:
            self._results_send()
        self._journal_send()
        self._contact.reached()
        return has_worked

    def _beat(self) -> None:
        config, journal = self._machine.config, self._machine.journal
        before = clock.now()
        answer = self._portal.call(
            "heartbeat",
            {
                "version": __version__,
                "root": config.root_dir,
                "capabilities": sorted(config.limits.operations),
                "journal": {"seq": journal.seq, "hash": journal.hash},
            },
        )
        self._contact.beat(answer, config, at=(before + clock.now()) // 2)
        self._beat_at = time.monotonic() + self._jittered(config.heartbeat_seconds)

    def _claim(self) -> bool:
        answer = self._portal.call("jobs/claim", {"limit": 1})
        orders = answer.get("orders")
        if not isinstance(orders, list):
            raise UnreachableError("The portal's answer has no orders.")
        at = clock.judged(clock.now(), self._contact.offset)
        for envelope in orders[:1]:
            self._jobs.take(envelope, trusted=self._contact.trusted(self._machine.config), at=at)
        return bool(orders)

    def _results_send(self) -> None:
        for one in self._machine.spool.waiting():
            try:
                answer = self._portal.call(f"jobs/{one.job}/report", one.envelope)
                word = "reported" if answer.get("recorded") else "reported_before"
            except RejectedError as error:
                if error.status in {401, 403} or error.code == "REDIRECT":
                    raise
                word = f"not_taken {error.status} {error.code}"[:200]
            self._machine.journal.append("reported", job=one.job, note=word)
            self._machine.spool.sent(one)

    def _journal_send(self) -> None:
        journal = self._machine.journal
        if self._contact.journal_seq > journal.seq:
            raise RejectedError(409, "JOURNAL_SHORTER", "The portal has more of our journal than we do.")
        while self._contact.journal_seq < journal.seq:
            lines: list[str] = []
            size = 0
            for line in journal.lines(self._contact.journal_seq):
                size += len(line.text)
                if lines and (len(lines) == LINES_MAX or size > LINES_BYTES):
                    break
                lines.append(line.text)
            answer = self._portal.call("journal", {"lines": lines, "from_seq": self._contact.journal_seq + 1})
            seq = answer.get("seq")
            if not isinstance(seq, int) or seq <= self._contact.journal_seq:
                return  # it did not take them; with the next round again
            self._contact.journal_sent(min(seq, journal.seq))

    def _tidy(self) -> None:
        if time.monotonic() < self._tidy_at:
            return
        self._tidy_at = time.monotonic() + DAY
        self._machine.spool.prune()
        for entry in self._machine.trash.purge(clock.now() - self._machine.config.limits.trash_days * DAY):
            self._machine.journal.append("purged", job=entry.job, note=entry.slot)

    @staticmethod
    def _jittered(seconds: float) -> float:
        return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  not a secret: it spreads the load

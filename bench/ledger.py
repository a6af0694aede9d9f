"""The ledger: an entry against a plain row, a verification against the bare hash.

The plain row goes into a table with the columns and indexes of the entries, through the ORM. Each competitor
gets a slice of time in turn, in 1, 4 and 16 processes that all write for one institution.
"""

import hashlib
import multiprocessing
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from multiprocessing.sharedctypes import Synchronized
from threading import BrokenBarrierError
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from bench.report import Row, interleaved, row, suite_report
from bench.scratch import on_both

SLICE_SECONDS = 0.5
SLICES = 9
WRITERS = {1: 1.0, 4: 1.0, 16: 0.8}
BULK = 2_000
ENTRIES = 50_000
INSTITUTION = UUID(int=7)
DATA: dict[str, object] = {
    "scenario": "desk.api.health",
    "check": "http",
    "severity": "high",
    "state": "down",
    "fingerprint": "ab" * 32,
    "owner": "A3",
    "run": UUID(int=8),
    "evidence": "cd" * 32,
}
Writer = Callable[[], object]


def measure() -> list[Row]:
    """Prepare both tables and time the writers, then the verification."""
    from ledger.services import chain_start, unit
    from opsportal.core.actor import SYSTEM

    with unit(INSTITUTION, SYSTEM):
        chain_start(INSTITUTION)
    writers = _writers(_plain_model())
    rows = []
    for processes, floor in WRITERS.items():
        rates = _contend({name: writers[name] for name in ("create", "append")}, processes)
        rows.append(_rate_row(f"append, {processes} writers", rates["append"], rates["create"], f">= {floor}"))
    rates = _contend({name: writers[name] for name in ("row and row", "row and entry")}, 1)
    rows.append(
        _rate_row(
            "a change with its entry, over one with a log row", rates["row and entry"], rates["row and row"], ">= 0.8"
        )
    )
    spent = interleaved(
        {"plain": writers["bulk create"], "chained": writers["bulk append"]}, rounds=SLICES, clock=perf_counter
    )
    rows.append(_rate_row(f"bulk of {BULK}", BULK / spent["chained"], BULK / spent["plain"], ">= 0.85"))
    return [*rows, *_verification()]


def _rate_row(name: str, ours: float, theirs: float, goal: str) -> Row:
    return row(name, ours, "/s", baseline=theirs, ratio=ours / theirs, goal=goal)


def _plain_model() -> Any:
    """Make a table like that of the entries, without triggers."""
    from django.db import connection, models

    from ledger.models import Entry

    columns = {field.name: field.clone() for field in Entry._meta.concrete_fields if field.name != "id"}
    meta = {
        "app_label": "bench",
        "db_table": "bench_plain",
        "constraints": [
            models.UniqueConstraint(fields=list(constraint.fields), name=f"plain_{number}")
            for number, constraint in enumerate(Entry._meta.constraints)
            if isinstance(constraint, models.UniqueConstraint)
        ],
        "indexes": [
            models.Index(fields=list(index.fields), name=f"plain_i{number}", condition=index.condition)
            for number, index in enumerate(Entry._meta.indexes)
        ],
    }
    model = type("Plain", (models.Model,), {"__module__": __name__, "Meta": type("Meta", (), meta), **columns})
    with connection.schema_editor() as editor:
        editor.create_model(model)
        editor.execute("CREATE TABLE bench_business (id bigint PRIMARY KEY, n bigint NOT NULL)")
    return model


def _writers(plain: Any) -> dict[str, Writer]:
    from django.db import connection, transaction
    from django.utils import timezone

    from ledger.entry import draft_make
    from ledger.kinds import Kind
    from ledger.schema import data_text
    from ledger.services import entry_record, unit
    from ledger.store import drafts_append
    from opsportal.core.actor import SYSTEM

    numbers = count(1)

    def draft() -> Any:
        case = uuid4()
        return draft_make(
            institution_id=INSTITUTION,
            kind=Kind.FINDING_OPENED.value,
            actor=SYSTEM,
            subject=f"finding:{case}",
            case=case,
            data=data_text("FINDING_OPENED", Kind.FINDING_OPENED.schema, DATA),
            ts=timezone.now(),
        )

    body = draft().body("0" * 64, 1)

    def line() -> dict[str, Any]:
        case = uuid4()
        return {
            "institution_id": INSTITUTION,
            "seq": (os.getpid() << 32) + next(numbers),  # of its own in each process
            "ts": timezone.now(),
            "kind": "FINDING_OPENED",
            "actor": "opsportal",
            "subject": f"finding:{case}",
            "case": case,
            "body": body,
            "hash": "ab" * 32,
        }

    def append() -> None:
        made = draft()
        if connection.vendor == "postgresql":  # one statement, as the INSERT beside it
            drafts_append(INSTITUTION, [made])
        else:
            with transaction.atomic():
                drafts_append(INSTITUTION, [made])

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_business (id, n) VALUES (%s, 1)", [uuid4().int >> 66])

    def row_and_row() -> None:
        with transaction.atomic():
            change()
            plain.objects.create(**line())

    def record() -> None:
        case = uuid4()
        entry_record(kind=Kind.FINDING_OPENED, subject=f"finding:{case}", actor=SYSTEM, case=case, data=DATA)

    def row_and_entry() -> None:
        with unit(INSTITUTION, SYSTEM):
            change()
            record()

    def bulk_create() -> None:
        with transaction.atomic():
            plain.objects.bulk_create([plain(**line()) for _ in range(BULK)])

    def bulk_append() -> None:
        with unit(INSTITUTION, SYSTEM):
            for _ in range(BULK):
                record()

    return {
        "create": lambda: plain.objects.create(**line()),
        "append": append,
        "row and row": row_and_row,
        "row and entry": row_and_entry,
        "bulk create": bulk_create,
        "bulk append": bulk_append,
    }


def _contend(writers: Mapping[str, Writer], processes: int) -> dict[str, float]:
    """Let ``processes`` write at once, each writer for a slice in turn; return the median rate of each per second."""
    from django.db import connections

    connections.close_all()
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(processes + 1)
    done: Synchronized[int] = fork.Value("q", 0)

    def work() -> None:
        for _, write in _turns(writers):
            write()
            barrier.wait()
            finished, until = 0, perf_counter() + SLICE_SECONDS
            while perf_counter() < until:
                write()
                finished += 1
            with done.get_lock():
                done.value += finished
            barrier.wait()

    children = [fork.Process(target=work) for _ in range(processes)]
    for child in children:
        child.start()
    rates: dict[str, list[float]] = {name: [] for name in writers}
    try:
        for name, _ in _turns(writers):
            barrier.wait(60)
            done.value, begun = 0, perf_counter()
            barrier.wait(60)
            rates[name].append(done.value / (perf_counter() - begun))
    except BrokenBarrierError:
        sys.exit("a writer failed")
    for child in children:
        child.join()
    return {name: statistics.median(found) for name, found in rates.items()}


def _turns(writers: Mapping[str, Writer]) -> Iterator[tuple[str, Writer]]:
    for _ in range(SLICES):
        yield from writers.items()


def _verification() -> list[Row]:
    from ledger.entry import links_broken
    from ledger.selectors import entries_since
    from ledger.verification import chain_verify
    from ledger.verifier.opsportal_verify import Walk

    lines = [entry.body.encode() for entry in entries_since(INSTITUTION, 0, ENTRIES)]

    def bare() -> None:
        sha256 = hashlib.sha256
        for line in lines:
            sha256(b"\0" + line).digest()

    def walk(*, strict: bool) -> None:
        walked = Walk(str(INSTITUTION))
        for line in lines:
            walked.feed(line, strict=strict)
        walked.end()
        assert not walked.faults

    def links() -> None:
        assert links_broken(lines) == 0

    spent = interleaved(
        {
            "bare": bare,
            "links": links,
            "walk": lambda: walk(strict=False),
            "strict": lambda: walk(strict=True),
        }
    )
    begun = perf_counter()
    found = chain_verify(INSTITUTION)
    portal = found.size / (perf_counter() - begun)
    assert found.is_intact
    rates = {name: len(lines) / seconds for name, seconds in spent.items()}
    return [
        _rate_row("verify a file, over bare SHA-256", rates["walk"], rates["bare"], ">= 0.10"),
        _rate_row("links of a file, over bare SHA-256", rates["links"], rates["bare"], ">= 0.5"),
        row("verify a file with canonical form", rates["strict"], "/s"),
        row("verify in the portal", portal, "/s"),
    ]


if __name__ == "__main__":
    sys.exit(0 if suite_report("ledger", on_both("bench.ledger", measure)) else 1)

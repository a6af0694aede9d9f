"""A process that forks writers on demand, so that a hundred of them cost one start of Django.

Reads one JSON object per line: ``{"mode", "name", "institutions", "seed", "commit", "units", "acks"}``; forks a child for
it and prints the child's pid. A child acknowledges by appending a line to the file ``acks`` once the
commit has returned; a line is one write, so a killed child leaves whole lines only. When the order
has ``units``, the child ends after so many; the parent prints ``done <pid> <status>`` on ``"wait"``.
"""

import json
import os
import random
import sys
from typing import Any
from uuid import UUID

import django


def main() -> None:
    """Serve orders until the input ends."""
    django.setup()
    for line in sys.stdin:
        order = json.loads(line)
        if order == "wait":
            _report()
            continue
        pid = os.fork()
        if pid == 0:
            _write(order)
        _say(pid)


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def _report() -> None:
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            _say("end")
            return
        _say("done", pid, os.waitstatus_to_exitcode(status))


def _write(order: dict[str, Any]) -> None:
    status = 1
    try:
        acks = os.open(order["acks"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        write = {"one": _one, "early": _early, "several": _several}[order["mode"]]
        _go_early(order)
        dice = random.Random(order["seed"])  # noqa: S311  reproducible is what a test wants
        number = 0
        while number < order.get("units", sys.maxsize):
            write(order, f"{order['name']}-{number}", dice, acks)
            number += 1
        status = 0
    finally:
        os._exit(status)


def _go_early(order: dict[str, Any]) -> None:
    """``shared``: take the chains for busy, as under load on PostgreSQL. ``unsafe``: and do not wait for the disk."""
    from ledger import store

    if order["commit"] != "safe":
        store._busy_until = {UUID(institution): float("inf") for institution in order["institutions"]}
    if order["commit"] == "unsafe":
        store._flush = lambda: None


def _one(order: dict[str, Any], name: str, dice: random.Random, acks: int) -> None:
    """One unit with 1 to 5 entries in one institution, acknowledged after the commit."""
    count = dice.choice((1, 1, 1, 5))
    _append(UUID(order["institutions"][0]), name, count)
    os.write(acks, f"{name} {count}\n".encode())


def _early(order: dict[str, Any], name: str, dice: random.Random, acks: int) -> None:
    """The same, acknowledged before the commit: what the test must be able to find."""
    from ledger.services import unit
    from opsportal.core.actor import SYSTEM

    institution_id = UUID(order["institutions"][0])
    with unit(institution_id, SYSTEM):
        _record(institution_id, name, 1)
        os.write(acks, f"{name} 1\n".encode())


def _several(order: dict[str, Any], name: str, dice: random.Random, acks: int) -> None:
    """One unit over some institutions, nested in a random order."""
    from contextlib import ExitStack

    from ledger.services import unit
    from opsportal.core.actor import SYSTEM

    chosen = dice.sample(order["institutions"], dice.randint(1, len(order["institutions"])))
    with ExitStack() as stack:
        for institution in chosen:
            stack.enter_context(unit(UUID(institution), SYSTEM))
            _record(UUID(institution), name, 1)
    os.write(acks, "".join(f"{institution} {name}\n" for institution in chosen).encode())


def _append(institution_id: UUID, name: str, count: int) -> None:
    from ledger.services import unit
    from opsportal.core.actor import SYSTEM

    with unit(institution_id, SYSTEM):
        _record(institution_id, name, count)


def _record(institution_id: UUID, name: str, count: int) -> None:
    from ledger.kinds import Kind
    from ledger.services import entry_record
    from opsportal.core.actor import SYSTEM

    for part in range(count):
        entry_record(
            kind=Kind.SCENARIO_CHANGED,
            subject=f"proof:{name}-{part}",
            actor=SYSTEM,
            data={"scenario": "desk.api", "is_enabled": True},
            institution_id=institution_id,
        )


if __name__ == "__main__":
    main()

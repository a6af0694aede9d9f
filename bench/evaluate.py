"""A decision: the engine, with its whole trace, against a Cedar authorization of the same request.

Cedar gets its policies and entities prepared and the request ready-made, and says less: yes or no about role,
operation and limits. The engine goes through every gate from its snapshot. CPU of this process per decision. Counting
votes is more than Cedar is asked for: that row has to be no dearer.
"""

import sys
from collections.abc import Callable

import cedarpy

from bench.report import Row, interleaved, row, suite_report
from remediation.engine import Bundle, Snapshot, evaluate
from tests.remediation.engine.cedar import prepared, request_of
from tests.remediation.engine.factories import ANA, BUNDLE, ENOUGH_TO_DELETE, asking, bundle_of, contract, operation

ROUNDS = 9
DECISIONS = 300
MANY = 60
PEOPLE = {ANA.id: ANA.roles}


def measure() -> list[Row]:
    """Ask both about a request of each kind, for a small contract and for one of many operations."""
    large = _large()
    return [
        _row("a look", BUNDLE, asking()),
        _row(f"a look, {len(large.operations)} operations", large, asking()),
        _row("a deletion with three votes", BUNDLE, asking("files.delete", votes=ENOUGH_TO_DELETE)),
        _row("a refusal", BUNDLE, asking("files.shred")),
    ]


def _large() -> Bundle:
    rules = contract()
    names = [f"more.n{number}" for number in range(MANY)]
    like = rules["operations.json"]["operations"][0]
    more = [operation(name, params=like["params"]) for name in names]
    rules["operations.json"]["operations"] = [*rules["operations.json"]["operations"], *more]
    rules["rbac.json"]["actors"][0]["permissions"] = [*rules["rbac.json"]["actors"][0]["permissions"], *names]
    rules["mandates.json"]["mandates"][0]["operations"] += names
    return bundle_of(rules)


def _row(name: str, bundle: Bundle, snapshot: Snapshot) -> Row:
    policies, entities = prepared(bundle, PEOPLE)
    request = request_of(snapshot)
    assert cedarpy.is_authorized(request, policies, entities).allowed is (
        evaluate(bundle, snapshot).effect == "allowed"
    )
    spent = interleaved(
        {
            "cedar": _often(lambda: cedarpy.is_authorized(request, policies, entities)),
            "engine": _often(lambda: evaluate(bundle, snapshot)),
        },
        rounds=ROUNDS,
    )
    ours, theirs = (spent[one] / DECISIONS * 1e6 for one in ("engine", "cedar"))
    return row(f"{name}: Cedar's CPU over the engine's", ours, "us", baseline=theirs, ratio=theirs / ours, goal=">= 10")


def _often(ask: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        for _ in range(DECISIONS):
            ask()

    return run


if __name__ == "__main__":
    sys.exit(not suite_report("evaluate", measure()))

"""``pytest --spec-report`` (``make spec``): which lines of the feature list have passing tests.

A test says what it proves by ``@pytest.mark.spec("L14")``. A line counts as passed when at least one test
carries it and none of those fails.
"""

from collections import defaultdict

import pytest

GROUPS = {"L": 48, "O": 41, "F": 47, "V": 74, "N": 62}
IDS = [f"{group}{number:02}" for group, count in GROUPS.items() for number in range(1, count + 1)]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--spec-report", action="store_true", help="print one line per id of the feature list")


def pytest_configure(config: pytest.Config) -> None:
    """Count only when asked."""
    if config.getoption("--spec-report"):
        config.pluginmanager.register(SpecReport(), "spec-report")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse an id that the list does not have."""
    for item in items:
        unknown = set(_ids(item)) - set(IDS)
        if unknown:
            raise pytest.UsageError(f"{item.nodeid} carries unknown ids: {', '.join(sorted(unknown))}")


def _ids(item: pytest.Item) -> list[str]:
    return [str(identifier) for mark in item.iter_markers("spec") for identifier in mark.args]


class SpecReport:
    """Collects which tests carry which id, and how they ended."""

    def __init__(self) -> None:
        self.ids: dict[str, list[str]] = {}
        self.outcomes: defaultdict[str, set[str]] = defaultdict(set)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Remember what the test proves."""
        self.ids[item.nodeid] = _ids(item)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember how it ended."""
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid].add(report.outcome)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print one line per id, then how many have none."""
        tests: defaultdict[str, list[str]] = defaultdict(list)
        for nodeid, identifiers in self.ids.items():
            for identifier in identifiers:
                tests[identifier].append(nodeid)
        terminalreporter.section("feature list")
        for identifier in IDS:
            terminalreporter.write_line(f"{identifier} {self._verdict(tests[identifier])}")
        proved = sum(self._verdict(tests[identifier]).startswith("pass") for identifier in IDS)
        terminalreporter.write_line(f"{proved} of {len(IDS)} ids are carried by passing tests")

    def _verdict(self, nodeids: list[str]) -> str:
        outcomes = [self.outcomes[nodeid] for nodeid in nodeids]
        if any("failed" in outcome for outcome in outcomes):
            return f"FAIL {len(nodeids)} tests"
        passed = sum(outcome == {"passed"} for outcome in outcomes)
        return f"pass {passed} test{'s' if passed > 1 else ''}" if passed else "none"

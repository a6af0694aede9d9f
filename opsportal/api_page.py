"""The table of routes in docs/api.md, drawn from the description of the API."""

import re
from collections.abc import Iterator
from typing import Any

from opsportal.schema import document

BEGIN, END = "<!-- routes: written by `make docs` -->", "<!-- end of routes -->"
SEED = frozenset(
    {
        "GET /api/v1/agents/health",
        "GET /api/v1/agents/roster",
        "GET /api/v1/agents/inbox",
        "GET /api/v1/agents/threads",
        "GET /api/v1/agents/threads/{thread_id}/messages",
        "POST /api/v1/agents/threads/{thread_id}/reply",
        "POST /api/v1/agents/messages/{message_id}/ack",
        "GET /api/v1/agents/scenarios",
        "GET /api/v1/agents/findings",
        "POST /api/v1/agents/findings/{finding_id}/ack",
        "GET /api/v1/agents/action-log",
        "POST /api/v1/agents/runs/{id}",
        "POST /api/v1/agents/chat",
        "POST /api/v1/agents/internal/tick",
    }
)
"""The routes of Spec 029. They keep their addresses and the members of their answers."""
_NEEDS = re.compile(r"Needs the permission `([^`]+)`")
_DOORS = {"internal": "`X-Ops-Internal-Token`"}


def routes_table() -> str:
    """Return the table of every route as Markdown, those of Spec 029 first."""
    rows = [_row(method, path, operation) for path, method, operation in _operations()]
    head = ["| route | needs | what it does | answers |", "|---|---|---|---|"]
    parts = []
    for title, is_seed in (("Routes of Spec 029", True), ("Ours", False)):
        parts += [f"### {title}", "", *head, *(row for route, row in rows if (route in SEED) is is_seed), ""]
    return "\n".join([BEGIN, "", *parts, END])


def page_with_table(page: str) -> str:
    """Return the page with its table as it is now; raise ValueError when it has no place for one."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page must hold {BEGIN} and {END}")
    return f"{before}{routes_table()}{after}"


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield path, method.upper(), operation


def _row(method: str, path: str, operation: dict[str, Any]) -> tuple[str, str]:
    words = str(operation["description"]).split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    statuses = " ".join(operation["responses"])
    return f"{method} {path}", f"| {method} `{path}` | {_needs(operation)} | {words} | {statuses} |"


def _needs(operation: dict[str, Any]) -> str:
    found = _NEEDS.search(operation["description"])
    if found:
        return f"`{found[1]}`"
    doors = [_DOORS[name] for way in operation.get("security", []) for name in way if name in _DOORS]
    return doors[0] if doors else "nothing"

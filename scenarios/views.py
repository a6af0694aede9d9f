"""Scenarios as people see them: the board, one scenario, one run, and the buttons on them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from opsportal.core.errors import InvalidError
from opsportal.core.facets import choices, chosen, replaced
from opsportal.core.http import PortalRequest
from opsportal.core.pages import page_read, page_url
from opsportal.institutions.access import Permission
from opsportal.institutions.web import requires
from scenarios import selectors
from scenarios.board import ORDER, BoardRow, board_filter, board_groups, board_read, board_search
from scenarios.detail import run_context, scenario_context
from scenarios.models import Run
from scenarios.registry.selectors import registry_standing
from scenarios.registry.services import scenario_disable, scenario_enable
from scenarios.services import scenario_run

PAGE, RUNS = 50, 20
PAGE_OF_ONE = "scenario"  # the element that a button on the page of one scenario replaces


@requires(Permission.OPS_READ)
@require_safe
def scenario_list(request: PortalRequest) -> HttpResponse:
    """Show the board: everything that is watched, what needs somebody first."""
    standing = registry_standing()
    board = board_read(standing.registry)
    found = _found(request, board)
    number, pages = _page_number(request), max(1, -(-len(found) // PAGE))
    shown = found[(number - 1) * PAGE : number * PAGE]
    return render(
        request,
        "scenarios/list.html",
        {
            **_rows_context(request, shown),
            **_facets_context(request, board),
            "standing": standing,
            "sees_problems": _answers_for_files(request),
            "board": board,
            "previous": replaced(request.GET, page=[str(number - 1)]) if number > 1 else None,
            "next": replaced(request.GET, page=[str(number + 1)]) if number < pages else None,
        },
    )


@requires(Permission.OPS_READ)
@require_safe
def rows(request: PortalRequest) -> HttpResponse:
    """Draw the rows named ``shown`` again, in their order, and count the facets again: something moved."""
    board = board_read()
    by_name = {row.name: row for row in board}
    shown = [by_name[name] for name in request.GET.get("shown", "").split(",")[:PAGE] if name in by_name]
    return render(
        request,
        "scenarios/_rows_live.html",
        {**_rows_context(request, shown), **_facets_context(request, board)},
    )


@requires(Permission.OPS_READ)
@require_safe
def detail(request: PortalRequest, name: str) -> HttpResponse:
    """Show one scenario: how it stands, how it stood, what it is, and what to do."""
    return render(request, "scenarios/detail.html", _detail_context(request, name))


@requires(Permission.OPS_READ)
@require_safe
def run(request: PortalRequest, code: UUID) -> HttpResponse:
    """Show one run with the evidence of every check."""
    return render(request, "scenarios/run.html", run_context(selectors.run_get(code)))


@requires(Permission.RUN_START)
@require_POST
def run_now(request: PortalRequest, name: str) -> HttpResponse:
    """Look at one scenario now, and show what was seen in place."""
    summary = scenario_run(institution_id=request.institution.id, name=name, actor=request.actor)
    text = _("%(name)s was looked at: see its state.") % {"name": summary.scenario_id}
    return _answered(request, name, text)


@requires(Permission.SCENARIO_MANAGE)
@require_POST
def enable(request: PortalRequest, name: str) -> HttpResponse:
    """Watch a scenario again."""
    scenario_enable(scenario=selectors.scenario_get(name), actor=request.actor)
    return _answered(request, name, _("%(name)s is watched again, from the next round on.") % {"name": name})


@requires(Permission.SCENARIO_MANAGE)
@require_POST
def disable(request: PortalRequest, name: str) -> HttpResponse:
    """Stop watching a scenario until somebody enables it."""
    scenario_disable(scenario=selectors.scenario_get(name), actor=request.actor)
    text = _("%(name)s is not watched any more. Its findings resolve with the next round.") % {"name": name}
    return _answered(request, name, text)


def _answered(request: PortalRequest, name: str, text: str) -> HttpResponse:
    """Draw what the button was on: the page of the scenario, or its row."""
    if request.htmx.target == PAGE_OF_ONE:
        return render(request, "scenarios/_page_and_toast.html", {**_detail_context(request, name), "text": text})
    context = _rows_context(request, board_read(names=[name]))
    return render(request, "scenarios/_row_and_toast.html", {**context, **context["rows"][0], "text": text})


def _detail_context(request: PortalRequest, name: str) -> dict[str, Any]:
    scenario = selectors.scenario_get(name)
    runs = page_read(selectors.runs_recent(scenario), cursor=request.GET.get("cursor", ""), size=RUNS)
    return {
        **scenario_context(
            scenario,
            measure=request.GET.get("plot", ""),
            sees_addresses=not {Permission.SCENARIO_MANAGE, Permission.OPS_WRITE}.isdisjoint(request.permissions),
        ),
        **_may(request),
        "runs": runs.items,
        "previous": page_url(request, runs.previous),
        "next": page_url(request, runs.next),
    }


def _found(request: PortalRequest, board: Sequence[BoardRow]) -> list[BoardRow]:
    return board_filter(
        board_search(board, request.GET.get("q", "").strip()),
        states=chosen(request.GET, "state", ORDER),
        owners=chosen(request.GET, "owner"),
    )


def _facets_context(request: PortalRequest, board: Sequence[BoardRow]) -> dict[str, Any]:
    words = request.GET.get("q", "").strip()
    groups = board_groups(board_search(board, words))
    wanted = {"state": chosen(request.GET, "state", ORDER), "owner": chosen(request.GET, "owner")}
    return {
        "q": words,
        "states": choices(request.GET, "state", groups, wanted, order=ORDER),
        "owners": choices(request.GET, "owner", groups, wanted, one=True),
        "query": replaced(request.GET),
    }


def _rows_context(request: PortalRequest, shown: Sequence[BoardRow]) -> dict[str, Any]:
    strips: dict[int, list[Run]] = selectors.strips_recent([row.pk for row in shown])
    return {"rows": [{"row": row, "strip": strips[row.pk]} for row in shown], **_may(request)}


def _may(request: PortalRequest) -> dict[str, bool]:
    return {
        "may_run": Permission.RUN_START in request.permissions,
        "may_manage": Permission.SCENARIO_MANAGE in request.permissions,
    }


def _answers_for_files(request: PortalRequest) -> bool:
    """Tell whether this reader may see what the files say: they are the installation's, not one institution's."""
    return bool(getattr(request.user, "is_superuser", False) or getattr(request.institution, "is_system", False))


def _page_number(request: PortalRequest) -> int:
    raw = request.GET.get("page", "1")
    if not (raw.isascii() and raw.isdigit() and int(raw[:6]) >= 1):
        raise InvalidError("page must be a whole number from 1", errors={"page": ["must be a whole number from 1"]})
    return int(raw[:6])

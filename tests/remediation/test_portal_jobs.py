"""Jobs in the portal: the list, one job, its output, and what came out as tables and files."""

import json
from typing import Any

import pytest
from django.test import Client

from opsportal.institutions.access import Role
from remediation.models import Job, JobOutput
from remediation.results import cell_safe, output_plain, table_csv, table_sorted, tables_of
from remediation.services.reports import output_add
from tests.institutions.factories import institution_make
from tests.portal.visits import HTMX, cost, seen, visitor
from tests.remediation.factories import Governed
from tests.remediation.people import browser_of

LIST = "/i/home/jobs/"
RESULT = {
    "duplicates": [
        {"hash": "ab", "size": 10, "files": ["b.txt", {"b64": "/w=="}]},
        {"hash": "cd", "size": 9, "files": ["=HYPERLINK(1)", "<i>"]},
    ],
    "suggestions": {"temp_files": [{"path": "=1+1", "size": 3}], "empty": []},
    "files_scanned": 2,
}


@pytest.fixture
def executive(governed: Governed) -> Client:
    return browser_of(governed.executive)


def done(governed: Governed, result: Any = None) -> Job:
    job = governed.ordered()
    governed.runtime.take(job)
    governed.runtime.report(job, result=result or RESULT)
    job.refresh_from_db()
    return job


@pytest.mark.spec("V64", "V41")
def test_the_list_filters_by_kind_and_state(governed: Governed, executive: Client) -> None:
    done(governed)
    assert seen(executive, LIST).count("data-row ") == 2
    shown = seen(executive, f"{LIST}?mode=execute&status=executed")
    assert shown.count("data-row ") == 1
    assert "Executed <b>1</b>" in shown
    assert "Nothing matches" in seen(executive, f"{LIST}?status=failed")
    assert seen(executive, f"{LIST}?operation=files.delete&runtime=desk").count("data-row ") == 2


def test_lists_and_pages_cost_the_same_for_few_and_many(governed: Governed, executive: Client) -> None:
    job = done(governed)
    few, one = cost(executive, LIST), cost(executive, f"{LIST}{job.code}")
    for _ in range(3):
        done(governed)
    assert cost(executive, LIST) == few <= 8
    assert cost(executive, f"{LIST}{job.code}") == one <= 9


@pytest.mark.spec("V72", "V42")
def test_a_result_is_shown_as_tables_that_sort_and_with_its_digests(governed: Governed, executive: Client) -> None:
    job = done(governed)
    shown = seen(executive, f"{LIST}{job.code}?sort=duplicates:size")
    assert shown.index(">cd<") < shown.index(">ab<")
    assert 'aria-sort="ascending"' in shown
    assert "suggestions.temp_files" in shown
    assert "&lt;i&gt;" in shown
    assert "\\xff" in shown
    assert job.order_digest in shown
    assert "personal_ops@v1.0.0" in shown


@pytest.mark.spec("V72")
def test_results_are_handed_out_as_json_and_as_csv_that_computes_nothing(governed: Governed, executive: Client) -> None:
    job = done(governed)
    whole = executive.get(f"{LIST}{job.code}/result.json")
    assert json.loads(whole.content) == RESULT
    assert whole["Content-Disposition"] == f'attachment; filename="job-{job.code}-result.json"'
    table = executive.get(f"{LIST}{job.code}/tables/suggestions.temp_files.csv")
    assert table.content.decode() == "path,size\r\n'=1+1,3\r\n"
    assert executive.get(f"{LIST}{job.code}/tables/nothing.csv").status_code == 404


@pytest.mark.parametrize(
    ("text", "safe"), [("=1", "'=1"), ("+a", "'+a"), ("-a", "'-a"), ("@a", "'@a"), ("-3.5", "-3.5"), ("a", "a")]
)
def test_a_cell_that_would_be_a_formula_gets_an_apostrophe(text: str, safe: str) -> None:
    assert cell_safe(text) == safe


def test_tables_take_objects_with_different_keys() -> None:
    (table,) = tables_of({"files": [{"a": 1}, {"b": None}, {"a": "x"}]})
    assert table.columns == ["a", "b"]
    assert [row[0] for row in table_sorted(table, "files:-a").rows] == [None, "x", 1]
    assert table_sorted(table, "files:nothing") is table
    assert table_csv(table).splitlines()[0] == "a,b"
    assert tables_of(None) == []


@pytest.mark.spec("V64")
def test_output_is_plain_grows_while_it_runs_and_can_be_taken_along(governed: Governed, executive: Client) -> None:
    job = governed.ordered()
    governed.runtime.take(job)
    output_add(job=job, runtime=governed.runtime.row, offset=0, text="\x1b[31mred\x1b[0m <b>\r\n")
    assert JobOutput.objects.count() == 1
    shown = seen(executive, f"{LIST}{job.code}/output")
    assert "red &lt;b&gt;" in shown
    assert 'hx-trigger="every 2s"' in shown
    assert executive.get(f"{LIST}{job.code}/output.txt").content == b"red <b>\n"
    governed.runtime.report(job)
    assert "every 2s" not in seen(executive, f"{LIST}{job.code}/output")


def test_no_order_to_a_terminal_is_left() -> None:
    assert output_plain("\x1b]0;title\x07a\x1b[2Jb\x1b\x1b[1;31mc\x1b(") == "abc("


def test_a_queued_job_is_cancelled_and_one_that_was_taken_is_not(governed: Governed, executive: Client) -> None:
    job = governed.ordered()
    assert "nothing can call it back" in seen(executive, f"{LIST}{job.code}")
    assert executive.post(f"{LIST}{job.code}/cancel", headers=HTMX).status_code == 204
    assert "Cancelled before it began" in seen(executive, f"{LIST}{job.code}")
    other = governed.ordered()
    governed.runtime.take(other)
    assert executive.post(f"{LIST}{other.code}/cancel", headers=HTMX).status_code == 409
    other.refresh_from_db()
    assert other.status == "running"


def test_an_unknown_outcome_is_explained(governed: Governed, executive: Client) -> None:
    job = governed.ordered()
    Job.objects.filter(pk=job.pk).update(status="outcome_unknown")
    assert "It is never tried again by itself" in seen(executive, f"{LIST}{job.code}")


def test_strangers_and_the_wrong_roles_stay_out(governed: Governed) -> None:
    job = governed.ordered()
    assert visitor(institution_make("away"), *Role).get(f"{LIST}{job.code}").status_code == 404
    noc = visitor(governed.institution, Role.NOC)
    assert noc.get(f"{LIST}{job.code}").status_code == 200
    assert noc.post(f"{LIST}{job.code}/cancel").status_code == 403

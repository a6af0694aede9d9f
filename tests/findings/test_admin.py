"""Findings in the admin: they are looked at, and acknowledged through the services."""

import json
import re

import pytest

from findings.models import Finding
from ledger.selectors import entries_since, head
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.institutions.services import institution_mark_broken
from tests.institutions.admin_pages import (
    act,
    assert_reads_only,
    assert_refused,
    assert_shows_here_only,
    browser,
    fill_both,
    list_url,
    master_of,
    queries_of,
    row_url,
)
from tests.institutions.factories import institution_make, member_make
from tests.scenarios.factories import looked, scenarios_make, spec_make

pytestmark = [pytest.mark.django_db, pytest.mark.spec("L42")]


@pytest.fixture
def full(home: Institution) -> Institution:
    """An institution and another one, with something of everything in both."""
    fill_both(home)
    return home


def finding_opened(home: Institution) -> Finding:
    spec = spec_make("mail.queue")
    scenarios_make(home, spec)
    looked(home.pk, (spec, "down"))
    with institution_scope(home.pk):
        return Finding.objects.get()


def status_of(finding: Finding) -> str:
    with institution_scope(finding.institution_id):
        finding.refresh_from_db()
    return finding.status


@pytest.mark.spec("V27")
def test_the_list_and_a_row_open_and_show_the_institution_only(full: Institution) -> None:
    assert_shows_here_only(master_of(full), Finding, full, institution_make("away"))


def test_nothing_is_added_changed_or_deleted_even_by_a_superuser(full: Institution) -> None:
    assert_reads_only(master_of(full, is_superuser=True), Finding, full)


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.OWNER])
def test_it_takes_the_admin_and_the_right_to_read(role: Role, full: Institution) -> None:
    assert_refused(browser(member_make(full, role).user), list_url(Finding), row_url(Finding, full))


def test_findings_are_acknowledged_and_that_is_taken_back(home: Institution) -> None:
    finding, master = finding_opened(home), master_of(home)
    seq = head(home.pk).seq
    assert "Acknowledged: 1" in act(master, "acknowledge", finding)
    assert status_of(finding) == "acked"
    assert "Open again: 1" in act(master, "take_back", finding)
    assert status_of(finding) == "open"
    entries = [json.loads(entry.body) for entry in entries_since(home.pk, seq, 10)]
    assert [(entry["kind"], entry["subject"]) for entry in entries] == [
        ("FINDING_ACKED", f"finding:{finding.code}"),
        ("FINDING_UNACKED", f"finding:{finding.code}"),
    ]
    assert {entry["actor_kind"] for entry in entries} == {"human"}


def test_why_an_action_was_refused_is_told(home: Institution) -> None:
    finding, master = finding_opened(home), master_of(home)
    assert "there is no acknowledgement to take back" in act(master, "take_back", finding)
    institution_mark_broken(home.pk, "edited", 1)
    seq = head(home.pk).seq
    assert "it can be read, not changed" in act(master, "acknowledge", finding)
    assert (status_of(finding), head(home.pk).seq) == ("open", seq)


def test_an_auditor_looks_and_is_offered_no_action(home: Institution) -> None:
    finding, auditor = finding_opened(home), browser(member_make(home, Role.AUDITOR).user)
    page = auditor.get(list_url(Finding)).content.decode()
    assert finding.title in page
    assert 'value="acknowledge"' not in page
    act(auditor, "acknowledge", finding)
    assert status_of(finding) == "open"


def test_findings_of_another_institution_are_not_acted_upon(home: Institution) -> None:
    away = institution_make("away")
    alien = finding_opened(away)
    seq = head(away.pk).seq
    act(master_of(home), "acknowledge", alien)
    assert (status_of(alien), head(away.pk).seq) == ("open", seq)


def test_a_long_list_costs_as_many_queries_as_a_short_one(home: Institution) -> None:
    finding_opened(home)
    master = master_of(home)
    few = queries_of(master, list_url(Finding))
    specs = [spec_make(f"mail.{number}") for number in range(40)]
    scenarios_make(home, *specs)
    looked(home.pk, *((spec, "down") for spec in specs))
    assert queries_of(master, list_url(Finding)) == few


def test_a_state_is_a_word_in_its_colour(home: Institution) -> None:
    finding_opened(home)
    page = master_of(home).get(list_url(Finding)).content.decode()
    assert re.search(r'<span class="[^"]*\bbg-red-100\b[^"]*"[^>]*>\s*High\s*<', page)

"""The parts that pages are made of."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation

from agents.models import Severity, Thread
from findings.models import Finding
from opsportal.portal.evidence import EvidenceRow, evidence_rows
from opsportal.portal.icons import icon_svg, shapes
from opsportal.portal.pills import PILLS, pill_of
from scenarios.models import ProbeState, Tick

NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
STATES = [
    *ProbeState.values, *Finding.Status.values, *Thread.Status.values, *Severity.values, *Tick.Status.values,
]  # fmt: skip


def render(text: str, **context: object) -> str:
    return Template("{% load portal %}" + text).render(Context(context)).strip()


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in render('{% icon "inbox" %}')
    assert 'role="img" aria-label="a &lt;b&gt;"' in render('{% icon "inbox" label %}', label="a <b>")


def test_every_vendored_icon_draws() -> None:
    assert all(icon_svg(name).count("<svg") == 1 for name in shapes())


def test_an_unknown_icon_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        icon_svg("no-such-icon")


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_word_a_vendored_icon_and_a_tone(state: str) -> None:
    html = render("{% status_pill state %}", state=state)
    assert str(PILLS[state].word) in html
    assert f"tone-{PILLS[state].tone}" in html
    assert "<svg" in html


@pytest.mark.parametrize("states", [ProbeState.values, Finding.Status.values, Severity.values, Tick.Status.values])
def test_states_that_stand_side_by_side_differ_in_shape(states: list[str]) -> None:
    assert len({pill_of(state).icon for state in states}) == len(states)


def test_a_state_that_nobody_described_shows_its_own_word() -> None:
    assert "half done &lt;" in render("{% status_pill state %}", state="half_done <")


def test_a_mark_speaks_its_word() -> None:
    assert 'aria-label="Critical"' in render('{% status_mark "critical" %}')


def test_words_follow_the_language() -> None:
    with translation.override("pt-br"):
        assert str(translation.gettext("Open")) in render('{% status_pill "acked" "Open" %}')


@pytest.mark.parametrize(
    ("zone", "shown"), [("UTC", "2026-03-01 12:00:05"), ("America/Sao_Paulo", "2026-03-01 09:00:05")]
)
def test_a_moment_is_exact_for_machines_and_local_for_people(zone: str, shown: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert render("{% when moment %}", moment=NOON) == (
            f'<time datetime="2026-03-01T12:00:05Z" data-when>{shown}</time>'
        )


def test_no_moment_is_a_dash_or_what_the_page_says() -> None:
    assert render("{% when moment %}", moment=None) == "–"
    assert render('{% when moment "never" %}', moment=None) == "never"


def test_what_is_copied_is_the_whole_value() -> None:
    html = render("{% copyable value shown %}", value='a"b' * 3, shown="a…")
    assert 'data-copy="a&quot;ba&quot;ba&quot;b"' in html
    assert "<code>a…</code>" in html


@pytest.mark.parametrize(
    ("measured", "expected", "rows"),
    [
        ({"status": 503}, {"status": 200}, [EvidenceRow("status", "503", "200")]),
        ({"a": 1}, {"b": True}, [EvidenceRow("a", "1", ""), EvidenceRow("b", "", "true")]),
        ({"tls": {"days": 3}}, {}, [EvidenceRow("tls.days", "3", "")]),
        ({"names": ["a", "ç"]}, None, [EvidenceRow("names", '["a", "ç"]', "")]),
        ({"body": None}, {}, [EvidenceRow("body", "null", "")]),
        ({}, {}, []),
    ],
)
def test_evidence_pairs_measured_and_expected(measured: object, expected: object, rows: list[EvidenceRow]) -> None:
    assert evidence_rows(measured, expected) == rows


def test_evidence_is_escaped_and_says_when_there_is_none() -> None:
    include = '{% include "portal/_evidence.html" %}'
    assert "&lt;script&gt;" in render(include, look={"measured": {"body": "<script>"}, "expected": {}})
    assert "No evidence" in render(include, look=SimpleNamespace(measured={}, expected={}))


def test_a_strip_shows_each_result_and_says_them_all() -> None:
    runs = [
        SimpleNamespace(state=state, started_at=NOON + timedelta(minutes=at))
        for at, state in enumerate(["ok", "ok", "down"])
    ]
    html = render('{% include "portal/_strip.html" %}', runs=runs)
    assert html.count("bar bar-ok") == 2
    assert html.count("bar bar-down") == 1
    assert 'aria-label="Last results: OK 2, Down 1"' in html
    assert "no results yet" in render('{% include "portal/_strip.html" %}', runs=[])


def test_a_pager_offers_only_what_there_is() -> None:
    include = '{% include "portal/_pager.html" %}'
    assert render(include, previous=None, next=None) == ""
    html = render(include, previous=None, next="?cursor=x")
    assert 'rel="next" href="?cursor=x"' in html
    assert 'rel="prev"' not in html


class Note(forms.Form):
    note = forms.CharField(help_text="Why?", widget=forms.TextInput(attrs={"placeholder": "Note"}), label="Note")
    is_urgent = forms.BooleanField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A")])


@pytest.fixture
def fields() -> dict[str, str]:
    """The fields of a form that was sent empty, drawn."""
    form = Note(data={})
    return {field.name: render('{% include "portal/_field.html" %}', field=field) for field in form}


def test_a_field_ties_its_hint_and_its_error_to_the_input(fields: dict[str, str]) -> None:
    assert 'aria-describedby="id_note-hint id_note-error"' in fields["note"]
    assert 'id="id_note-hint"' in fields["note"]
    assert 'id="id_note-error"' in fields["note"]
    assert 'class="form-control is-invalid"' in fields["note"]
    assert "placeholder" not in fields["note"]  # it would repeat the label


def test_each_kind_of_input_has_its_class(fields: dict[str, str]) -> None:
    assert 'class="form-check-input"' in fields["is_urgent"]
    assert 'class="form-select is-invalid"' in fields["kind"]

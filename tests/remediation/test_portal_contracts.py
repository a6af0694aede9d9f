"""Contracts in the portal: the rules in plain words, a new version with what it would change, the way back."""

import pytest
from django.test import Client

from opsportal.institutions.access import Role
from opsportal.institutions.models import Department
from remediation import services
from remediation.clauses import clause_of
from remediation.drafts import diff_lines
from remediation.impact import impact_preview
from remediation.models import Bundle, Release
from tests.institutions.factories import institution_make
from tests.portal.visits import HTMX, cost, pressed, seen, visitor
from tests.remediation.factories import Governed, contract_text
from tests.remediation.people import browser_of

LIST = "/i/home/contracts/"


def looser() -> str:
    """The shipped contract, but one may delete files without anybody's approval of a rename."""
    text = contract_text().replace('version: "1.0.0"', 'version: "1.1.0"')
    return text.replace("expires_in: 72h\n    reason: required", "expires_in: 24h\n    reason: required")


@pytest.fixture
def owner(governed: Governed) -> Client:
    return browser_of(governed.owner, name="Olga")


@pytest.mark.spec("V40", "V73")
def test_the_rules_in_force_are_told_in_plain_words_with_name_version_and_digest(
    governed: Governed, owner: Client
) -> None:
    shown = seen(owner, LIST)
    digest = Release.objects.get().pin
    for word in ("personal-ops", "personal_ops@v1.0.0", digest, "Whoever asks for a deletion says why.", "The portal"):
        assert word in shown
    assert "must agree first" in shown
    assert seen(visitor(governed.institution, Role.AUDITOR), LIST).count("New version") == 0


def test_one_release_shows_its_text(governed: Governed, owner: Client) -> None:
    release = Release.objects.get()
    shown = seen(owner, f"{LIST}{release.code}")
    assert "system PersonalOps {" in shown
    assert release.bundle.source_digest in shown


def test_the_page_costs_the_same_after_many_releases(governed: Governed, owner: Client) -> None:
    few = cost(owner, LIST)
    texts = [contract_text(), looser()]
    for number in range(4):
        bundle = services.bundle_compile(
            institution=governed.institution, source=texts[(number + 1) % 2], actor=governed.owner
        )
        services.bundle_release(department=governed.department, bundle=bundle, actor=governed.owner)
    assert Release.objects.count() == 5
    assert abs(cost(owner, LIST) - few) <= 1  # the name of the person who released
    assert few <= 9


def test_mistakes_stand_beside_their_lines(governed: Governed, owner: Client) -> None:
    wrong = contract_text().replace("risk: R0", "risk: R9", 1)
    shown = pressed(owner, f"{LIST}new", source=wrong)
    line = wrong.split("risk: R9")[0].count("\n") + 1
    assert "1 mistake" in shown
    assert f'<span class="marked-number">{line}</span>' in shown
    assert f"line {line}, column" in shown
    assert Bundle.objects.count() == 1


def test_a_new_version_is_compared_previewed_and_released(governed: Governed, owner: Client) -> None:
    proposal = governed.waiting()
    assert "personal-ops" in seen(owner, f"{LIST}new")
    answer = owner.post(f"{LIST}new", {"source": looser().replace("\n", "\r\n")})
    bundle = Bundle.objects.get(version="1.1.0")
    assert answer["Location"] == f"{LIST}bundles/{bundle.code}"
    shown = seen(owner, answer["Location"])
    assert "It would replace personal_ops@v1.0.0 in personal_ops." in shown
    assert 'diff-del">-' in shown
    assert 'diff-add">+' in shown
    assert f"/i/home/proposals/{proposal.code}" in shown
    digest = impact_preview(governed.department, bundle).digest
    assert f'name="impact_digest" value="{digest}"' in shown
    sent = owner.post(f"{answer['Location']}/release", {"impact_digest": digest}, headers=HTMX)
    assert (sent.status_code, sent["HX-Redirect"]) == (204, LIST)
    active = Release.objects.get(status="active")
    assert (active.bundle, active.impact_digest) == (bundle, digest)
    assert "released by Olga" in seen(owner, LIST)


def test_what_was_in_force_before_is_rolled_back_to(governed: Governed, owner: Client) -> None:
    first = Bundle.objects.get()
    owner.post(f"{LIST}new", {"source": looser()})
    owner.post(f"{LIST}bundles/{Bundle.objects.get(version='1.1.0').code}/release")
    assert "Roll back to this…" in seen(owner, LIST)
    assert "this is a rollback" in seen(owner, f"{LIST}bundles/{first.code}")
    owner.post(f"{LIST}bundles/{first.code}/release")
    active = Release.objects.get(status="active")
    assert (active.bundle, active.is_rollback) == (first, True)
    assert "in force in personal_ops already" in seen(owner, f"{LIST}bundles/{first.code}")


def test_the_most_dangerous_change_stands_first(governed: Governed) -> None:
    waiting = governed.waiting()
    denied = governed.asked(actor=governed.executive)
    assert denied.status == "denied"
    text = looser().replace("      files.delete,\n      archive.create,\n      jobs.get,", "      jobs.get,", 1)
    bundle = services.bundle_compile(institution=governed.institution, source=looser(), actor=governed.owner)
    preview = impact_preview(governed.department, bundle)
    assert preview.impact is not None
    assert preview.impact.total == 2
    assert [change.id for change in preview.changes] == [str(waiting.code)]
    assert preview.is_whole
    assert text


def test_a_department_without_a_contract_has_nothing_to_compare_with(governed: Governed) -> None:
    other = Department.objects.create(institution=governed.institution, name="other")
    preview = impact_preview(other, Bundle.objects.get())
    assert (preview.impact, preview.before, preview.digest, list(preview.changes)) == (None, None, "", [])


def test_strangers_and_the_wrong_roles_stay_out(governed: Governed) -> None:
    release, bundle = Release.objects.get(), Bundle.objects.get()
    assert visitor(institution_make("away"), *Role).get(f"{LIST}{release.code}").status_code == 404
    noc = visitor(governed.institution, Role.NOC)
    assert noc.get(f"{LIST}{release.code}").status_code == 200
    assert noc.get(f"{LIST}new").status_code == 403
    assert noc.post(f"{LIST}bundles/{bundle.code}/release").status_code == 403


def test_an_address_that_names_no_bundle_is_refused(governed: Governed, owner: Client) -> None:
    assert owner.get(f"{LIST}new?from=nonsense").status_code == 400


def test_an_empty_institution_is_taught(db: None) -> None:
    assert "Until one is released everything is denied." in seen(visitor(institution_make(), Role.OWNER), LIST)


@pytest.mark.parametrize("name", ["", "no_such", "files.*"])
def test_no_clause_is_no_text(name: str) -> None:
    assert clause_of(contract_text(), name) == ""


def test_a_clause_ends_where_it_ends_whatever_its_texts_hold() -> None:
    source = 'a {\n  rule x {\n    message: "}" // }\n    stage s { quorum: 1 }\n  }\n}\n'
    assert clause_of(source, "x") == 'rule x {\n  message: "}" // }\n  stage s { quorum: 1 }\n}'


def test_the_same_text_has_no_difference() -> None:
    assert diff_lines("a\nb", "a\nb") == []
    assert [(line.sign, line.text) for line in diff_lines("a", "b")][1:] == [("-", "a"), ("+", "b")]

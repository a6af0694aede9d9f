"""A8: another institution sees nothing of ours, and decides nothing, at any address."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern

from opsportal.core.actor import Actor
from opsportal.core.errors import DomainError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from remediation import services, urls
from remediation.api import urls as api_urls
from remediation.models import Job, Proposal
from remediation.selectors import approval_get
from tests.institutions.factories import actor_make
from tests.remediation.attacks.doors import browser, token_of, verdict_of, watched
from tests.remediation.factories import Governed, governed_make
from tests.remediation.signing import Signer

SECRET = "quarterly-figures.txt"


@pytest.fixture
def stranger(governed: Governed) -> Actor:
    """Somebody with every role, elsewhere."""
    away = governed_make("away")
    with institution_scope(away.institution.pk):
        return actor_make(away.institution, *Role)


@pytest.fixture
def ours(governed: Governed) -> dict[str, Any]:
    """One of everything, by the names that addresses give them."""
    proposal = governed.waiting(paths=[SECRET])
    job = Job.objects.get(proposal=proposal)
    return {
        "proposal_id": proposal.code,
        "approval_id": proposal.approval.code,
        "job_id": job.code,
        "runtime_id": governed.runtime.row.code,
        "delegation_id": uuid4(),
        "case": proposal.case,
        "case_id": proposal.case,
        "plan_digest": proposal.plan_digest,
        "bundle": proposal.bundle.code,
    }


def _with_id(patterns: list[Any]) -> list[str]:
    return [str(one.pattern) for one in patterns if isinstance(one, URLPattern) and "<uuid:" in str(one.pattern)]


def _filled(route: str, ours: dict[str, Any]) -> str:
    for name, value in ours.items():
        route = route.replace(f"<uuid:{name}>", str(value))
    return route


API = [route for route in _with_id(api_urls.urlpatterns) if not route.startswith("runtime/")]
PAGES = _with_id(urls.urlpatterns)


@pytest.mark.spec("V27")
@pytest.mark.parametrize("route", API)
def test_a8_no_address_of_the_api_tells_or_does_anything_with_anothers_id(
    governed: Governed, stranger: Actor, ours: dict[str, Any], route: str
) -> None:
    address = f"/api/v1/{_filled(route, ours)}"
    assert "<" not in address
    headers = {"Authorization": f"Bearer {_token(stranger)}"}
    body = {"decision": "approve", "plan_digest": ours["plan_digest"], "reason": "mine"}
    client = Client()
    with watched() as traces:
        for answer in (
            client.get(address, headers=headers),
            client.post(address, body, "application/json", headers=headers),
        ):
            assert answer.status_code in {404, 405}, (address, answer.content)
            assert SECRET not in answer.content.decode()
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V27")
@pytest.mark.parametrize("prefix", ["home", "away"])
@pytest.mark.parametrize("route", PAGES)
def test_a8_no_page_tells_or_does_anything_with_anothers_id(
    governed: Governed, stranger: Actor, ours: dict[str, Any], route: str, prefix: str
) -> None:
    kinds = {"approvals": "approval_id", "proposals": "proposal_id", "jobs": "job_id", "runtimes": "runtime_id"}
    kinds["cases"] = "proposal_id"  # a matter without a finding is called after its proposal
    code = ours["bundle"] if route.startswith("contracts/") else ours[kinds[route.split("/", maxsplit=1)[0]]]
    address = (
        f"/i/{prefix}/{route}".replace("<uuid:code>", str(code))
        .replace("<uuid:case>", str(code))
        .replace("<str:name>", "diff")
    )
    assert "<" not in address
    client = browser(stranger)
    fields = {"plan_digest": ours["plan_digest"], "reason": "mine"}
    with watched() as traces:
        for answer in (client.get(address), client.post(address, fields)):
            assert answer.status_code in {404, 405}, (address, answer.status_code)
            assert SECRET not in answer.content.decode()
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V27")
@pytest.mark.parametrize(
    "path", ["proposals", "approvals", "jobs", "bundles", "releases", "runtimes", "delegations", "brakes"]
)
def test_a8_no_list_has_anything_of_anothers(
    governed: Governed, stranger: Actor, ours: dict[str, Any], path: str
) -> None:
    headers = {"Authorization": f"Bearer {_token(stranger)}"}
    answer = Client().get(
        f"/api/v1/{path}", {"case": str(ours["case"])} if path == "proposals" else {}, headers=headers
    )
    assert answer.status_code == 200
    told = answer.content.decode()
    assert not [name for name, value in ours.items() if str(value) in told and name != "plan_digest"]
    assert SECRET not in told


@pytest.mark.spec("V27")
def test_a8_a_service_takes_no_actor_of_another_institution(governed: Governed, stranger: Actor) -> None:
    proposal, job = governed.waiting(), governed.ordered()
    approval = approval_get(proposal.approval.code)
    acts: list[Callable[[], object]] = [
        lambda: services.approval_vote(
            approval=approval, actor=stranger, verdict="approve", plan_digest=proposal.plan_digest, reason="mine"
        ),
        lambda: services.job_cancel(job=job, actor=stranger),
        lambda: services.proposal_withdraw(proposal=proposal, actor=stranger),
        lambda: services.bundle_release(department=governed.department, bundle=proposal.bundle, actor=stranger),
        lambda: services.runtime_revoke(runtime=governed.runtime.row, actor=stranger),
        lambda: services.brakes_stop(institution=governed.institution, is_stopped=True, actor=stranger),
        lambda: governed.asked(actor=stranger, idempotency_key="theirs"),
    ]
    for act in acts:
        with watched() as traces, pytest.raises(DomainError) as refused:
            act()
        assert (refused.value.status, traces.changed, traces.kinds) == (403, [], [])


@pytest.mark.spec("V27")
def test_a8_a_machine_of_another_institution_gets_and_tells_nothing_of_ours(governed: Governed) -> None:
    job = governed.ordered()
    away = governed_make("away").runtime
    with watched() as traces:
        assert Signer(away).post("jobs/claim", {"limit": 10}).json["orders"] == []
        for verb, body in (
            ("start", {}),
            ("renew", {}),
            ("output", {"offset": 0, "text": "x"}),
            ("report", away.envelope(job)),
        ):
            assert verdict_of(Signer(away).post(f"jobs/{job.code}/{verb}", body).response).status == 404
    assert (traces.changed, traces.kinds) == ([], [])


@pytest.mark.spec("V27")
def test_a8_a_department_or_a_machine_of_another_institution_is_not_there(governed: Governed, stranger: Actor) -> None:
    headers = {"Authorization": f"Bearer {_token(stranger)}", "Idempotency-Key": "k"}
    body = {"params": {"paths": ["a.txt"]}, "reason": "x", "runtime": str(governed.runtime.row.code)}
    with watched() as traces:
        answer = Client().post("/api/v1/personal/jobs/files/delete", body, "application/json", headers=headers)
        assert verdict_of(answer).refusal[0] == 404
    assert (traces.changed, Proposal.objects.count()) == ([], 0)


def _token(stranger: Actor) -> str:
    assert stranger.institution_id is not None
    with institution_scope(stranger.institution_id):
        return token_of(stranger, stranger.institution_id)

"""Every operation, called with what its description allows and with what it forbids, by three kinds of callers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from pytest_django import Settings
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import allow_header_conformance, positive_data_acceptance

from agents.models import Message
from findings.models import Finding
from opsportal.core.limits import Rate
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.schema import document
from scenarios.models import Heartbeat, Run
from tests.api.callers import caller_make
from tests.api.watching import ticked, watch
from tests.scenarios.registry.texts import beat, entry

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
described = schemathesis.openapi.from_dict(document())
described.app = get_wsgi_application()


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the connection, and with it the transaction of the test, open between requests, as Django's client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def home(db: None, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Institution:
    settings.API_RATE_MEMBER = settings.API_RATE_STRANGER = Rate.of(10_000_000)
    monkeypatch.setattr("scenarios.api.doors.TICK_FAILURES_MOST", 10_000_000)
    home = watch(tmp_path, settings, ["disk.report"], entry("night.job", checks=[beat()]))
    ticked()
    return home


@pytest.fixture
def known(home: Institution) -> Mapping[str, str]:
    """What is really there, by the name of the part of the address."""
    with institution_scope(home.pk):
        finding, message, run = Finding.objects.get(), Message.objects.all()[0], Run.objects.all()[0]
        return {
            "code": str(Heartbeat.objects.get().code),
            "finding_id": str(finding.code),
            "message_id": str(message.code),
            "thread_id": str(finding.thread_code),
            "scenario_id": "night.job",
            "seq": "1",
            "GET id": str(run.code),
            "POST id": "night.job",
        }


@pytest.fixture(params=["stranger", Role.SUPER_ADMIN, Role.NOC])
def headers(request: pytest.FixtureRequest, home: Institution) -> dict[str, str]:
    if request.param == "stranger":
        return {}
    internal = {"X-Ops-Internal-Token": "only-for-tests-internal"} if request.param == Role.SUPER_ADMIN else {}
    return {"Authorization": f"Bearer {caller_make(home, request.param).token}"} | internal


def aim(case: schemathesis.Case[Any], known: Mapping[str, str]) -> None:
    """Let half of the well-formed addresses name what is there, and leave out cursors: only a list gives those away."""
    is_wrong = case.meta is not None and case.meta.is_negative_at(ParameterLocation.PATH)
    for name, value in ({} if is_wrong else dict(case.path_parameters or {})).items():
        if str(value) < "8" or not str(value)[0].isdigit():
            case.path_parameters[name] = known.get(name) or known.get(f"{case.method} {name}", value)
    if case.meta is None or not case.meta.is_negative_at(ParameterLocation.QUERY):
        case.query.pop("cursor", None)


@described.parametrize()
@hypothesis.settings(
    max_examples=12, deadline=None, suppress_health_check=list(hypothesis.HealthCheck), derandomize=True
)
def test_every_operation_keeps_its_word(
    case: schemathesis.Case[Any], headers: dict[str, str], known: Mapping[str, str]
) -> None:
    aim(case, known)
    # GET and POST of one address take ids of two kinds, and each is all that an address with its kind of id takes.
    is_shared = case.path == "/api/v1/agents/runs/{id}"
    # What a contract may say is a grammar, which no schema of JSON can tell.
    is_language = case.path == "/api/v1/bundles"
    excluded = [allow_header_conformance] * is_shared + [positive_data_acceptance] * is_language
    case.call_and_validate(headers=headers, excluded_checks=excluded)

"""Old runs are forgotten, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from findings.models import Finding
from ledger.models import Entry
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Institution
from scenarios.models import Run
from scenarios.services import runs_prune
from tests.ledger.factories import chain
from tests.scenarios.factories import looked, scenarios_make, spec_make


@pytest.mark.django_db
def test_runs_past_their_retention_go_in_every_institution(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.services.prune.BATCH", 2)
    settings.RUN_RETENTION_DAYS = 30
    spec = spec_make()
    institutions = [Institution.objects.create(slug=slug, name=slug) for slug in ("home", "other")]
    for institution in institutions:
        chain(institution_id=institution.pk)
        scenarios_make(institution, spec)
        for _ in range(5):
            looked(institution.pk, (spec, "down"))
        with institution_scope(institution.pk):
            old = Run.objects.order_by("pk").values_list("pk", flat=True)[:3]
            Run.objects.filter(pk__in=list(old)).update(started_at=timezone.now() - timedelta(days=31))
    assert runs_prune(at=timezone.now()) == 6
    assert runs_prune(at=timezone.now()) == 0
    for institution in institutions:
        with institution_scope(institution.pk):
            assert Run.objects.count() == 2
            assert Finding.objects.get().count == 5
            assert Entry.objects.filter(kind="RUN_COMPLETED").count() == 5

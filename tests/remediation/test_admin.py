"""Governance in the admin: all of it can be read, nothing typed, and nobody votes there."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models

from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from remediation.models import Bundle, Job, OrderKey, Proposal, Runtime
from tests.institutions.admin_pages import act, assert_reads_only, assert_refused, browser, list_url, master_of, row_url
from tests.institutions.factories import member_make
from tests.remediation.factories import Governed, governed_make

MODELS = list(apps.get_app_config("remediation").get_models())
FILLED = [Proposal, Job, Runtime, Bundle, OrderKey]


def test_every_model_has_its_page() -> None:
    assert [model for model in MODELS if not admin.site.is_registered(model)] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_opens(governed: Governed, model: type[models.Model]) -> None:
    governed.ordered()
    assert master_of(governed.institution).get(list_url(model)).status_code == 200
    assert_refused(browser(member_make(governed.institution, Role.SEO, username="s").user), list_url(model))


@pytest.mark.parametrize("model", FILLED, ids=lambda model: model.__name__)
def test_a_row_opens_here_only_and_shows_no_secret(governed: Governed, model: type[models.Model]) -> None:
    governed.ordered()
    away = governed_make("away")
    with institution_scope(away.institution.pk):
        away.ordered()
    client = master_of(governed.institution)
    page = client.get(row_url(model, governed.institution))
    assert page.status_code == 200
    for secret in (OrderKey.objects.get().private, governed.runtime.row.enrol_digest):
        assert secret not in page.content.decode()
    assert client.get(row_url(model, away.institution), follow=True).redirect_chain


@pytest.mark.parametrize("model", FILLED, ids=lambda model: model.__name__)
def test_nothing_is_added_changed_or_deleted(governed: Governed, model: type[models.Model]) -> None:
    governed.ordered()
    assert_reads_only(master_of(governed.institution, is_superuser=True), model, governed.institution)


def test_a_job_that_waits_is_cancelled_through_the_service(governed: Governed) -> None:
    job = governed.ordered()
    assert "Cancelled: 1" in act(master_of(governed.institution), "cancel", job)
    job.refresh_from_db()
    assert (job.status, job.result_code) == ("cancelled", "CANCELLED_BY_PERSON")


def test_a_runtime_is_revoked_through_the_service(governed: Governed) -> None:
    assert "Revoked: 1" in act(master_of(governed.institution), "revoke", governed.runtime.row)
    governed.runtime.row.refresh_from_db()
    assert governed.runtime.row.status == "revoked"

"""Addresses of the API of governance, under /api/v1/."""

from django.urls import path, register_converter

from remediation.api import cases, runtime, views


class FileOperation:
    """What follows ``files.`` in the name of an operation, with slashes in addresses: ``delete``, ``plan/create``."""

    regex = r"[a-z]+(?:/[a-z]+)?"

    def to_python(self, value: str) -> str:
        """Return it with dots, as contracts have it."""
        return value.replace("/", ".")

    def to_url(self, value: str) -> str:
        """Return it with slashes."""
        return value.replace(".", "/")


register_converter(FileOperation, "file_operation")

urlpatterns = [
    path("proposals", views.proposals),
    path("proposals/<uuid:proposal_id>", views.proposal),
    path("proposals/<uuid:proposal_id>/withdraw", views.proposal_withdraw),
    path("proposals/<uuid:proposal_id>/review", views.proposal_review),
    path("personal/jobs/files/<file_operation:operation>", views.personal_files),
    path("personal/jobs/archive/create", views.personal_archive),
    path("approvals", views.approvals),
    path("approvals/<uuid:approval_id>", views.approval),
    path("approvals/<uuid:approval_id>/decide", views.approval_decide),
    path("approvals/<uuid:approval_id>/links", views.approval_link),
    path("delegations", views.delegations),
    path("delegations/<uuid:delegation_id>/end", views.delegation_end),
    path("jobs", views.jobs),
    path("jobs/<uuid:job_id>", views.job),
    path("jobs/<uuid:job_id>/cancel", views.job_cancel),
    path("bundles", views.bundles),
    path("releases", views.releases),
    path("runtimes", views.runtimes),
    path("runtimes/<uuid:runtime_id>", views.runtime),
    path("runtimes/<uuid:runtime_id>/revoke", views.runtime_revoke),
    path("onboarding", views.onboarding),
    path("brakes", views.brakes),
    path("brakes/stop", views.emergency_stop),
    path("brakes/freeze", views.freeze),
    path("cases/<uuid:case_id>/bundle", cases.case_bundle_stream),
    path("reconciliation", cases.reconciliation),
    path("runtime/enrol", runtime.runtime_enrol),
    path("runtime/heartbeat", runtime.runtime_heartbeat),
    path("runtime/jobs/claim", runtime.runtime_claim),
    path("runtime/jobs/<uuid:job_id>/start", runtime.runtime_job_start),
    path("runtime/jobs/<uuid:job_id>/renew", runtime.runtime_job_renew),
    path("runtime/jobs/<uuid:job_id>/output", runtime.runtime_job_output),
    path("runtime/jobs/<uuid:job_id>/report", runtime.runtime_job_report),
    path("runtime/journal", runtime.runtime_journal),
]

"""The pages of this app, below ``/i/<slug>/``."""

from django.urls import path

from remediation import views_reconciliation
from remediation.views import approvals, brakes, cases, contracts, jobs, onboarding, proposals, runtimes

app_name = "remediation"
urlpatterns = [
    path("approvals/", approvals.approval_list, name="approvals"),
    path("approvals/<uuid:code>", approvals.approval, name="approval"),
    path("proposals/", proposals.proposal_list, name="proposals"),
    path("proposals/new", proposals.propose, name="propose"),
    path("proposals/<uuid:code>", proposals.proposal, name="proposal"),
    path("proposals/<uuid:code>/approve", approvals.approve, name="approve"),
    path("proposals/<uuid:code>/reject", approvals.reject, name="reject"),
    path("proposals/<uuid:code>/review", approvals.review, name="review"),
    path("proposals/<uuid:code>/withdraw", proposals.withdraw, name="withdraw"),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/<uuid:code>", jobs.job, name="job"),
    path("jobs/<uuid:code>/output", jobs.output, name="job_output"),
    path("jobs/<uuid:code>/output.txt", jobs.output_file, name="job_output_file"),
    path("jobs/<uuid:code>/result.json", jobs.result_file, name="job_result"),
    path("jobs/<uuid:code>/tables/<str:name>.csv", jobs.table_file, name="job_table"),
    path("jobs/<uuid:code>/cancel", jobs.cancel, name="job_cancel"),
    path("contracts/", contracts.contract_list, name="contracts"),
    path("contracts/new", contracts.contract_compile, name="contract_new"),
    path("contracts/<uuid:code>", contracts.contract, name="contract"),
    path("contracts/bundles/<uuid:code>", contracts.release, name="release"),
    path("contracts/bundles/<uuid:code>/release", contracts.release_now, name="release_now"),
    path("runtimes/", runtimes.runtime_list, name="runtimes"),
    path("runtimes/new", runtimes.runtime_new, name="runtime_new"),
    path("runtimes/<uuid:code>", runtimes.runtime, name="runtime"),
    path("runtimes/<uuid:code>/revoke", runtimes.runtime_revoke, name="runtime_revoke"),
    path("cases/<uuid:case>.zip", cases.case_bundle_file, name="case_bundle"),
    path("onboarding/", onboarding.onboarding, name="onboarding"),
    path("brakes/stop", brakes.stop, name="stop"),
    path("brakes/freeze", brakes.freeze, name="freeze"),
    path("reconciliation/", views_reconciliation.reconciliation, name="reconciliation"),
]

"""Every address of the portal. This module is part of the composition root."""

from django.contrib import admin
from django.urls import include, path

handler400 = "opsportal.core.http.bad_request"
handler403 = "opsportal.core.http.permission_denied"
handler404 = "opsportal.core.http.page_not_found"
handler429 = "opsportal.institutions.login.too_many_requests"
handler500 = "opsportal.core.http.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("opsportal.institutions.account_urls")),
    path("api/", include("opsportal.api")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("i/<slug:slug>/", include("agents.urls")),
    path("i/<slug:slug>/", include("remediation.urls")),
    path("", include("remediation.link_urls")),
    path("i/<slug:slug>/findings/", include("findings.urls")),
    path("i/<slug:slug>/scenarios/", include("scenarios.urls")),
    path("i/<slug:slug>/ledger/", include("opsportal.portal.ledger_pages.urls")),
    path("", include("opsportal.portal.urls")),
]

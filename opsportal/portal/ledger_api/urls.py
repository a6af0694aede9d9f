"""Addresses of the API of the ledger, under /api/v1/ledger/."""

from django.urls import path

from opsportal.portal.ledger_api import views

urlpatterns = [
    path("entries", views.ledger_entries),
    path("entries/<int:seq>", views.ledger_entry),
    path("head", views.ledger_head),
    path("checkpoints", views.ledger_checkpoints),
    path("keys", views.ledger_keys),
    path("export", views.ledger_export_stream),
    path("payloads", views.ledger_payloads),
    path("verify", views.ledger_verify_now),
]

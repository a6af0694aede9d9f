"""Addresses of the API of findings, under /api/v1/agents/."""

from django.urls import path

from findings.api import views

urlpatterns = [
    path("findings", views.findings),
    path("findings/<uuid:finding_id>", views.finding),
    path("findings/<uuid:finding_id>/ack", views.finding_ack_now),
    path("findings/<uuid:finding_id>/unack", views.finding_unack),
    path("action-log", views.action_log),
]

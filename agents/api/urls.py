"""Addresses of the API of conversations, under /api/v1/agents/."""

from django.urls import path

from agents.api import views

urlpatterns = [
    path("inbox", views.inbox),
    path("threads", views.threads),
    path("threads/<uuid:thread_id>/messages", views.thread_messages),
    path("threads/<uuid:thread_id>/reply", views.thread_reply),
    path("messages/<uuid:message_id>/ack", views.message_ack),
    path("chat", views.chat),
]

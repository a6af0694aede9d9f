"""The pages of this app, below ``/i/<slug>/``."""

from django.urls import path

from agents import views, views_roster

app_name = "agents"
urlpatterns = [
    path("agents/", views_roster.agent_list, name="roster"),
    path("agents/<str:agent_id>/", views_roster.agent_detail, name="agent"),
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/rows/<uuid:code>", views.inbox_row, name="inbox_row"),
    path("inbox/bulk", views.inbox_bulk, name="inbox_bulk"),
    path("messages/<uuid:code>/ack", views.ack, name="message_ack"),
    path("messages/<uuid:code>/archive", views.archive, name="message_archive"),
    path("messages/<uuid:code>/undo", views.undo, name="message_undo"),
    path("threads/<uuid:code>/", views.thread, name="thread"),
    path("threads/<uuid:code>/messages", views.messages, name="thread_messages"),
    path("threads/<uuid:code>/reply", views.reply, name="thread_reply"),
]

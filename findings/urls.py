"""The pages of this app, below ``/i/<slug>/findings/``."""

from django.urls import path

from findings import views

app_name = "findings"
urlpatterns = [
    path("", views.finding_list, name="list"),
    path("rows", views.rows, name="rows"),
    path("ack", views.bulk_ack, name="bulk_ack"),
    path("unack", views.bulk_unack, name="bulk_unack"),
    path("<uuid:code>/", views.detail, name="detail"),
    path("<uuid:code>/ack", views.ack, name="ack"),
    path("<uuid:code>/unack", views.unack, name="unack"),
]

"""The pages of this app, below ``/i/<slug>/scenarios/``."""

from django.urls import path

from scenarios import views

app_name = "scenarios"
urlpatterns = [
    path("", views.scenario_list, name="list"),
    path("rows", views.rows, name="rows"),
    path("runs/<uuid:code>/", views.run, name="run"),
    path("<str:name>/", views.detail, name="detail"),
    path("<str:name>/run", views.run_now, name="run_now"),
    path("<str:name>/enable", views.enable, name="enable"),
    path("<str:name>/disable", views.disable, name="disable"),
]

"""The pages of the shell itself. Mounted at the root."""

from django.urls import path

from opsportal.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("me/institutions", views.institutions, name="institutions"),
    path("me/theme", views.theme, name="theme"),
    path("i/<slug:slug>/", views.now, name="now"),
    path("i/<slug:slug>/health", views.health, name="health"),
    path("i/<slug:slug>/waiting", views.waiting, name="waiting"),
]

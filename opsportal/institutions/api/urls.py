"""Addresses of the API of people, under /api/v1/."""

from django.urls import path

from opsportal.institutions.api.views import me

urlpatterns = [path("me", me)]

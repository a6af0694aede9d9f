"""The address of links by which people decide; it belongs to no institution, since it says nothing of one."""

from django.urls import path

from remediation.views.links import decide

urlpatterns = [path("decide/<str:token>", decide, name="approval_link")]

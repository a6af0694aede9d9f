"""The pages of the ledger, below ``/i/<slug>/ledger/``."""

from django.urls import path

from opsportal.portal.ledger_pages import views

app_name = "ledger"
urlpatterns = [
    path("", views.timeline, name="timeline"),
    path("newer", views.newer, name="newer"),
    path("proof", views.proof, name="proof"),
    path("verify", views.verify, name="verify"),
    path("export/<str:form>", views.export, name="export"),
    path("<int:seq>/", views.entry, name="entry"),
]

"""The pages of django-allauth that are open here. Whatever else it offers, now or later, is not.

No sign-up, and nothing that needs mail to a person: a forgotten password is issued anew by command or admin.
"""

from allauth.account import views
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from opsportal.institutions.web import public


@public
def closed(request: HttpRequest) -> HttpResponse:
    """Answer 404. allauth looks up the address of this page, so it must have one."""
    raise Http404


urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("email/", closed, name="account_email"),
    path("2fa/", include("allauth.mfa.urls")),
]

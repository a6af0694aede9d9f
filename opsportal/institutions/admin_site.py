"""The admin of one institution at a time, entered through the portal's own login."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from unfold.dataclasses import DropdownItem
from unfold.sites import UnfoldAdminSite

from opsportal.core.errors import NotFoundError, RefusedError
from opsportal.institutions.access import Permission
from opsportal.institutions.models import User
from opsportal.institutions.selectors import Access, access_list

CHOSEN = "admin_institution"  # the key in the session


class PortalAdminSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """Lets in whoever holds ``admin.access`` in the chosen institution, and superusers."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Return True when the person may open at least one page."""
        user = request.user
        if not (isinstance(user, User) and user.is_active):
            return False
        return user.is_superuser or Permission.ADMIN_ACCESS in getattr(request, "permissions", ())

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Send strangers to the portal's login, with its limits and second factors; refuse everybody else."""
        if request.user.is_authenticated:
            raise RefusedError("This needs the permission admin.access, which your roles do not hold.")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """End the session in the portal's own way."""
        return HttpResponseRedirect(reverse("account_logout"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Change one's password in the portal's own way."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Say in the head which institution is administered, and offer another one."""
        context: dict[str, Any] = super().each_context(request)
        access: Access | None = getattr(request, "access", None)
        if access is not None:
            context["site_subheader"] = access.institution.name
            choose = DropdownItem(title="Institution", link=reverse("admin:institution_choose"), icon="apartment")
            context["site_dropdown"] = [*(context.get("site_dropdown") or []), choose]
        return context

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the page where the institution is chosen; leave out Django's way to any row's page, which asks no scope."""
        mine = [path("institution", self.admin_view(self.institution_choose), name="institution_choose")]
        theirs = [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]
        return [*mine, *theirs]

    def institution_choose(self, request: HttpRequest) -> HttpResponse:
        """List the institutions that the person administers; POST ``slug`` goes into one."""
        mine = admin_access_list(request.user)
        if request.method == "POST":
            slug = request.POST.get("slug", "")
            if slug not in {access.institution.slug for access in mine}:
                raise NotFoundError("There is no such institution, or you do not administer it.")
            request.session[CHOSEN] = slug
            return redirect("admin:index")
        context = {**self.each_context(request), "title": "Institution", "accesses": mine}
        return render(request, "admin/institution_choose.html", context)


def admin_access_list(user: object) -> list[Access]:
    """Return the institutions that ``user`` may open in the admin; a superuser: all that they are a member of."""
    if not isinstance(user, User):
        return []
    return [
        access for access in access_list(user) if user.is_superuser or Permission.ADMIN_ACCESS in access.permissions
    ]


def admin_access_of(request: HttpRequest) -> Access | None:
    """Return the access under which an admin page is shown: the chosen institution, else the first that is not the
    installation's own, else whatever there is."""
    mine = admin_access_list(request.user)
    chosen = [access for access in mine if access.institution.slug == request.session.get(CHOSEN)]
    usual = [access for access in mine if not access.institution.is_system]
    return next(iter([*chosen, *usual, *mine]), None)

"""Institutions, departments, people, members and API tokens in the admin. Every change goes through a service."""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from opsportal.institutions.access import Permission, Role
from opsportal.institutions.admin_base import ServiceAdmin, access_of, may
from opsportal.institutions.models import ApiToken, Department, Institution, Member, User
from opsportal.institutions.selectors import Access, installation_actor, user_find
from opsportal.institutions.services import (
    department_activate,
    institution_create,
    institution_reopen,
    member_add,
    member_remove,
    member_roles_set,
    password_issue,
    token_create,
    token_revoke,
    user_active_set,
    user_create,
)
from opsportal.institutions.services.token import DAYS_MAX

# Not to be seen or edited here: second factors hold secrets, groups are the roles of the matrix.
for hidden in (EmailAddress, Authenticator, Group):
    if admin.site.is_registered(hidden):
        admin.site.unregister(hidden)


def _is_root(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser and request.user.is_active


class InstitutionForm(forms.ModelForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    class Meta:
        model = Institution
        fields = ("slug", "name")


@admin.register(Institution)
class InstitutionPage(ServiceAdmin):
    list_display = ("name", "slug", "is_system", "ledger_broken_at", "created_at")
    fields = ("slug", "name")
    form = InstitutionForm
    actions = ("reopen",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Institution]:
        """Superusers see all institutions, everybody else the one they administer."""
        every: QuerySet[Institution] = super().get_queryset(request)
        access = access_of(request)
        if _is_root(request):
            return every
        return every.filter(pk=access.institution.pk) if access else every.none()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_root(request)

    def make(self, request: HttpRequest, access: Access, said: dict[str, Any]) -> Model:
        actor = installation_actor(access.user)
        return institution_create(slug=said["slug"], name=said["name"], actor=actor, first=access.user)

    @admin.action(description="Write again: its ledger was looked into", permissions=["reopen"])
    def reopen(self, request: HttpRequest, rows: QuerySet[Institution]) -> None:
        """Let read-only institutions be written to again."""
        self.each(
            request,
            rows,
            lambda row, _: institution_reopen(institution=row, actor=installation_actor(_user(request))),
            done="Open",
        )

    def has_reopen_permission(self, request: HttpRequest) -> bool:
        return _is_root(request)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  narrows the type: the site lets nobody else in
    return request.user


@admin.register(Department)
class DepartmentPage(ServiceAdmin):
    list_display = ("name", "is_active", "created_at")
    fields = ("name",)
    actions = ("activate", "deactivate")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Permission.SETTINGS_MANAGE)

    def has_settings_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.SETTINGS_MANAGE)

    def make(self, request: HttpRequest, access: Access, said: dict[str, Any]) -> Model:
        return department_activate(institution=access.institution, name=said["name"], actor=access.actor)

    @admin.action(description="Activate", permissions=["settings"])
    def activate(self, request: HttpRequest, rows: QuerySet[Department]) -> None:
        """Switch departments on."""
        self._switch(request, rows, is_active=True)

    @admin.action(description="Deactivate", permissions=["settings"])
    def deactivate(self, request: HttpRequest, rows: QuerySet[Department]) -> None:
        """Switch departments off."""
        self._switch(request, rows, is_active=False)

    def _switch(self, request: HttpRequest, rows: QuerySet[Department], *, is_active: bool) -> None:
        self.each(
            request,
            rows.select_related("institution"),
            lambda row, actor: department_activate(
                institution=row.institution, name=row.name, actor=actor, is_active=is_active
            ),
            done="Active" if is_active else "Inactive",
        )


class UserForm(forms.ModelForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    class Meta:
        model = User
        fields = ("username", "email")


@admin.register(User)
class UserPage(ServiceAdmin):
    """People belong to the installation: superusers only."""

    list_display = ("username", "email", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("username", "email", "first_name", "last_name")
    fields = ("username", "email")
    form = UserForm
    actions = ("issue_password", "switch_on", "switch_off")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_root(request)

    has_module_permission = has_add_permission = has_root_permission = has_view_permission

    def make(self, request: HttpRequest, access: Access, said: dict[str, Any]) -> Model:
        user, password = user_create(
            username=said["username"], email=said["email"], actor=installation_actor(access.user)
        )
        request.META["opsportal.secret"] = password
        return user

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """Show the one-time password."""
        return self.secret_response(request, f"One-time password of {obj}", request.META["opsportal.secret"])

    @admin.action(description="Issue a one-time password", permissions=["root"])
    def issue_password(self, request: HttpRequest, rows: QuerySet[User]) -> HttpResponse | None:
        """Issue a password to one person and show it."""
        if rows.count() != 1:
            self.message_user(request, "Choose one person.", messages.ERROR)
            return None
        user = rows.get()
        password = password_issue(user=user, actor=installation_actor(_user(request)))
        return self.secret_response(request, f"One-time password of {user}", password)

    @admin.action(description="Let in", permissions=["root"])
    def switch_on(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        """Let people in again."""
        self._switch(request, rows, is_active=True)

    @admin.action(description="Keep out", permissions=["root"])
    def switch_off(self, request: HttpRequest, rows: QuerySet[User]) -> None:
        """Keep people out."""
        self._switch(request, rows, is_active=False)

    def _switch(self, request: HttpRequest, rows: QuerySet[User], *, is_active: bool) -> None:
        root = installation_actor(_user(request))
        self.each(request, rows, lambda row, _: user_active_set(user=row, is_active=is_active, actor=root), done="Done")


class RolesForm(forms.ModelForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    roles = forms.MultipleChoiceField(
        choices=[(role.value, role.value) for role in Role],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
    )

    class Meta:
        model = Member
        fields: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["roles"].initial = [group.name for group in self.instance.roles.all()]


class MemberForm(RolesForm):
    username = forms.CharField(max_length=150, widget=UnfoldAdminTextInputWidget)
    field_order = ("username", "roles")


@admin.register(Member)
class MemberPage(ServiceAdmin):
    list_display = ("user", "role_names", "is_active", "created_at")
    list_filter = ("is_active",)
    list_select_related = ("user", "institution")
    search_fields = ("user__username", "user__email", "user__first_name", "user__last_name")
    actions = ("remove",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Read the roles with the members."""
        rows: QuerySet[Member] = super().get_queryset(request).prefetch_related("roles")
        return rows

    @admin.display(description="Roles")
    def role_names(self, row: Member) -> str:
        """Return the roles of a member, by name."""
        return ", ".join(sorted(group.name for group in row.roles.all()))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type[RolesForm]:
        """Ask for a user name when a member is added, for the roles alone when one is changed."""
        return MemberForm if obj is None else RolesForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("username", "roles") if obj is None else ("roles",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Permission.MEMBER_MANAGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Permission.MEMBER_MANAGE)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.MEMBER_MANAGE)

    def make(self, request: HttpRequest, access: Access, said: dict[str, Any]) -> Model:
        user = user_find(said["username"])
        return member_add(institution=access.institution, user=user, roles=said["roles"], actor=access.actor)

    def alter(self, request: HttpRequest, access: Access, row: Any, said: dict[str, Any]) -> None:
        member_roles_set(member=row, roles=said["roles"], actor=access.actor)

    @admin.action(description="End the membership", permissions=["manage"])
    def remove(self, request: HttpRequest, rows: QuerySet[Member]) -> None:
        """End memberships."""
        self.each(request, rows, lambda row, actor: member_remove(member=row, actor=actor), done="Ended")


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    days = forms.IntegerField(min_value=1, max_value=DAYS_MAX, initial=90, widget=UnfoldAdminIntegerFieldWidget)

    class Meta:
        model = ApiToken
        fields = ("name",)


@admin.register(ApiToken)
class TokenPage(ServiceAdmin):
    """API tokens of the institution; a new one speaks for whoever makes it."""

    list_display = ("name", "key_id", "member", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("member__user", "member__institution")
    list_filter = ("revoked_at", "expires_at")
    search_fields = ("name", "key_id", "member__user__username")
    fields = ("name", "days")
    form = TokenForm
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields if obj is None else ("name", "key_id", "member", "expires_at", "last_used_at", "revoked_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Permission.TOKEN_MANAGE)

    def has_token_permission(self, request: HttpRequest) -> bool:
        return may(request, Permission.TOKEN_MANAGE)

    def make(self, request: HttpRequest, access: Access, said: dict[str, Any]) -> Model:
        made = token_create(member=access.member, name=said["name"], days=said["days"], actor=access.actor)
        request.META["opsportal.secret"] = made.text
        return made.token

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """Show the token."""
        return self.secret_response(request, f"API token {obj}", request.META["opsportal.secret"])

    @admin.action(description="Revoke", permissions=["token"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiToken]) -> None:
        """Revoke tokens."""
        chosen = rows.select_related("member__user")
        self.each(request, chosen, lambda row, actor: token_revoke(token=row, actor=actor), done="Revoked")

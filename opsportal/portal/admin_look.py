"""What settings/unfold.py leaves open until there is a request: links, theme, sidebar."""

from typing import NotRequired, TypedDict

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsportal.institutions.models import User

_APP_ICONS = {
    "institutions": "apartment",
    "agents": "smart_toy",
    "scenarios": "radar",
    "findings": "warning",
    "ledger": "menu_book",
    "jobs": "engineering",
    "django_q": "schedule",
    "account": "mail",
    "mfa": "shield_lock",
}


class Link(TypedDict):
    """One entry of a menu of Unfold."""

    title: str | Promise
    link: str
    icon: str
    active: NotRequired[bool]


class Group(TypedDict):
    """One group of Unfold's sidebar."""

    title: str | Promise
    separator: bool
    items: list[Link]


def ways_out(request: HttpRequest) -> list[Link]:
    """Return what the menu at the top of the admin offers: the way back to the portal."""
    return [Link(title=_("Portal"), link="/", icon="arrow_back")]


def theme(request: HttpRequest) -> str | None:
    """Return the theme that the person chose in the portal; None follows the system."""
    user = request.user
    return user.theme if isinstance(user, User) and user.theme != User.Theme.SYSTEM else None


def environment(request: HttpRequest) -> tuple[str, str] | None:
    """Return the label of this installation (``OPSPORTAL_ENVIRONMENT``) and its colour; None when it has none."""
    return (settings.ENVIRONMENT, "info") if settings.ENVIRONMENT else None


def mark(request: HttpRequest) -> str:
    """Return the address of the portal's sign."""
    return static("opsportal/mark.svg")


def stylesheet(request: HttpRequest) -> str:
    """Return the address of our additions to Unfold's styles."""
    return static("opsportal/admin.css")


def navigation(request: HttpRequest) -> list[Group]:
    """Return the sidebar: the way back, then every app with the models that this person may see."""
    ways = [Link(**way, active=False) for way in ways_out(request)]  # "/" begins every address: it would look open
    back = Group(title="", separator=False, items=ways)
    apps = [
        Group(
            title=app["name"],
            separator=True,
            items=[
                Link(title=model["name"], link=model["admin_url"], icon=_APP_ICONS.get(app["app_label"], "table"))
                for model in app["models"]
                if model["admin_url"]
            ],
        )
        for app in admin.site.get_app_list(request)
    ]
    return [back, *apps]

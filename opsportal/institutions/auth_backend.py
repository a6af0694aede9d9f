"""Django's own questions about permission, answered from the current membership.

Admin, templates and REST framework all ask ``user.has_perm``. ``User.groups`` stays empty; what
counts are the roles in the institution of the request.
"""

from django.contrib.auth.backends import BaseBackend
from django.db.models import Model

from opsportal.institutions.access import Permission
from opsportal.institutions.current import access_current
from opsportal.institutions.models import User

# Whoever may look at the models of an app in the admin. Nothing is added, changed or deleted there by
# these: what changes does so through services, which ask for their own permission.
READ_BY_APP = {
    "agents": Permission.OPS_READ,
    "scenarios": Permission.OPS_READ,
    "findings": Permission.OPS_READ,
    "ledger": Permission.LEDGER_READ,
    "institutions": Permission.MEMBER_READ,
}


class MembershipBackend(BaseBackend):
    """Answers ``has_perm`` for our verbs (``ops.read``) and for ``<app>.view_<model>``. Logs nobody in."""

    def has_perm(self, user_obj: object, perm: str, obj: Model | None = None) -> bool:
        """Return True when the roles of ``user_obj`` in the current institution hold ``perm``."""
        access = access_current()
        if access is None or not isinstance(user_obj, User) or access.user.pk != user_obj.pk or not user_obj.is_active:
            return False
        if obj is not None and getattr(obj, "institution_id", access.institution.pk) != access.institution.pk:
            return False
        return _verb(perm) in access.permissions

    def has_module_perms(self, user_obj: User, app_label: str) -> bool:
        """Return True when the models of an app may be looked at."""
        return self.has_perm(user_obj, f"{app_label}.view_")


def _verb(perm: str) -> Permission | None:
    if perm in set(Permission):
        return Permission(perm)
    app, _, action = perm.partition(".")
    return READ_BY_APP.get(app) if action.startswith("view_") else None

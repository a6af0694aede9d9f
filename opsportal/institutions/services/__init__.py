"""The write side of institutions and people. Import from here; the modules below are where it lives."""

from opsportal.institutions.services.institution import (
    department_activate,
    institution_create,
    institution_mark_broken,
    institution_reopen,
)
from opsportal.institutions.services.member import member_add, member_remove, member_roles_set
from opsportal.institutions.services.person import (
    login_record,
    password_issue,
    password_set,
    user_active_set,
    user_create,
)
from opsportal.institutions.services.start import FirstStart, first_start
from opsportal.institutions.services.token import token_create, token_revoke

__all__ = [
    "FirstStart",
    "department_activate",
    "first_start",
    "institution_create",
    "institution_mark_broken",
    "institution_reopen",
    "login_record",
    "member_add",
    "member_remove",
    "member_roles_set",
    "password_issue",
    "password_set",
    "token_create",
    "token_revoke",
    "user_active_set",
    "user_create",
]

"""manage.py member_add"""

from argparse import ArgumentParser
from typing import Any

from opsportal.core.actor import SYSTEM
from opsportal.core.command import DomainCommand
from opsportal.core.errors import NotFoundError
from opsportal.institutions.access import Role
from opsportal.institutions.models import User
from opsportal.institutions.selectors import access_find, institution_find, user_find
from opsportal.institutions.services import member_add, member_roles_set, user_create


class Command(DomainCommand):
    """Give a person roles in an institution."""

    help = "Give a person roles in an institution, beside those they have there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--institution", required=True, metavar="SLUG")
        parser.add_argument("--username", required=True)
        parser.add_argument("--role", required=True, action="append", choices=[role.value for role in Role])
        parser.add_argument("--create", action="store_true", help="Make the person; print a one-time password.")
        parser.add_argument("--email", default="", help="With --create.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Add them and print what they hold now."""
        institution = institution_find(options["institution"])
        user = self._user(options)
        access = access_find(user, slug=institution.slug)
        if access is None:
            roles = frozenset(options["role"])
            member_add(institution=institution, user=user, roles=roles, actor=SYSTEM)
        else:
            roles = access.roles | set(options["role"])
            member_roles_set(member=access.member, roles=roles, actor=SYSTEM)
        self.stdout.write(f"{user.username} in {institution.slug}: {', '.join(sorted(roles))}")

    def _user(self, options: dict[str, Any]) -> User:
        try:
            return user_find(options["username"])
        except NotFoundError:
            if not options["create"]:
                raise
        user, password = user_create(username=options["username"], email=options["email"], actor=SYSTEM)
        self.stdout.write(f"One-time password of {user.username}: {password}")
        return user

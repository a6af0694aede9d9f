"""manage.py token_create"""

from argparse import ArgumentParser
from typing import Any

from opsportal.core.actor import SYSTEM
from opsportal.core.command import DomainCommand
from opsportal.core.errors import NotFoundError
from opsportal.institutions.selectors import access_find, user_find
from opsportal.institutions.services import token_create


class Command(DomainCommand):
    """Make an API token and print it, once."""

    help = "Make an API token for a member and print it: it cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--username", required=True)
        parser.add_argument("--institution", required=True, metavar="SLUG")
        parser.add_argument("--days", required=True, type=int, help="How long it lives: 1 to 366.")
        parser.add_argument("--name", default="made by command", help="What it is for.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it; print the token and nothing else."""
        access = access_find(user_find(options["username"]), slug=options["institution"])
        if access is None:
            raise NotFoundError(f"{options['username']} is not a member of {options['institution']}.")
        made = token_create(member=access.member, name=options["name"], days=options["days"], actor=SYSTEM)
        self.stdout.write(made.text)

"""manage.py password_issue"""

from argparse import ArgumentParser
from typing import Any

from opsportal.core.actor import SYSTEM
from opsportal.core.command import DomainCommand
from opsportal.institutions.selectors import user_find
from opsportal.institutions.services import password_issue


class Command(DomainCommand):
    """Give a person a new one-time password."""

    help = "Give a person a new password that is good for one login, and print it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--username", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue it; print the password and nothing else."""
        self.stdout.write(password_issue(user=user_find(options["username"]), actor=SYSTEM))

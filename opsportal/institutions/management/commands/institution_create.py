"""manage.py institution_create"""

from argparse import ArgumentParser
from typing import Any

from opsportal.core.actor import SYSTEM
from opsportal.core.command import DomainCommand
from opsportal.institutions.selectors import user_find
from opsportal.institutions.services import institution_create


class Command(DomainCommand):
    """Make an institution and begin its ledger."""

    help = "Make an institution, begin its ledger, and name its first super_admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--slug", required=True, help="Its part of every address: a-z, 0-9 and hyphens.")
        parser.add_argument("--name", required=True, help="What people call it.")
        parser.add_argument("--username", help="Who becomes its first super_admin.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and print its id."""
        first = user_find(options["username"]) if options["username"] else None
        institution = institution_create(slug=options["slug"], name=options["name"], actor=SYSTEM, first=first)
        self.stdout.write(f"{institution.slug} {institution.pk}")

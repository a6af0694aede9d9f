"""manage.py institution_reopen"""

from argparse import ArgumentParser
from typing import Any

from opsportal.core.actor import SYSTEM
from opsportal.core.command import DomainCommand
from opsportal.institutions.selectors import institution_find
from opsportal.institutions.services import institution_reopen


class Command(DomainCommand):
    """Let an institution be written to again."""

    help = "Let an institution be written to again after its broken ledger was looked into."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--institution", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reopen it."""
        institution_reopen(institution=institution_find(options["institution"]), actor=SYSTEM)
        self.stdout.write(f"{options['institution']} is open")

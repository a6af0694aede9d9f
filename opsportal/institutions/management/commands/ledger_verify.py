"""manage.py ledger_verify"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from ledger.services import ledger_verify
from ledger.verification import Verification
from opsportal.core.command import DomainCommand
from opsportal.institutions.models import Institution
from opsportal.institutions.selectors import institutions_named


class Command(DomainCommand):
    """Verify ledgers where they live."""

    help = (
        "Verify ledgers: the bytes, their hashes, the columns beside them, payloads and checkpoints. Names every "
        "entry that is wrong. The outcome is recorded; a broken ledger makes its institution read-only. Exit code 1 "
        "when one is broken."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--institution", metavar="SLUG", help="One institution; without it, all of them.")
        parser.add_argument(
            "--from-checkpoint", action="store_true", help="Trust what the last checkpoint covers: much faster."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify one after the other; fail at the end if one is broken."""
        broken = []
        for institution in institutions_named(options["institution"]):
            found = ledger_verify(institution.pk, whole=not options["from_checkpoint"])
            self._say(institution, found)
            if not found.is_intact:
                broken.append(institution.slug)
        if broken:
            raise CommandError(f"broken: {', '.join(broken)}")

    def _say(self, institution: Institution, found: Verification) -> None:
        state = "intact" if found.is_intact else "BROKEN"
        begin = f"from {found.after + 1} " if found.after else ""
        self.stdout.write(f"{institution.slug}: {state}, {begin}to entry {found.size}, head {found.head}")
        for fault in found.faults:
            self.stdout.write(f"  seq {fault.seq}: {fault.code}: {fault.message}")

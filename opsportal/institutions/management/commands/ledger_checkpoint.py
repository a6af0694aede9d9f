"""manage.py ledger_checkpoint"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from ledger.keys import key_text
from ledger.selectors import checkpoint_last, signing_keys
from ledger.services import LedgerBrokenError, checkpoint_sign
from opsportal.core.command import DomainCommand
from opsportal.core.errors import FrozenInstitutionError
from opsportal.institutions.models import Institution
from opsportal.institutions.selectors import institutions_named


class Command(DomainCommand):
    """Sign the heads of ledgers."""

    help = (
        "Sign the heads of ledgers that have grown, and hand out the newest checkpoint and the public keys: keep "
        "them where nobody who runs this portal can change them. Exit code 1 when a ledger may not be signed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--institution", metavar="SLUG", help="One institution; without it, all of them.")
        parser.add_argument("--output", metavar="FOLDER", type=Path, help="Write <slug>-<size>.note and <slug>.keys.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sign one after the other; fail at the end if one was refused."""
        refused = []
        for institution in institutions_named(options["institution"]):
            try:
                checkpoint_sign(institution.pk)
            except (LedgerBrokenError, FrozenInstitutionError) as error:
                self.stderr.write(f"{institution.slug}: {error.detail}")
                refused.append(institution.slug)
            else:
                self._hand_out(institution, options["output"])
        if refused:
            raise CommandError(f"not signed: {', '.join(refused)}")

    def _hand_out(self, institution: Institution, folder: Path | None) -> None:
        checkpoint = checkpoint_last(institution.pk)
        if checkpoint is None:
            self.stdout.write(f"{institution.slug}: nothing to sign yet")
            return
        keys = [key_text(key) for key in signing_keys(institution.pk)]
        self.stdout.write(f"{institution.slug}: {checkpoint.size} entries, root {checkpoint.root}, key {keys[0]}")
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            note = folder / f"{institution.slug}-{checkpoint.size}.note"
            note.write_text(checkpoint.note, encoding="utf-8", newline="")
            (folder / f"{institution.slug}.keys").write_text("\n".join(keys) + "\n", encoding="utf-8")

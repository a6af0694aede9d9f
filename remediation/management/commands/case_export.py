"""manage.py case_export"""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger.keys import key_text
from ledger.selectors import signing_keys
from opsportal.core.command import DomainCommand
from opsportal.institutions.selectors import institution_find
from remediation.evidence import case_bundle


class Command(DomainCommand):
    """Write the evidence of one case to a file."""

    help = (
        "Write the evidence of one case to a zip that a stranger can check: entries with their proofs, plan, order, "
        "result, contract, texts, and the verifier. That it was done is recorded. See docs/evidence.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--institution", required=True, metavar="SLUG")
        parser.add_argument("--case", required=True, type=UUID, metavar="UUID")
        parser.add_argument("--output", required=True, metavar="FILE", type=Path)
        parser.add_argument("--masked", action="store_true", help="Leave private texts out, but for their commitments.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file whole or not at all; tell how it is checked."""
        institution, path = institution_find(options["institution"]), options["output"]
        stream = case_bundle(institution.pk, options["case"], is_masked=options["masked"])
        draft = path.with_name(f".{path.name}.part")
        with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(stream)
        draft.replace(path)
        key = key_text(signing_keys(institution.pk)[0])
        self.stdout.write(f"{path}: check it with the verify.py in it:")
        self.stdout.write(f"python3 -I -S verify.py {path.name} --key '{key}'")

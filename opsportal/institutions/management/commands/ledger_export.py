"""manage.py ledger_export"""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from ledger.selectors import EntryFilter
from ledger.services import ledger_export, payloads_export
from opsportal.core.actor import SYSTEM
from opsportal.core.command import DomainCommand
from opsportal.institutions.selectors import institution_find


class Command(DomainCommand):
    """Write the entries of one ledger to a file."""

    help = (
        "Write the entries of one ledger, oldest first, all of them or those that match. JSONL holds the bytes as "
        "they were hashed; without filters it is what opsportal_verify.py takes. That it was done is recorded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what may be said."""
        parser.add_argument("--institution", required=True, metavar="SLUG")
        parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl", help="default: %(default)s")
        parser.add_argument("--output", metavar="FILE", type=Path, help="default: standard output")
        parser.add_argument("--payloads", metavar="FILE", type=Path, help="Write what the entries commit to here.")
        parser.add_argument("--kind", default="", help="such as FINDING_OPENED")
        parser.add_argument("--case", type=UUID)
        parser.add_argument("--actor", default="")
        parser.add_argument("--subject", default="", help="such as finding:<uuid>")
        parser.add_argument("--from", type=moment, dest="since", help="ISO 8601; UTC unless it says otherwise")
        parser.add_argument("--to", type=moment, dest="until", help="not included")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file whole or not at all."""
        institution = institution_find(options["institution"])
        where = EntryFilter(**{name: options[name] for name in ("kind", "case", "actor", "subject", "since", "until")})
        stream = ledger_export(institution.pk, form=options["format"], where=where, actor=SYSTEM)
        if options["output"] is None:
            _write(sys.stdout.buffer, stream)
        else:
            _write_whole(options["output"], stream)
        if options["payloads"] is not None:
            _write_whole(options["payloads"], payloads_export(institution.pk, actor=SYSTEM))


def moment(text: str) -> datetime:
    """Return the moment that an ISO 8601 text names; UTC when it names no zone."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"not a date or time of ISO 8601: {text}") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _write_whole(path: Path, stream: Iterator[bytes]) -> None:
    draft = path.with_name(f".{path.name}.part")
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        _write(file, stream)
    draft.replace(path)


def _write(file: IO[bytes], stream: Iterator[bytes]) -> None:
    for piece in stream:
        file.write(piece)
    file.flush()

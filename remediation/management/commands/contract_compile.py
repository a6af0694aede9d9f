"""``manage.py contract_compile FILE``: compile a contract, or say line by line what is wrong with it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from opsportal.core.command import DomainCommand
from remediation.contracts.compile import contract_compile
from remediation.contracts.diagnostics import ContractError
from remediation.contracts.format import contract_format


class Command(DomainCommand):
    """Compile a contract without touching the database."""

    help = "Compile a contract: print its digest, or every error with line and column. Nothing is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, where to write the artifacts, and whether to hold the text to its canonical form."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--output", type=Path, help="a folder for the thirteen artifacts")
        parser.add_argument("--check", action="store_true", help="fail unless --output holds exactly these artifacts")
        parser.add_argument("--format", action="store_true", help="rewrite the file in its canonical form")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile, and write or compare."""
        path: Path = options["file"]
        try:
            text = path.read_text(encoding="utf-8")
            if options["format"]:
                text = contract_format(text)
                path.write_text(text, encoding="utf-8")
            compiled = contract_compile(text)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from None
        except ContractError as error:
            lines = [f"{path}:{one.line}:{one.column}: {one.code}: {one.message}" for one in error.diagnostics]
            raise CommandError("\n".join(lines)) from None
        if options["output"]:
            self._artifacts(options["output"], compiled.artifacts, is_check=options["check"])
        self.stdout.write(f"{compiled.contract} {compiled.digest}")

    def _artifacts(self, folder: Path, artifacts: Any, *, is_check: bool) -> None:
        if is_check:
            found = {one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.is_file()}
            names = {name for name in found.keys() | artifacts.keys() if found.get(name) != artifacts.get(name)}
            if names:
                raise CommandError(f"not what the contract compiles to: {', '.join(sorted(names))}")
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in artifacts.items():
            (folder / name).write_text(text, encoding="utf-8")

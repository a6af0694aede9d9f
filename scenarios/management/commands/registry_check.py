"""Check registry files without loading them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize

from scenarios.registry.files import configuration_current, registry_files, registry_texts
from scenarios.registry.parse import registry_read


class Command(BaseCommand):
    """``manage.py registry_check [FILE …]``"""

    help = "Check registry files and print every problem as file:line: where: what. Loads nothing, asks no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the files; without any, those that the portal would load."""
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the problems and exit with 1, or what was found and which settings it lacks."""
        texts, unreadable = registry_texts(options["files"] or registry_files())
        registry, problems = registry_read(texts, configuration_current())
        for problem in (*unreadable, *problems):
            self.stdout.write(str(problem))
        if found := len(unreadable) + len(problems):
            raise CommandError(f"{found} problem{pluralize(found)}: this would not be loaded")
        for spec in registry.scenarios.values():
            if spec.missing:
                self.stdout.write(f"{spec.id} is not configured: set {', '.join(spec.missing)}")
        found = len(registry.scenarios)
        self.stdout.write(f"{found} scenario{pluralize(found)}, no problems")

"""Write down the registry's form."""

from typing import Any

from django.core.management.base import BaseCommand

from scenarios.registry.publish import published


class Command(BaseCommand):
    """``manage.py registry_publish``"""

    help = "For developers: write registry.schema.json and docs/probe-kinds.md anew, after a change of a probe."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files that are not current, and name them."""
        for path, content in published().items():
            if not path.exists() or path.read_text(encoding="utf-8") != content:
                path.write_text(content, encoding="utf-8")
                self.stdout.write(f"wrote {path}")

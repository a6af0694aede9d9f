"""``manage.py contract_release``: compile a contract and put it in force in a department."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from opsportal.core.actor import SYSTEM
from opsportal.core.command import DomainCommand
from opsportal.core.scope import institution_scope
from opsportal.institutions.selectors import institution_find
from opsportal.institutions.services import department_activate
from remediation.services import bundle_compile, bundle_release


class Command(DomainCommand):
    """Release a contract; the one in force before stays on record, and rolling back is releasing it again."""

    help = "Compile FILE and make it the contract of a department, which is made if it is missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and where it is to be in force."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--institution", required=True, help="its slug")
        parser.add_argument("--department", required=True, help="as the contract's domain has it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile, verify, release."""
        try:
            source = options["file"].read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from None
        institution = institution_find(options["institution"])
        with institution_scope(institution.pk):
            bundle = bundle_compile(institution=institution, source=source, actor=SYSTEM)
            department = department_activate(institution=institution, name=options["department"], actor=SYSTEM)
            release = bundle_release(department=department, bundle=bundle, actor=SYSTEM)
        self.stdout.write(f"{bundle.contract} is in force in {department.name} (release {release.code})")

"""``manage.py tick``: one tick over every enabled scenario, now."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsportal.core.errors import DomainError
from scenarios.actors import TICK_ACTORS
from scenarios.models import Tick
from scenarios.services import tick_run


class Command(BaseCommand):
    """Look at every enabled scenario now, write what was seen, and say it."""

    help = "Run one tick over every enabled scenario and print one line per run. Fails while another tick runs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --json."""
        parser.add_argument("--json", action="store_true", help="print the runs as one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the tick."""
        try:
            trigger = Tick.Trigger.COMMAND
            result = tick_run(trigger=trigger, actor=TICK_ACTORS[trigger], everything=True)
        except DomainError as refusal:
            raise CommandError(f"{refusal.code}: {refusal.detail}") from refusal
        if options["json"]:
            rows = [
                {"scenario_id": r.scenario_id, "status": r.status, "findings_count": r.findings_count}
                for r in result.runs
            ]
            self.stdout.write(json.dumps({"tick_id": str(result.tick.code), "runs": rows}))
            return
        for run in result.runs:
            self.stdout.write(f"{run.status:<15} {run.scenario_id}  findings={run.findings_count} {run.duration_ms} ms")
        self.stdout.write(f"{len(result.runs)} runs, tick {result.tick.code}")

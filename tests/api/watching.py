"""An installation that watches files, for tests of what the API shows of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_django import Settings

from opsportal.institutions.models import Institution
from scenarios.actors import TICK_ACTORS
from scenarios.models import Tick
from scenarios.services import TickResult, tick_run
from tests.institutions.factories import institution_make, system_make
from tests.scenarios.registry.texts import check, entry, text


def watch(
    folder: Path, settings: Settings, names: Sequence[str], *more: Mapping[str, Any], **changes: Any
) -> Institution:
    """Let home watch one file in ``folder`` per name, and ``more`` entries; return home. A file that is not there
    yet is down."""
    system_make()
    home = institution_make("home")
    settings.REGISTRY = folder / "registry.yaml"
    settings.REGISTRY_DIR = folder / "registry.d"
    settings.REGISTRY.write_text(text(*(_entry(folder, name, changes) for name in names), *more))
    return home


def _entry(folder: Path, name: str, changes: dict[str, Any]) -> dict[str, Any]:
    condition = {"measure": "exists", "op": "==", "value": True}
    look = check(kind="file_age", conditions=[condition]) | {"with": {"path": str(folder / name)}}
    return entry(name, **({"checks": [look], "down_after": 1, "up_after": 1} | changes))


def ticked() -> TickResult:
    """Run one round over everything."""
    return tick_run(trigger=Tick.Trigger.COMMAND, actor=TICK_ACTORS[Tick.Trigger.COMMAND], everything=True)

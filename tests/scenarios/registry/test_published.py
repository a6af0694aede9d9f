"""The published schema and page are current, and the schema judges as the portal does."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from opsportal.settings.base import BASE_DIR
from scenarios.probes.kinds import probe_kinds
from scenarios.registry.publish import published
from tests.scenarios.registry.shipped import PATH
from tests.scenarios.registry.texts import beat, check, entry, text

SCHEMA = BASE_DIR / "scenarios" / "registry.schema.json"


def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.spec("L26")
@pytest.mark.parametrize("path", published(), ids=lambda path: str(path.name))
def test_it_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == published()[path], "run: python manage.py registry_publish"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_it_accepts_what_the_portal_ships() -> None:
    assert list(validator().iter_errors(yaml.safe_load(PATH.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": "A9"},
        {"title": {"en": "x"}},
        {"checks": [check(kind="magic")]},
        {"checks": [beat(colour="red")]},
        {"checks": [beat(interval_seconds="often")]},
        {"checks": [{"name": "beat", "kind": "heartbeat"}]},
        {"checks": [check(conditions=[{"measure": "mood", "op": "<", "value": 1}])]},
        {"checks": [check(conditions=[{"measure": "listening:", "op": "==", "value": True}])]},
        {"checks": [check(conditions=[{"measure": "load_per_cpu", "op": "~", "value": 1}])]},
    ],
)
def test_it_refuses_what_the_portal_refuses(changes: dict[str, Any]) -> None:
    assert not validator().is_valid(yaml.safe_load(text(entry(**changes))))


def test_it_lets_placeholders_stand_for_numbers() -> None:
    assert validator().is_valid(yaml.safe_load(text(entry(checks=[beat(interval_seconds="${PERIOD}")]))))


@pytest.mark.parametrize("kind", probe_kinds())
def test_the_page_explains_every_kind_and_measure(kind: str) -> None:
    page = published()[BASE_DIR / "docs" / "probe-kinds.md"]
    section = page.partition(f"## `{kind}`\n")[2].partition("\n## `")[0]
    for measure in probe_kinds()[kind].MEASURES:
        assert f"| `{measure.name}" in section
        assert measure.help in section

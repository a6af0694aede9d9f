""".env.example and the settings say the same, and the names of Spec 029 are read."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from opsportal.settings.base import BASE_DIR

PRODUCT = ["opsportal", "agents", "findings", "ledger", "scenarios"]
SEED = {
    "AGENTIC_LLM_ENABLED": "true",
    "OLLAMA_BASE_URL": "http://10.0.0.123:11434",
    "AGENTIC_LLM_MODEL": "qwen2.5:3b",
    "AGENTIC_EMBED_MODEL": "other-embed",
    "AGENTIC_INTERVAL_SEC": "60",
    "AGENTIC_SPECS_ROOT": "/srv/specs",
    "AGENTIC_CRITICAL_VMIDS": "112,122",
    "VM123_IP": "10.0.0.123",
    "OPENPANEL_BRIDGE_URL": "http://10.0.0.123:18087/",
    "OPS_INTERNAL_TOKEN": "t0ken",
}
SHOW = """
import json
from opsportal.settings import base as s
v = s.REGISTRY_VARIABLES
print(json.dumps([s.LLM_ENABLED, s.OLLAMA_BASE_URL, s.LLM_MODEL, s.EMBED_MODEL, s.INTERVAL_SECONDS, s.SPECS_ROOT,
    v["AGENTIC_CRITICAL_VMIDS"], v["VM123_IP"], v["OPENPANEL_BRIDGE_URL"], s.INTERNAL_TOKEN,
    v["OLLAMA_BASE_URL"], v["AGENTIC_LLM_MODEL"], v["OPSPORTAL_VAR_ZONE"], dict(s.REGISTRY_SECRETS), s.PROBE_DATABASES]))
"""


def _names_read(source: str) -> set[str]:
    """The names that calls of the environment readers in ``source`` mention."""
    names: set[str] = set()
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id.startswith("env_"):
            words = [word.value for word in call.args if isinstance(word, ast.Constant)]
            is_list = call.func.id in {"env_named", "env_secrets"}
            names.update(str(word) for word in (words if is_list else words[:1]))
    return names


@pytest.mark.spec("L36")
def test_every_variable_that_is_read_is_in_the_example_and_the_other_way_round() -> None:
    files = [path for package in PRODUCT for path in (BASE_DIR / package).rglob("*.py")]
    read = set().union(*(_names_read(path.read_text(encoding="utf-8")) for path in files))
    lines = (BASE_DIR / ".env.example").read_text(encoding="utf-8").splitlines()
    listed = [name for line in lines for name in re.findall(r"^#?([A-Z][A-Z0-9_]*)=", line)]
    assert len(listed) == len(set(listed))
    shown = {name for name in listed if not name.endswith("_EXAMPLE")}
    assert read - shown == set(), "say in .env.example what these are for"
    assert shown - read == set(), "nothing reads these any more: take them out of .env.example"


@pytest.mark.spec("L36")
def test_the_names_of_spec_029_reach_the_settings(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("c4nary\n")
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    more = {
        "OPSPORTAL_VAR_ZONE": "lab",
        "OPSPORTAL_PROBE_SECRET_LAB_FILE": str(secret),
        "OPSPORTAL_PROBE_DATABASE_LAB": "sqlite:////srv/lab.sqlite3",
    }
    output = subprocess.run(
        [sys.executable, "-c", SHOW], env={**clean, **SEED, **more}, cwd=BASE_DIR, check=True, capture_output=True
    ).stdout
    *values, secrets, databases = json.loads(output)
    assert values == [
        True,
        "http://10.0.0.123:11434",
        "qwen2.5:3b",
        "other-embed",
        60,
        "/srv/specs",
        "112,122",
        "10.0.0.123",
        "http://10.0.0.123:18087",
        "t0ken",
        "http://10.0.0.123:11434",
        "qwen2.5:3b",
        "lab",
    ]
    assert secrets == {
        "PFSENSE_API_KEY": "",
        "PVE_API_TOKEN": "",
        "OPSPORTAL_PROBE_SECRET_LAB": "c4nary",
    }
    assert databases == {"desk": "", "lab": "sqlite:////srv/lab.sqlite3"}

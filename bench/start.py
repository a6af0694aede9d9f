"""What the worker costs before it does anything: CPU of its imports, and memory afterwards.

Beside it, in turn: Python that does nothing, and Django with its contrib apps. The worker's set is what
``portal_worker`` has loaded when it begins to work: Django with the worker's role, the command, the cluster,
and whatever checks the command asks for. What only developers have installed (it is not in requirements.txt) is hidden: libraries such as DRF import what they find.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

from bench.report import Row, row, suite_report

ROUNDS = 7
ROOT = Path(__file__).resolve().parent.parent
CONTRIB = ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
HIDE = """
import json, os, sys
for name in json.loads(os.environ["HIDDEN"]):
    sys.modules[name] = None
"""
TELL = """
import resource
spent = resource.getrusage(resource.RUSAGE_SELF)
with open("/proc/self/statm") as statm:
    pages = int(statm.read().split()[1])
loaded = sum(module is not None for module in sys.modules.values())
print(json.dumps([(spent.ru_utime + spent.ru_stime) * 1000, pages * resource.getpagesize() / 2**20, loaded]))
"""
SETS = {
    "python": "",
    "contrib": f"""
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=[f"django.contrib.{{name}}" for name in {CONTRIB!r}])
django.setup()
""",
    "worker": """
import django
django.setup()
from opsportal.portal.management.commands.portal_worker import Command
Command.handle = lambda self, *arguments, **options: None
Command().run_from_argv(["manage.py", "portal_worker"])
""",
}
Sample = tuple[float, float, int]


def measure() -> list[Row]:
    """Start each set in turn; the medians of CPU milliseconds, MB and modules."""
    samples: dict[str, list[Sample]] = {name: [] for name in SETS}
    with tempfile.TemporaryDirectory(prefix="opsportal-bench-") as folder:
        environment = _environment(folder)
        for number in range(ROUNDS + 1):
            for name, code in SETS.items():
                found = _sample(code, environment)
                if number:  # the first round writes bytecode and keys
                    samples[name].append(found)
    return _rows(
        {name: [statistics.median(column) for column in zip(*seen, strict=True)] for name, seen in samples.items()}
    )


def _rows(medians: Mapping[str, list[float]]) -> list[Row]:
    worker, contrib, python = (medians[name] for name in ("worker", "contrib", "python"))
    return [
        row("worker: CPU until it is loaded", worker[0], "ms", baseline=contrib[0], goal="<= 350"),
        row("worker: memory once it is loaded", worker[1], "MB", baseline=contrib[1], goal="<= 60"),
        row(
            "worker: CPU over Django with contrib apps",
            worker[0],
            "ms",
            baseline=contrib[0],
            ratio=worker[0] / contrib[0],
        ),
        row("worker: modules", worker[2], "", baseline=contrib[2]),
        row("Django with contrib apps: CPU", contrib[0], "ms", baseline=python[0]),
        row("Python alone: CPU", python[0], "ms"),
        row("Python alone: memory", python[1], "MB"),
    ]


def _environment(folder: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "opsportal.settings.dev",
        "OPSPORTAL_DATA_DIR": folder,
        "OPSPORTAL_ROLE": "worker",
        "HIDDEN": json.dumps(hidden_modules()),
    }


def _sample(code: str, environment: Mapping[str, str]) -> Sample:
    child = subprocess.run(
        [sys.executable, "-c", HIDE + code + TELL], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    cpu, memory, modules = json.loads(child.stdout.splitlines()[-1])
    return cpu, memory, modules


def hidden_modules() -> list[str]:
    """Return the top-level modules that no package of requirements.txt brings."""
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    served = {_name(found) for found in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", locked, re.MULTILINE)}
    return sorted(
        module
        for module, packages in packages_distributions().items()
        if not served & {_name(package) for package in packages}
    )


def _name(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


if __name__ == "__main__":
    sys.exit(not suite_report("start", measure()))

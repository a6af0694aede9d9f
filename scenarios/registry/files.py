"""Where the registry comes from: one main file, and what an installation adds in a folder."""

import re
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from opsportal.core.secret import Secret
from scenarios.registry.problems import Problem
from scenarios.registry.variables import Configuration

_ODD = re.compile(r"[^\w.\- ]", re.ASCII)


def registry_files() -> list[Path]:
    """Return the main file, then every ``*.yaml`` of the installation's folder in the order of their names."""
    return [settings.REGISTRY, *sorted(settings.REGISTRY_DIR.glob("*.yaml"))]


def registry_texts(files: Iterable[Path]) -> tuple[list[tuple[str, str]], list[Problem]]:
    """Return (name, text) of every file, and what could not be read.

    A byte that is not UTF-8 becomes U+FFFD, which the reader refuses with its line.
    """
    texts: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for path in files:
        name = _ODD.sub("_", path.name)
        try:
            text = path.read_bytes().decode("utf-8", errors="replace").replace("\0", "\ufffd")
        except OSError as error:
            problems.append(Problem(name, 0, "", f"cannot be read: {error.strerror}"))
            name, text = f"{name} ({error.strerror})", ""
        texts.append((name, text))
    return texts, problems


def configuration_current() -> Configuration:
    """Return what the settings let a registry refer to."""
    secrets = {name: Secret(value) for name, value in settings.REGISTRY_SECRETS.items()}
    databases = frozenset(name for name, dsn in settings.PROBE_DATABASES.items() if dsn)
    return Configuration(settings.REGISTRY_VARIABLES, secrets, databases)

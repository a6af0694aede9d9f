"""The registry that counts now, read from the database so that all processes agree on it."""

import gc
from dataclasses import dataclass

import structlog

from scenarios.models import RegistryVersion
from scenarios.registry.bundle import bundle_digest, bundle_unpack
from scenarios.registry.files import configuration_current
from scenarios.registry.parse import registry_read
from scenarios.registry.problems import Problem
from scenarios.registry.spec import Registry
from scenarios.registry.variables import Configuration

log = structlog.get_logger(__name__)

EMPTY = Registry(bundle_digest([]), {})


@dataclass(frozen=True, slots=True)
class _Active:
    version_id: int
    configuration: Configuration
    registry: Registry
    problems: tuple[Problem, ...]


_held: list[_Active] = []


def registry_active() -> Registry:
    """Return the newest accepted registry; an empty one before the first.

    One small query; the text is read and parsed again only when there is a newer version. An entry
    that was accepted by an earlier release and that this one cannot read is left out: the rest goes on.
    """
    active = _active()
    return active.registry if active else EMPTY


def registry_problems() -> list[Problem]:
    """Return what is wrong with the newest text, which is then not in force; empty when all is well."""
    newest = RegistryVersion.objects.only("problems").order_by("-id").first()
    if newest and newest.problems:
        return [Problem(**problem) for problem in newest.problems]
    active = _active()
    return list(active.problems) if active else []


def _active() -> _Active | None:
    newest = RegistryVersion.objects.filter(problems=[]).order_by("-id").values_list("id", "digest").first()
    if newest is None:
        return None
    version_id, digest = newest
    configuration = configuration_current()
    for held in _held:
        if (held.version_id, held.registry.digest, held.configuration) == (version_id, digest, configuration):
            return held
    text = RegistryVersion.objects.values_list("text", flat=True).get(pk=version_id)
    registry, problems = registry_read(bundle_unpack(text), configuration)
    if problems:
        log.error("registry_partly_unreadable", version=version_id, problems=[str(problem) for problem in problems])
    _held[:] = [_Active(version_id, configuration, registry, tuple(problems))]
    gc.freeze()  # it lives as long as the process: without this, each full collection walks it all, in mid-tick
    return _held[0]

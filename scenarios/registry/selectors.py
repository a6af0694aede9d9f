"""The registry that counts now, read from the database so that all processes agree on it."""

import gc
from dataclasses import dataclass

import structlog
from django.db.models import Q

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


@dataclass(frozen=True, slots=True)
class Standing:
    """The registry in force, the version that it is, and the newest version: usually the same one.

    ``unreadable`` is what this release cannot read of the version in force, left out of ``registry``.
    """

    registry: Registry
    in_force: RegistryVersion | None
    newest: RegistryVersion | None
    unreadable: tuple[Problem, ...]

    @property
    def problems(self) -> list[Problem]:
        """What is wrong, and where; empty when all is well."""
        refused = [Problem(**problem) for problem in self.newest.problems] if self.newest else []
        return [*refused, *self.unreadable]


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


def registry_standing() -> Standing:
    """Return the registry in force beside the newest text, in one query: for pages that show both."""
    newest, accepted = RegistryVersion.objects.order_by("-id"), RegistryVersion.objects.filter(problems=[])
    wanted = Q(pk__in=newest.values("pk")[:1]) | Q(pk__in=accepted.order_by("-id").values("pk")[:1])
    versions = list(RegistryVersion.objects.filter(wanted).defer("text").order_by("-id"))
    in_force = next((version for version in versions if version.is_accepted), None)
    active = _read(in_force.pk, in_force.digest) if in_force else None
    return Standing(
        registry=active.registry if active else EMPTY,
        in_force=in_force,
        newest=versions[0] if versions else None,
        unreadable=active.problems if active else (),
    )


def _active() -> _Active | None:
    newest = RegistryVersion.objects.filter(problems=[]).order_by("-id").values_list("id", "digest").first()
    return _read(*newest) if newest else None


def _read(version_id: int, digest: str) -> _Active:
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

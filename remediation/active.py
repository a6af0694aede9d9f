"""The contract in force in a department, verified each time it is asked."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from opsportal.institutions.models import Department
from remediation import engine
from remediation.models import Bundle, Release


@dataclass(frozen=True, slots=True)
class Active:
    """What is in force: the release, and its rules. ``is_drifted``: the bundle is not the one that was released."""

    release: Release
    rules: engine.Bundle
    is_drifted: bool


def active_contract(department: Department) -> Active | None:
    """Return the contract in force in ``department``; None when none was released.

    Raises engine.BundleError when an artifact is not what the manifest says: the institution then belongs into safe mode.
    """
    release = Release.objects.select_related("bundle").filter(department=department, status="active").first()
    if release is None:
        return None
    rules = rules_of(release.bundle)
    return Active(release, rules, is_drifted=release.pin != rules.digest)


def rules_of(bundle: Bundle) -> engine.Bundle:
    """Return the rules of ``bundle``, ready for the engine; raise engine.BundleError when its artifacts do not verify."""
    return _loaded(_fingerprint(bundle.artifacts), _Artifacts(bundle.artifacts))


class _Artifacts:
    """Carries the texts past the cache, whose key is their fingerprint alone."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Artifacts)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=64)
def _loaded(_fingerprint: str, artifacts: _Artifacts) -> engine.Bundle:
    return engine.bundle_load(artifacts.texts)


def _fingerprint(texts: Mapping[str, str]) -> str:
    """Return a digest over all texts: one changed byte is another bundle, never a cached one."""
    total = hashlib.sha256()
    for name, text in sorted(texts.items()):
        total.update(f"{len(name)}:{name}{len(text)}:{text}".encode())
    return total.hexdigest()

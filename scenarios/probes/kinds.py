"""Find the probes: each module of this package that ends in ``PROBE = …`` is a kind."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from scenarios import probes
from scenarios.probes.base import Probe


@cache
def probe_kinds() -> Mapping[str, Probe]:
    """Every kind by its name. A new kind is one new file; nothing else has to know it."""
    modules = (import_module(f"{probes.__name__}.{found.name}") for found in iter_modules(probes.__path__))
    found = [module.PROBE for module in modules if hasattr(module, "PROBE")]
    return {probe.kind: probe for probe in sorted(found, key=lambda probe: probe.kind)}


def probe_for(kind: str) -> Probe:
    """The probe of ``kind``. Raises KeyError when there is none."""
    return probe_kinds()[kind]

"""What is watched, as data: files that become values, with every mistake named.

Everybody reads ``registry_active()``. Writing is in ``scenarios.registry.services``.
"""

from scenarios.registry.problems import Problem, RegistryError
from scenarios.registry.selectors import registry_active, registry_problems
from scenarios.registry.spec import Registry, ScenarioSpec

__all__ = ["Problem", "Registry", "RegistryError", "ScenarioSpec", "registry_active", "registry_problems"]

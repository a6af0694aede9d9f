"""What the entries of watching refresh in the portal."""

from ledger.kinds import Kind
from opsportal.core.topics import Topic
from opsportal.institutions.access import Permission

SCENARIOS = Topic("scenarios", Permission.OPS_READ)
TOPICS = {
    Kind.TICK_COMPLETED: SCENARIOS,
    Kind.RUN_COMPLETED: SCENARIOS,
    Kind.SCENARIO_CHANGED: SCENARIOS,
    Kind.REGISTRY_LOADED: SCENARIOS,
    Kind.REGISTRY_REJECTED: SCENARIOS,
}

"""The order in which the gates are tried: published, in every bundle's manifest, and the same for everybody."""

GATE_ORDER = (
    "emergency_stop",
    "freeze",
    "drift",
    "rbac",
    "policy",
    "mandate",
    "autonomy",
    "dry_run",
    "approval",
    "sod",
    "invariants",
    "budget",
)

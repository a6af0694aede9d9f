"""The names of what a bundle holds, and the order in which the engine asks."""

IR = "source.ir.json"
MANIFEST = "bundle.manifest.json"
LEDGER = "contract_ledger.json"
OPENAPI = "openapi.yaml"
RULES = (
    "operations.json",
    "rbac.json",
    "policies.json",
    "mandates.json",
    "autonomy.json",
    "approvals.json",
    "sod.json",
    "invariants.json",
    "workflows.json",
)
LISTED = tuple(sorted((*RULES, IR, LEDGER, OPENAPI)))  # what the manifest lists: all but itself
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
IR_VERSION = "ircs.v1"

"""The engine: the authority that says what may be done. Pure: no clock, no database, no Django."""

from remediation.engine.bundle import Bundle, BundleError, bundle_load
from remediation.engine.decision import Decision, Step, decision_json
from remediation.engine.evaluation import evaluate
from remediation.engine.impact import Change, Impact, impact
from remediation.engine.order import GATE_ORDER
from remediation.engine.params import params_complete
from remediation.engine.parts import Operation, Stage
from remediation.engine.plan import Plan, PlanError, SealedPlan, plan_digest, plan_read, plan_seal
from remediation.engine.snapshot import DryRun, Party, Snapshot, SnapshotError, Vote, snapshot_json, snapshot_read
from remediation.engine.votes import Progress, stage_open, stages_progress, vote_judge

__all__ = [
    "GATE_ORDER",
    "Bundle",
    "BundleError",
    "Change",
    "Decision",
    "DryRun",
    "Impact",
    "Operation",
    "Party",
    "Plan",
    "PlanError",
    "Progress",
    "SealedPlan",
    "Snapshot",
    "SnapshotError",
    "Stage",
    "Step",
    "Vote",
    "bundle_load",
    "decision_json",
    "evaluate",
    "impact",
    "params_complete",
    "plan_digest",
    "plan_read",
    "plan_seal",
    "snapshot_json",
    "snapshot_read",
    "stage_open",
    "stages_progress",
    "vote_judge",
]

"""What an accepted order comes to: a look, a dry-run, or effects after the plan was compared with what is there."""

from pathlib import Path

from ops_runtime.canonical import canonical_bytes, sha256
from ops_runtime.changes import Preview
from ops_runtime.effects import EffectError, Effects, effects_write
from ops_runtime.errors import FailedError, OpsError, RefusedError
from ops_runtime.files import write_atomic
from ops_runtime.lease import Lease
from ops_runtime.machine import Machine
from ops_runtime.operations import OPERATIONS
from ops_runtime.operations.base import RESULT_MAX, Context, Operation, Params
from ops_runtime.orders import Order
from ops_runtime.results import Outcome


def order_perform(machine: Machine, order: Order, lease: Lease, work: Path) -> Outcome:
    """Do what the order says and return how it ended; what goes wrong is an outcome too. ``work`` is for the effects."""
    try:
        result = _perform(machine, order, lease, work)
        size = len(canonical_bytes(result))
    except RefusedError as error:
        return Outcome("refused", error.message, error.code)
    except EffectError as error:
        return Outcome("failed", error.message, error.code, error.result)
    except OpsError as error:
        return Outcome("failed", error.message, error.code)
    except OSError as error:
        return Outcome("failed", f"The system says: {error.strerror}.", "SYSTEM")
    if size > RESULT_MAX + 20_000:
        return Outcome("refused", "The result is too large to be told: ask for less at once.", "RESULT_TOO_LARGE")
    return Outcome("executed", _summary(order, result), result=result)


def _perform(machine: Machine, order: Order, lease: Lease, work: Path) -> dict[str, object]:
    operation = OPERATIONS[order.operation]
    context = Context(machine.root, machine.config.limits, machine.plans, lease.say)
    params = operation.read(order.params, machine.config.limits)
    if operation.look is not None:
        if order.is_dry_run:
            return {"diff": [], "preconditions": []}
        _begin(machine, order, "")
        return operation.look(context, params)
    if order.is_dry_run:
        return _preview(operation, context, params).as_json
    return _effects(machine, order, lease, work, _compared(order, operation, context, params))


def _preview(operation: Operation, context: Context, params: Params) -> Preview:
    if operation.preview is None:
        raise RefusedError("OPERATION_NOT_ALLOWED", "The operation can do nothing.")
    return operation.preview(context, params)


def _compared(order: Order, operation: Operation, context: Context, params: Params) -> Preview:
    """Look again, and go on only if it is to the last byte what people agreed to."""
    is_sealed = order.plan is not None and bool(order.plan.diff or order.plan.preconditions)
    if operation.needs_plan and not is_sealed:
        raise RefusedError("PLAN_REQUIRED", "The plan says nothing of what would change.")
    try:
        preview = _preview(operation, context, params)
    except FailedError as error:
        if not is_sealed:
            raise
        raise RefusedError("PLAN_STALE", f"Not as people agreed to: {error.message}") from None
    if order.plan is not None and is_sealed:
        if canonical_bytes(preview.preconditions) != canonical_bytes(order.plan.preconditions):
            raise RefusedError("PLAN_STALE", "Something is not as it was when people agreed.")
        if canonical_bytes(preview.diff) != canonical_bytes(order.plan.diff):
            raise RefusedError("PLAN_STALE", "The order would do something else than people agreed to.")
    return preview


def _effects(machine: Machine, order: Order, lease: Lease, work: Path, preview: Preview) -> dict[str, object]:
    effects = Effects(machine.root, machine.trash, order.job)
    listed = effects.listed(preview)
    body = effects_write(listed)
    write_atomic(work, body)
    if lease.is_lost:
        raise RefusedError("LEASE_LOST", "The lease was lost before anything was done.")
    _begin(machine, order, sha256(body))
    return effects.run(listed, preview, lease.say)


def _begin(machine: Machine, order: Order, digest: str) -> None:
    machine.journal.append(
        "begun", job=order.job, order=order.digest, plan=order.plan_digest, digest=digest, note=order.operation
    )


def _summary(order: Order, result: dict[str, object]) -> str:
    if order.is_dry_run:
        diff = result.get("diff")
        return f"{order.operation}: {len(diff) if isinstance(diff, list) else 0} changes would be made."
    if "applied_count" in result:
        return f"{order.operation}: {result['applied_count']} done."
    return f"{order.operation}: done."

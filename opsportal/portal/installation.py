"""Writes of the installation itself."""

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import SYSTEM
from opsportal.institutions.models import Institution
from opsportal.jobs.models import Worker


def worker_loss_record(worker: Worker) -> None:
    """Record in the ledger of the installation that a worker was lost, and for how long it had been silent."""
    system = Institution.objects.filter(is_system=True).first()
    if system is None:  # before the first start is complete there is no ledger to write to
        return
    silent = (worker.beat_at - worker.worked_at).total_seconds() if worker.worked_at else 0
    with unit(system.pk, SYSTEM):
        entry_record(
            kind=Kind.WORKER_RESTARTED,
            subject=f"worker:{worker.code}",
            actor=SYSTEM,
            data={"reason": worker.end, "silent_seconds": max(0, int(silent))},
        )

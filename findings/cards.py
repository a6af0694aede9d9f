"""How the inbox shows and acknowledges a finding that a thread is about."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from agents.subjects import Subject, register
from findings.models import Finding
from findings.selectors import finding_get, findings_listed
from findings.services import finding_ack, finding_ack_undo
from opsportal.core.actor import Actor


def register_card() -> None:
    """Let threads be about findings."""
    register("finding", Subject(card="findings/_card.html", read=_read, ack=_ack, unack=_unack))


def _read(subject_id: str) -> Mapping[str, Any] | None:
    finding = findings_listed().filter(code=subject_id).first()
    return {"finding": finding} if finding else None


def _ack(subject_id: str, actor: Actor, note: str) -> Finding:
    return finding_ack(finding=finding_get(UUID(subject_id)), actor=actor, note=note)


def _unack(subject_id: str, actor: Actor) -> Finding:
    return finding_ack_undo(finding=finding_get(UUID(subject_id)), actor=actor)

"""Subjects: what a thread can be about, as the app that owns it shows and acknowledges it.

``findings`` registers ``finding`` at start-up; this app never looks inside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agents.models import Thread
from opsportal.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of subject. Every function takes the ``subject_id`` of a thread.

    ``card`` draws the context window from what ``read`` returns (None when it is gone); ``ack`` and
    ``unack`` acknowledge the subject itself, and with it what waits in inboxes about it.
    """

    card: str
    read: Callable[[str], Mapping[str, Any] | None]
    ack: Callable[[str, Actor, str], object]
    unack: Callable[[str, Actor], object]


_subjects: dict[str, Subject] = {}


def register(kind: str, subject: Subject) -> None:
    """Let threads be about ``kind``; the same kind again replaces it."""
    _subjects[kind] = subject


def subject_of(thread: Thread) -> Subject | None:
    """Return the kind of subject that ``thread`` is about; None when it is about nothing else."""
    return _subjects.get(thread.subject_kind) if thread.subject_id else None

"""The unit: one transaction whose last statement appends the entries of everything it changed."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from structlog.contextvars import bind_contextvars, get_contextvars

from ledger.commitment import seal
from ledger.entry import Draft, draft_make
from ledger.kinds import Kind
from ledger.models import Payload
from ledger.schema import DIGEST, EntryRefusedError, data_text
from ledger.schema import UUID as UUID_FIELD
from ledger.store import chain_insert, drafts_append
from opsportal.core.actor import Actor
from opsportal.core.canonical import Json, canonical_text
from opsportal.core.errors import ConflictError, RefusedError

M = TypeVar("M", bound=models.Model)
_SUBJECT = re.compile(r"[a-z][a-z_]{0,39}:[A-Za-z0-9][A-Za-z0-9._:/+-]{0,118}", re.ASCII)
_ACTOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Unit:
    institution_id: UUID
    drafts: list[Draft] = field(default_factory=list)
    payloads: list[Payload] = field(default_factory=list)


_current: ContextVar[_Unit | None] = ContextVar("ledger_unit", default=None)


@contextmanager
def unit(institution_id: UUID, actor: Actor) -> Iterator[None]:
    """Open a transaction in which rows change and entries are recorded; all of it commits, or nothing.

    A nested unit joins the outer one: an error that leaves it undoes the whole, even if somebody
    catches it on the way. On leaving the outermost one, the entries of all institutions are
    appended in ascending order, so that two units can't wait for each other. Raises RefusedError
    when ``actor`` belongs to another institution, FrozenInstitutionError (423) when a chain was stopped.
    """
    if actor.institution_id not in {None, institution_id}:
        raise RefusedError("This actor belongs to another institution")
    outer = _current.get()
    current = _Unit(institution_id, outer.drafts, outer.payloads) if outer else _Unit(institution_id)
    token = _current.set(current)
    try:
        with transaction.atomic(savepoint=outer is None):
            yield
            if outer is None:
                _append(current)
    finally:
        _current.reset(token)


def entry_record(
    *,
    kind: Kind,
    subject: models.Model | str,
    actor: Actor,
    case: UUID | str | None = None,
    data: Mapping[str, object] | None = None,
    private: Mapping[str, Json] | None = None,
    institution_id: UUID | None = None,
    bundle: str | None = None,
) -> None:
    """Record that something happened; the entry is appended when the unit ends.

    ``subject`` is an object with a ``code`` or a text like ``finding:<uuid>``. ``case`` defaults to
    the ``case`` of the subject. ``data`` holds what the kind's schema allows; ``private`` holds
    personal or free text, of which only a salted commitment enters the entry. ``bundle`` is the digest of
    the contract in force, where one decided. The entry goes to the innermost unit's institution unless
    ``institution_id`` names another. Raises EntryRefusedError on a misfit, RuntimeError outside a unit.
    """
    current = _unit_current()
    inst = institution_id or current.institution_id
    reference = subject_reference(subject)
    now = timezone.now()
    content = {**_common(actor), **(data or {})}
    if private is not None:
        sealed = seal(canonical_text(private))
        content["commit"] = sealed.commit
        current.payloads.append(
            Payload(
                institution_id=inst,
                commit=sealed.commit,
                subject=reference,
                salt=sealed.salt,
                body=sealed.body,
                created_at=now,
            )
        )
    matter = _case_of(subject, case)
    if matter is not None and "request_id" in content:
        _case_log(matter)
    current.drafts.append(
        draft_make(
            institution_id=inst,
            kind=kind.value,
            actor=_actor_checked(actor),
            subject=reference,
            case=matter,
            data=data_text(kind.value, kind.schema, content),
            ts=now,
            bundle=None if bundle is None else str(DIGEST.clean(bundle)),
        )
    )


def state_move(
    obj: M,
    *,
    to: str,
    kind: Kind,
    actor: Actor,
    data: Mapping[str, object] | None = None,
    private: Mapping[str, Json] | None = None,
    case: UUID | str | None = None,
    bundle: str | None = None,
    **changes: Any,
) -> M:
    """Move ``obj`` to the status ``to`` if its ``MOVES`` allow it from where it is now, and record that.

    ``changes`` are further columns of the same row. The test and the write are one UPDATE: of two
    who try, one wins, and the other gets ConflictError. Returns ``obj``, read again.
    """
    _unit_current()
    moves: Mapping[str, set[str]] = obj.MOVES  # type: ignore[attr-defined]  # every model with a status declares it
    sources = [state for state, targets in moves.items() if to in targets]
    rows = type(obj)._default_manager.filter(pk=obj.pk, status__in=sources)
    changed = rows.update(status=to, **changes)
    obj.refresh_from_db()
    if not changed:
        status = obj.status  # type: ignore[attr-defined]  # see above
        raise ConflictError(f"{obj} is {status} and cannot become {to}")
    entry_record(kind=kind, subject=obj, actor=actor, case=case, data=data, private=private, bundle=bundle)
    return obj


def chain_start(institution_id: UUID) -> None:
    """Begin the chain of a new institution, in the unit that creates it. Raises IntegrityError if it has one."""
    _unit_current()
    chain_insert(institution_id)


def subject_reference(subject: models.Model | str) -> str:
    """Return ``<model>:<code>`` for an object, or the text itself; raise EntryRefusedError if it is neither."""
    if isinstance(subject, models.Model):
        code = getattr(subject, "code", subject.pk)
        text = f"{subject._meta.model_name}:{code}"
        if not isinstance(code, UUID):
            raise EntryRefusedError(f"{text} has no public id: pass the subject as a text")
        return text
    if not _SUBJECT.fullmatch(subject):
        raise EntryRefusedError(f"a subject is <noun>:<id>, not {subject!r}")
    return subject


def _unit_current() -> _Unit:
    current = _current.get()
    if current is None:
        raise RuntimeError("Record entries inside `with ledger.services.unit(institution_id, actor):`")
    return current


def _case_of(subject: models.Model | str, case: UUID | str | None) -> UUID | None:
    value = case if case is not None else getattr(subject, "case", None)
    if value is None or isinstance(value, UUID):
        return value
    return UUID(value)


def _case_log(case: UUID) -> None:
    """Let the log lines of this request carry the (first) case that it is about."""
    if "case" not in get_contextvars():
        bind_contextvars(case=str(case))


def _actor_checked(actor: Actor) -> Actor:
    if not _ACTOR.fullmatch(actor.id):
        raise EntryRefusedError(f"an actor's id is opaque and without blanks, not {actor.id!r}")
    return actor


def _common(actor: Actor) -> dict[str, object]:
    content: dict[str, object] = {}
    if actor.roles:
        content["roles"] = sorted(actor.roles)
    if actor.on_behalf_of is not None:
        content["on_behalf_of"] = actor.on_behalf_of
    request_id = get_contextvars().get("request_id")
    if request_id is not None and _is_uuid(request_id):
        content["request_id"] = str(request_id)
    return content


def _is_uuid(value: object) -> bool:
    try:
        UUID_FIELD.clean(value)
    except ValueError:
        return False
    return True


def _append(current: _Unit) -> None:
    if current.payloads:
        Payload._base_manager.bulk_create(current.payloads)
    by_institution = attrgetter("institution_id")
    for institution_id, drafts in groupby(sorted(current.drafts, key=by_institution), key=by_institution):
        drafts_append(institution_id, list(drafts))

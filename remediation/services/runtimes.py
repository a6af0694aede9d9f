"""Runtimes: made room for, enrolled once with a token, heard, revoked."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, state_move, unit
from opsportal.core.actor import Actor
from opsportal.core.errors import ConflictError, InvalidError, NotAuthenticatedError
from opsportal.core.scope import every_institution, institution_scope
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import Department
from opsportal.institutions.tokens import TokenText, token_text_new
from remediation.models import Job, Runtime
from remediation.services.jobs import job_cancel_now
from remediation.services.keys import order_key
from remediation.services.leases import actor_of_runtime

ENROL_WITHIN = timedelta(days=7)
_PUBLIC = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")


@dataclass(frozen=True, slots=True)
class RuntimeMade:
    """A runtime just made. ``token`` enrols it once; it is shown now and never again."""

    runtime: Runtime
    token: str = field(repr=False)


def runtime_create(*, department: Department, name: str, actor: Actor) -> RuntimeMade:
    """Make room for a runtime in ``department`` and return the single-use token that enrols it within seven days.

    Raises RefusedError without ``runtime.manage``, InvalidError on a bad name.
    """
    require(actor, Permission.RUNTIME_MANAGE)
    name = runtime_name_checked(name)
    text, parsed = _token_new()
    with unit(department.institution_id, actor):
        runtime = Runtime.objects.create(
            institution_id=department.institution_id,
            department=department,
            name=name,
            enrol_key_id=parsed.key_id,
            enrol_digest=parsed.digest,
            enrol_expires_at=timezone.now() + ENROL_WITHIN,
        )
        _created_record(runtime, parsed, actor)
    return RuntimeMade(runtime, text)


def runtime_name_checked(name: str) -> str:
    """Return the name without blanks around it; raise InvalidError unless it has 1 to 80 characters and no NUL."""
    name = name.strip()
    if not 1 <= len(name) <= 80 or "\0" in name:
        raise InvalidError("A runtime's name has 1 to 80 characters.", errors={"name": ["1 to 80 characters"]})
    return name


def runtime_token_renew(*, runtime: Runtime, actor: Actor) -> str:
    """Return a new token for a runtime that is not enrolled yet; the former one is worth nothing any more.

    Raises RefusedError without ``runtime.manage``, ConflictError once it is enrolled.
    """
    require(actor, Permission.RUNTIME_MANAGE)
    text, parsed = _token_new()
    with unit(runtime.institution_id, actor):
        renewed = Runtime.objects.filter(pk=runtime.pk, status=Runtime.Status.PENDING).update(
            enrol_key_id=parsed.key_id, enrol_digest=parsed.digest, enrol_expires_at=timezone.now() + ENROL_WITHIN
        )
        if not renewed:
            raise ConflictError("This runtime is enrolled already.", code="ENROLLED")
        _created_record(runtime, parsed, actor)
    return text


def runtime_enrol(*, token: str, public_key: str, version: str, platform: str) -> Runtime:
    """Register the public key of the runtime that holds ``token``, which is used up by it.

    Raises NotAuthenticatedError with one and the same words for a token that is unknown, used, revoked or too old,
    InvalidError for a key or version that is none.
    """
    if not _PUBLIC.fullmatch(public_key):
        raise InvalidError("That is no Ed25519 key.", errors={"public_key": ["64 lower-case hexadecimal digits"]})
    if not _VERSION.fullmatch(version):
        raise InvalidError("That is no version.", errors={"version": ["letters, digits and . _ + -, at most 40"]})
    runtime = _by_token(token)
    actor = actor_of_runtime(runtime)
    with institution_scope(runtime.institution_id), unit(runtime.institution_id, actor):
        order_key(runtime.institution_id)  # a runtime must know whom to believe before the first order
        return state_move(
            runtime,
            to=Runtime.Status.ACTIVE,
            kind=Kind.RUNTIME_ENROLLED,
            actor=actor,
            data={"public": public_key, "version": version},
            public_key=public_key,
            version=version,
            platform=platform[:80],
            enrolled_at=timezone.now(),
            last_seen_at=timezone.now(),
        )


def runtime_beat(
    *,
    runtime: Runtime,
    version: str,
    root: str,
    capabilities: Sequence[str],
    journal_seq: int,
    journal_hash: str,
) -> Runtime:
    """Note that a runtime lives, and where its journal stands; a sample, so it enters no ledger."""
    Runtime.objects.filter(pk=runtime.pk).update(
        version=version[:40],
        root=root[:1024],
        capabilities=list(capabilities)[:100],
        journal_seq=journal_seq,
        journal_hash=journal_hash,
        last_seen_at=timezone.now(),
    )
    return runtime


def runtime_revoke(*, runtime: Runtime, actor: Actor) -> Runtime:
    """End a runtime for good: its key opens nothing any more, what waits for it is cancelled. Harmless when revoked.

    Raises RefusedError without ``runtime.manage``.
    """
    require(actor, Permission.RUNTIME_MANAGE)
    if runtime.status == Runtime.Status.REVOKED:
        return runtime
    with unit(runtime.institution_id, actor):
        state_move(runtime, to=Runtime.Status.REVOKED, kind=Kind.RUNTIME_REVOKED, actor=actor)
        for job in Job.objects.filter(runtime=runtime, status=Job.Status.ENQUEUED).select_related("proposal"):
            job_cancel_now(job, actor, code="RUNTIME_REVOKED")
    return runtime


def _token_new() -> tuple[str, TokenText]:
    text = token_text_new()
    parsed = TokenText.parse(text)
    assert parsed is not None  # noqa: S101  narrows the type: it was made by the same rules
    return text, parsed


def _created_record(runtime: Runtime, token: TokenText, actor: Actor) -> None:
    entry_record(
        kind=Kind.RUNTIME_CREATED,
        subject=runtime,
        actor=actor,
        data={"department": runtime.department.name, "key_id": token.key_id},
        private={"name": runtime.name},
    )


def _by_token(text: str) -> Runtime:
    parsed = TokenText.parse(text)
    with every_institution():
        found = Runtime.objects.filter(enrol_key_id=parsed.key_id).first() if parsed else None
    stored = found.enrol_digest if found else "0" * 64
    matches = hmac.compare_digest(parsed.digest if parsed else "", stored)
    is_open = found and found.status == Runtime.Status.PENDING and found.enrol_expires_at > timezone.now()
    if found is None or not matches or not is_open:
        raise NotAuthenticatedError("The token is not valid.", code="TOKEN_INVALID")
    return found

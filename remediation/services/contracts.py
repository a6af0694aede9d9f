"""Contracts: compiled, released into a department, rolled back."""

import hashlib
from functools import lru_cache

from django.utils import timezone

from ledger.kinds import Kind
from ledger.services import entry_record, state_move, unit
from opsportal.core.actor import Actor
from opsportal.core.errors import ConflictError, InvalidError
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import Department, Institution
from remediation import engine
from remediation.active import rules_of
from remediation.contracts.compile import Compiled, contract_compile
from remediation.contracts.diagnostics import ContractError
from remediation.models import Bundle, Proposal, Release
from remediation.services.approvals import proposal_stale
from remediation.services.brakes import safe_mode_leave


def bundle_compile(*, institution: Institution, source: str, actor: Actor) -> Bundle:
    """Compile ``source`` and keep the bundle; the same contract again returns the same bundle. Nothing becomes active.

    Raises RefusedError without ``contract.release``, InvalidError with the places of everything that is wrong.
    """
    require(actor, Permission.CONTRACT_RELEASE)
    compiled = contract_compiled(source)
    with unit(institution.pk, actor):
        bundle, is_new = Bundle.objects.get_or_create(
            institution=institution,
            digest=compiled.digest,
            defaults={
                "contract": compiled.contract,
                "name": compiled.name,
                "version": compiled.version,
                "source": source,
                "source_digest": hashlib.sha256(source.encode()).hexdigest(),
                "artifacts": dict(compiled.artifacts),
            },
        )
        if is_new:
            entry_record(
                kind=Kind.BUNDLE_COMPILED,
                subject=bundle,
                actor=actor,
                bundle=bundle.digest,
                data={"contract": bundle.contract, "digest": bundle.digest, "source": bundle.source_digest},
            )
    return bundle


@lru_cache(maxsize=16)  # pure; whoever releases compiles the same text several times on the way
def contract_compiled(source: str) -> Compiled:
    """Return ``source`` compiled; raise InvalidError that names the line and the column of everything wrong."""
    try:
        return contract_compile(source)
    except ContractError as error:
        said = [f"line {one.line}, column {one.column}: {one.message}" for one in error.diagnostics]
        raise InvalidError("The contract has errors.", errors={"source": said}, code="CONTRACT_INVALID") from None


def bundle_release(*, department: Department, bundle: Bundle, actor: Actor, impact_digest: str = "") -> Release:
    """Make ``bundle`` the contract of ``department``; it is verified first, and on failure the old one stays.

    An older bundle than the active one is a rollback. What waits for approval under the old contract becomes stale.
    Releasing what is active already returns it. Ends safe mode. Raises RefusedError without ``contract.release``,
    ConflictError when it does not verify (VERIFY_FAILED), InvalidError for another department's contract.
    """
    require(actor, Permission.CONTRACT_RELEASE)
    rules = _verified(bundle)
    if rules.department != department.name:
        raise InvalidError(
            f"This contract is for {rules.department}.", errors={"department": [f"must be {rules.department}"]}
        )
    with unit(department.institution_id, actor):
        Department.objects.select_for_update().get(pk=department.pk)
        before = Release.objects.select_related("bundle").filter(department=department, status="active").first()
        if before is not None and before.bundle_id == bundle.pk and before.pin == rules.digest:
            safe_mode_leave(department.institution_id, actor=actor)
            return before
        return _release(
            department=department, bundle=bundle, rules=rules, before=before, actor=actor, impact_digest=impact_digest
        )


def _verified(bundle: Bundle) -> engine.Bundle:
    try:
        rules = rules_of(bundle)
    except engine.BundleError as error:
        raise ConflictError(f"The bundle does not verify: {error.detail}.", code="VERIFY_FAILED") from None
    if rules.digest != bundle.digest:
        raise ConflictError("The bundle is not the one that was compiled.", code="VERIFY_FAILED")
    return rules


def _release(
    *,
    department: Department,
    bundle: Bundle,
    rules: engine.Bundle,
    before: Release | None,
    actor: Actor,
    impact_digest: str,
) -> Release:
    is_rollback = Release.objects.filter(department=department, bundle=bundle).exists()
    release = Release(
        institution_id=department.institution_id,
        department=department,
        bundle=bundle,
        pin=rules.digest,
        is_rollback=is_rollback,
        impact_digest=impact_digest,
        released_by=actor.id,
        released_at=timezone.now(),
    )
    data = {
        "release": release.code,
        "department": department.name,
        "contract": bundle.contract,
        "digest": bundle.digest,
        "before": before.bundle.digest if before else None,
        "impact": impact_digest or None,
    }
    kind = Kind.BUNDLE_ROLLED_BACK if is_rollback else Kind.BUNDLE_RELEASED
    if before is not None:
        state_move(before, to=Release.Status.RETIRED, kind=kind, actor=actor, bundle=bundle.digest, data=data)
    else:
        entry_record(kind=kind, subject=release, actor=actor, bundle=bundle.digest, data=data)
    release.save(force_insert=True)
    for proposal in Proposal.objects.filter(department=department, status__in=Proposal.OPEN).exclude(bundle=bundle):
        proposal_stale(proposal, getattr(proposal, "approval", None), code="CONTRACT_CHANGED", actor=actor)
    safe_mode_leave(department.institution_id, actor=actor)
    return release

"""From nothing to a governed department in one call that can be repeated."""

from dataclasses import dataclass, field
from importlib.resources import files

from opsportal.core.actor import Actor
from opsportal.core.errors import InvalidError
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import Department, Institution
from opsportal.institutions.services import department_activate
from remediation.active import active_contract
from remediation.models import Release, Runtime
from remediation.services.contracts import bundle_compile, bundle_release
from remediation.services.runtimes import runtime_create, runtime_name_checked, runtime_token_renew

SHIPPED = {"personal_ops": "personal_ops@v1.0.0.idl"}


@dataclass(frozen=True, slots=True)
class Onboarded:
    """A governed department. ``token`` enrols its runtime once, and is None when that one is enrolled already."""

    department: Department
    release: Release
    runtime: Runtime
    token: str | None = field(repr=False)


def contract_shipped(department: str) -> str:
    """Return the text of the contract that comes with the product for ``department``; raise InvalidError for none."""
    if department not in SHIPPED:
        known = ", ".join(sorted(SHIPPED))
        raise InvalidError(f"No contract is shipped for {department!r}.", errors={"department": [f"one of {known}"]})
    return files("remediation.contracts").joinpath("shipped", SHIPPED[department]).read_text(encoding="utf-8")


def department_onboard(*, institution: Institution, department: str, runtime_name: str, actor: Actor) -> Onboarded:
    """Activate ``department``, put its shipped contract in force, and make room for a runtime called ``runtime_name``.

    Each step is skipped when it is done, so that after a crash a repetition finishes and duplicates nothing. A contract
    that is in force stays. A runtime of that name that is not enrolled yet gets a fresh token, and the former token is
    worth nothing any more. Raises RefusedError without ``settings.manage``, ``contract.release`` and ``runtime.manage``.
    """
    source, name = contract_shipped(department), runtime_name_checked(runtime_name)
    with institution_scope(institution.pk):
        made = department_activate(institution=institution, name=department, actor=actor)
        active = active_contract(made)
        if active is None:
            bundle = bundle_compile(institution=institution, source=source, actor=actor)
            release = bundle_release(department=made, bundle=bundle, actor=actor)
        else:
            release = active.release
        runtime, token = _runtime(made, name, actor)
    return Onboarded(made, release, runtime, token)


def _runtime(department: Department, name: str, actor: Actor) -> tuple[Runtime, str | None]:
    known = Runtime.objects.select_related("department").filter(department=department, name=name)
    found = known.exclude(status=Runtime.Status.REVOKED).first()
    if found is None:
        made = runtime_create(department=department, name=name, actor=actor)
        return made.runtime, made.token
    if found.status == Runtime.Status.PENDING:
        return found, runtime_token_renew(runtime=found, actor=actor)
    return found, None

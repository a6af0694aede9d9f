"""What a new proposal begins with: the operations that may be asked for, and who must agree to each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from opsportal.core.errors import NotFoundError, UnparsableError
from remediation import engine
from remediation.active import rules_of
from remediation.dialog import requested_data
from remediation.models import Release, Runtime
from remediation.selectors import proposal_get, releases_active

ASKED = "job.request"  # the kind of operation that a runtime carries out


@dataclass(frozen=True, slots=True)
class Offer:
    """An operation of a contract in force. ``missing_roles``: whom the contract lets ask, when the reader is not one."""

    department: str
    contract: str
    operation: engine.Operation
    missing_roles: Sequence[str]

    @property
    def quorum(self) -> int:
        """How many people must agree."""
        return sum(stage.quorum for stage in self.operation.approval.stages) if self.operation.approval else 0

    @property
    def approvers(self) -> Sequence[str]:
        """Which roles may agree."""
        stages = self.operation.approval.stages if self.operation.approval else ()
        return sorted({role for stage in stages for role in stage.roles})


def offers_of(roles: Collection[str]) -> list[Offer]:
    """Return what can be asked for in the institution, in the order of the contracts."""
    return [offer for release in releases_active() for offer in _offers(release, roles)]


def offer_find(offers: Sequence[Offer], *, department: str, operation: str) -> Offer:
    """Return one of ``offers``; raise NotFoundError. ``department`` may be empty where only one has the operation."""
    found = [one for one in offers if one.operation.name == operation and department in {"", one.department}]
    if len(found) != 1:
        raise NotFoundError("No contract in force has this operation.")
    return found[0]


def begin_of(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the address asks to begin with: ``again`` is a proposal to ask for once more."""
    again = query.get("again", "")
    if again:
        return requested_data(proposal_get(id_read(again)))
    return {
        "department": query.get("department", ""),
        "operation": query.get("operation", ""),
        "finding": str(id_read(query["finding"])) if query.get("finding") else "",
    }


def runtimes_of(department: str) -> list[Runtime]:
    """Return the runtimes that can work for ``department``."""
    return list(Runtime.objects.filter(department__name=department, status=Runtime.Status.ACTIVE).order_by("name"))


def _offers(release: Release, roles: Collection[str]) -> list[Offer]:
    try:
        rules = rules_of(release.bundle)
    except engine.BundleError:
        return []
    return [
        Offer(release.department.name, rules.contract, operation, _missing(operation, roles))
        for operation in rules.operations
        if operation.kind == ASKED
    ]


def _missing(operation: engine.Operation, roles: Collection[str]) -> Sequence[str]:
    entitled = operation.roles & {role for mandate in operation.mandates for role in mandate.roles}
    return () if entitled & set(roles) else sorted(entitled)


def id_read(text: str) -> UUID:
    """Return the id that an address holds; raise UnparsableError."""
    try:
        return UUID(text)
    except ValueError:
        raise UnparsableError("That is not an id.") from None

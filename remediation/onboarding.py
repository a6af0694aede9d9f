"""How far an institution has come on its way to a governed department: each step is read from what is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from opsportal.institutions.access import Role
from opsportal.institutions.models import Department, Member
from remediation.models import Job, Release, Runtime
from remediation.selectors import is_silent


@dataclass(frozen=True, slots=True)
class Step:
    """One step: done or not, and what there is to see of it."""

    name: str
    is_done: bool
    detail: str = ""


def steps_of(department: str, at: datetime) -> Sequence[Step]:
    """Return the steps in order, in a constant number of queries, within the scope of an institution."""
    active = Department.objects.filter(name=department, is_active=True).first()
    release = Release.objects.select_related("bundle").filter(department=active, status="active").first()
    runtimes = list(Runtime.objects.filter(department=active).exclude(status=Runtime.Status.REVOKED))
    enrolled = [runtime for runtime in runtimes if runtime.status == Runtime.Status.ACTIVE]
    online = [runtime for runtime in enrolled if not is_silent(runtime, at)]
    holders = _holders()
    executed = Job.objects.filter(mode=Job.Mode.EXECUTE, status=Job.Status.EXECUTED, runtime__in=enrolled).exists()
    return (
        Step("department", active is not None, department),
        Step("contract", release is not None, release.bundle.contract if release else ""),
        Step("owner", bool(holders[Role.OWNER]), _names(holders[Role.OWNER])),
        Step("approver", _has_second(holders), _names(holders[Role.EXECUTIVE_ADMIN])),
        Step("runtime", bool(runtimes), ", ".join(runtime.name for runtime in runtimes)),
        Step("enrolled", bool(enrolled), ", ".join(runtime.version for runtime in enrolled)),
        Step("online", bool(online), ", ".join(runtime.name for runtime in online)),
        Step("executed", executed),
    )


def _holders() -> dict[Role, list[Member]]:
    wanted = (Role.OWNER, Role.EXECUTIVE_ADMIN)
    rows = Member.objects.filter(is_active=True, user__is_active=True, roles__name__in=[role.value for role in wanted])
    members = list(rows.select_related("user").prefetch_related("roles").distinct())
    return {role: [one for one in members if role in {group.name for group in one.roles.all()}] for role in wanted}


def _has_second(holders: dict[Role, list[Member]]) -> bool:
    """Two distinct people who may decide: whoever asks never approves."""
    return len({one.user_id for members in holders.values() for one in members}) > 1


def _names(members: Sequence[Member]) -> str:
    return ", ".join(sorted(str(one.user) for one in members))

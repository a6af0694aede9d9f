"""What another contract would have made of the decisions that were taken lately."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from opsportal.core.canonical import Json
from opsportal.core.errors import ConflictError
from opsportal.institutions.models import Department
from remediation import engine
from remediation.active import rules_of
from remediation.models import Bundle, Proposal, Release

WITHIN = timedelta(days=90)
SNAPSHOTS = 2_000  # the newest: a page is no place for more
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Preview:
    """The impact of a bundle on a department; ``before`` is None when no contract is in force there."""

    impact: engine.Impact | None
    before: Bundle | None
    since: datetime
    is_whole: bool
    unread: int

    @property
    def digest(self) -> str:
        """What a release names as looked at; "" when there is nothing to compare with."""
        return self.impact.digest if self.impact else ""

    @property
    def changes(self) -> Sequence[engine.Change]:
        """The most dangerous changes."""
        return self.impact.changes[:SHOWN] if self.impact else ()


def impact_preview(department: Department, bundle: Bundle, *, at: datetime | None = None) -> Preview:
    """Return which decisions of the last 90 days ``bundle`` would have changed. Two queries.

    The newest 2,000 proposals are tried; ``unread`` counts snapshots that an older engine wrote. Raises ConflictError
    when ``bundle`` or the contract in force does not verify.
    """
    since = (at or timezone.now()) - WITHIN
    release = Release.objects.select_related("bundle").filter(department=department, status="active").first()
    if release is None:
        return Preview(None, None, since, is_whole=True, unread=0)
    stored = list(
        Proposal.objects.filter(department=department, created_at__gte=since)
        .exclude(snapshot={})
        .order_by("-id")
        .values_list("code", "snapshot")[: SNAPSHOTS + 1]
    )
    read = list(_read(stored[:SNAPSHOTS]))
    try:
        found = engine.impact(rules_of(release.bundle), rules_of(bundle), read)
    except engine.BundleError as error:
        raise ConflictError(f"The bundle does not verify: {error.detail}.", code="VERIFY_FAILED") from None
    is_whole = len(stored) <= SNAPSHOTS
    return Preview(found, release.bundle, since, is_whole=is_whole, unread=len(stored[:SNAPSHOTS]) - len(read))


def _read(stored: Sequence[tuple[UUID, Json]]) -> Iterator[tuple[str, engine.Snapshot]]:
    for code, value in stored:
        try:
            yield str(code), engine.snapshot_read(value)
        except engine.SnapshotError:
            continue

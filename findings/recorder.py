"""What a tick means: findings open, count, get worse, resolve and open again.

Called by the tick inside its transaction. The number of statements does not depend on how many
scenarios were looked at or how many of them fail.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from findings.hysteresis import STEADY, Streak, Verdict, streak_next
from findings.models import Finding
from findings.plan import Known, Plan, Sighting
from findings.services.transitions import findings_open, findings_reopen, findings_resolve, findings_worsen
from findings.words import fingerprint_of, is_worse
from opsportal.core.actor import Actor
from scenarios.models import CheckState, ProbeState
from scenarios.results import ScenarioResult

Key = tuple[int, str]  # scenario pk, check name
FEW = 100  # scenarios: beyond this, reading every active finding is cheaper than naming them
_BAD = frozenset({ProbeState.DOWN, ProbeState.DEGRADED})


def results_judge(
    *, institution_id: UUID, results: Sequence[ScenarioResult], at: datetime, actor: Actor
) -> Mapping[int, int]:
    """Turn the results of one institution into findings; return how many each scenario (pk) has now."""
    keys = {result.watched.pk for result in results}
    rows = _streak_rows(keys)
    streaks = {key: streak for key, (_, streak) in rows.items()}
    active = {(finding.scenario_id, finding.check_name): finding for finding in _active_of(keys)}
    plan = _plan_of(results, streaks, active)
    _streaks_write(institution_id, rows, plan.streaks)
    reopened, opened = _split_reopened(plan)
    resolved, worsened = _changing(plan)
    findings_resolve(institution_id=institution_id, findings=resolved, at=at, actor=actor)
    findings_worsen(institution_id=institution_id, sightings=worsened, at=at, actor=actor)
    findings_reopen(institution_id=institution_id, sightings=reopened, at=at, actor=actor)
    findings_open(institution_id=institution_id, sightings=opened, at=at, actor=actor)
    _counts_write(plan, at)
    _affected_write(results, active.values(), looked=keys)
    gone = set(plan.resolved)
    counts = Counter(finding.scenario_id for finding in active.values() if finding.pk not in gone)
    counts.update(sighting.result.watched.pk for sighting in plan.opened)
    return counts


def _streak_rows(keys: Collection[int]) -> dict[Key, tuple[int, Streak]]:
    """Return the streaks of the scenarios ``keys`` that have one, each with its pk."""
    rows = CheckState.objects.values_list("pk", "scenario_id", "check_name", "bad", "good", "blind")
    return {(scenario, check): (pk, Streak(*streak)) for pk, scenario, check, *streak in rows if scenario in keys}


def _active_of(keys: Collection[int]) -> Iterable[Known]:
    """Return the active findings of the scenarios looked at, and those of scenarios nobody looks at any more."""
    rows = Finding.objects.filter(status__in=Finding.ACTIVE)
    if len(keys) <= FEW:
        unwatched = Q(scenario__is_enabled=False) | Q(scenario__is_retired=True)
        rows = rows.filter(Q(scenario_id__in=keys) | unwatched)
    columns = rows.values_list(
        *("pk", "scenario_id", "scenario__name", "check_name", "severity", "cause", "affected_count"),
        *("scenario__is_enabled", "scenario__is_retired"),
    )
    return [Known(*row) for *row, is_enabled, is_retired in columns if row[1] in keys or is_retired or not is_enabled]


def _plan_of(results: Sequence[ScenarioResult], streaks: Mapping[Key, Streak], active: Mapping[Key, Known]) -> Plan:
    plan = Plan()
    looked: set[Key] = set()
    blinded: defaultdict[str, list[ScenarioResult]] = defaultdict(list)
    for result in results:
        if result.cause:
            blinded[result.cause].append(result)
    for result in results:
        for check, look in result.looks:
            key = (result.watched.pk, check.name)
            finding = active.get(key)
            if finding is None and look.state == ProbeState.OK and key not in streaks:
                continue  # well before and well now: nearly every look of nearly every tick
            looked.add(key)
            # A finding without a row (it outlived its streak) is confirmed: only good looks can end it.
            before = streaks.get(key, Streak(bad=result.spec.down_after) if finding else STEADY)
            is_suppressed = bool(result.cause) and look.state != ProbeState.OK
            after, verdict = streak_next(
                before,
                look.state,
                is_suppressed=is_suppressed,
                down_after=result.spec.down_after,
                up_after=result.spec.up_after,
            )
            plan.streaks[key] = after
            sighting = Sighting(result, check, look, blinded=tuple(blinded[result.spec.id]))
            if finding is not None:
                _judge_known(plan, finding, sighting, verdict, is_suppressed=is_suppressed)
            elif verdict in {Verdict.FAILING, Verdict.BLIND}:
                plan.opened.append(sighting)
    plan.resolved += [finding.pk for key, finding in active.items() if key not in looked]
    return plan


def _judge_known(plan: Plan, finding: Known, sighting: Sighting, verdict: Verdict, *, is_suppressed: bool) -> None:
    cause = sighting.result.cause if is_suppressed else ""
    if finding.cause != cause:
        plan.causes[cause].append(finding.pk)
    if verdict == Verdict.WELL:
        plan.resolved.append(finding.pk)
    elif sighting.look.state in _BAD and not is_suppressed:
        plan.counted.append(finding.pk)
        if is_worse(sighting.severity, finding.severity):
            plan.worsened[finding.pk] = sighting


def _split_reopened(plan: Plan) -> tuple[list[Sighting], list[Sighting]]:
    """Return which of ``opened`` were resolved before (the same problem is the same row), and which are new."""
    new = {fingerprint_of(s.result.spec.id, s.check.name): s for s in plan.opened}
    known = Finding.objects.filter(fingerprint__in=new) if new else ()
    again = [replace(new.pop(finding.fingerprint), finding=finding) for finding in known]
    return again, list(new.values())


def _changing(plan: Plan) -> tuple[list[Finding], list[Sighting]]:
    """Read the findings that change more than their count; return those to resolve, and what is worse with its finding."""
    keys = {*plan.resolved, *plan.worsened}
    rows = Finding.objects.filter(pk__in=keys).select_related("scenario").in_bulk() if keys else {}
    resolved = [rows[pk] for pk in plan.resolved]
    return resolved, [replace(sighting, finding=rows[pk]) for pk, sighting in plan.worsened.items()]


def _streaks_write(institution_id: UUID, rows: Mapping[Key, tuple[int, Streak]], after: Mapping[Key, Streak]) -> None:
    changed = {key: streak for key, streak in after.items() if rows.get(key, (0, STEADY))[1] != streak}
    steady = [rows[key][0] for key, streak in changed.items() if streak == STEADY]
    if steady:
        CheckState.objects.filter(pk__in=steady).delete()
    kept = {key: streak for key, streak in changed.items() if streak != STEADY}
    CheckState.objects.bulk_create(
        [
            CheckState(
                institution_id=institution_id,
                scenario_id=pk,
                check_name=check,
                bad=streak.bad,
                good=streak.good,
                blind=streak.blind,
            )
            for (pk, check), streak in kept.items()
        ],
        update_conflicts=True,
        unique_fields=["scenario", "check_name"],
        update_fields=["bad", "good", "blind"],
    )


def _counts_write(plan: Plan, at: datetime) -> None:
    if plan.counted:
        Finding.objects.filter(pk__in=plan.counted).update(count=F("count") + 1, last_seen_at=at)
    for cause, keys in plan.causes.items():
        Finding.objects.filter(pk__in=keys).update(cause=cause)


def _affected_write(results: Sequence[ScenarioResult], active: Iterable[Known], *, looked: Collection[int]) -> None:
    """Write how many scenarios cannot be seen because of each finding; one that is resolved affects none already."""
    affected = Counter(result.cause for result in results if result.cause)
    counting = [finding for finding in active if finding.affected_count and finding.scenario_id in looked]
    stale = [finding.pk for finding in counting if finding.scenario_name not in affected]
    if stale:
        Finding.objects.filter(pk__in=stale).update(affected_count=0)
    for name, count in affected.items():
        Finding.objects.filter(scenario__name=name, status__in=Finding.ACTIVE).update(affected_count=count)

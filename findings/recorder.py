"""What a tick means: findings open, count, get worse, resolve and open again.

Called by the tick inside its transaction. The number of statements does not depend on how many
scenarios were looked at or how many of them fail.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from findings.hysteresis import STEADY, Streak, Verdict, streak_next
from findings.models import Finding
from findings.plan import Plan, Sighting
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
    keys = [result.watched.pk for result in results]
    rows = _streak_rows(keys)
    streaks = {key: Streak(row.bad, row.good, row.blind) for key, row in rows.items()}
    active = {(finding.scenario_id, finding.check_name): finding for finding in _active_of(keys)}
    plan = _plan_of(results, streaks, active)
    _streaks_write(institution_id, rows, streaks, plan.streaks)
    _split_reopened(plan)
    findings_resolve(institution_id=institution_id, findings=plan.resolved, at=at, actor=actor)
    findings_worsen(institution_id=institution_id, sightings=plan.worsened, at=at, actor=actor)
    findings_reopen(institution_id=institution_id, sightings=plan.reopened, at=at, actor=actor)
    findings_open(institution_id=institution_id, sightings=plan.opened, at=at, actor=actor)
    _counts_write(plan, results, at)
    gone = {finding.pk for finding in plan.resolved}
    counts = Counter(finding.scenario_id for finding in active.values() if finding.pk not in gone)
    counts.update(sighting.result.watched.pk for sighting in (*plan.opened, *plan.reopened))
    return counts


def _streak_rows(keys: Sequence[int]) -> dict[Key, CheckState]:
    wanted = set(keys)
    return {(row.scenario_id, row.check_name): row for row in CheckState.objects.all() if row.scenario_id in wanted}


def _active_of(keys: Sequence[int]) -> Iterable[Finding]:
    """Return the active findings of the scenarios looked at, and those of scenarios nobody looks at any more."""
    rows = Finding.objects.filter(status__in=Finding.ACTIVE).select_related("scenario")
    rows = rows.defer("evidence", "human_action")
    if len(keys) <= FEW:
        unwatched = Q(scenario__is_enabled=False) | Q(scenario__is_retired=True)
        return rows.filter(Q(scenario_id__in=keys) | unwatched)
    wanted = set(keys)
    return [row for row in rows if row.scenario_id in wanted or not row.scenario.is_watched]


def _plan_of(results: Sequence[ScenarioResult], streaks: Mapping[Key, Streak], active: Mapping[Key, Finding]) -> Plan:
    plan = Plan()
    looked: set[Key] = set()
    blinded: defaultdict[str, list[ScenarioResult]] = defaultdict(list)
    for result in results:
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
            sighting = Sighting(result, check, look, finding, tuple(blinded[result.spec.id]))
            if finding is not None:
                _judge_known(plan, finding, sighting, verdict, is_suppressed=is_suppressed)
            elif verdict in {Verdict.FAILING, Verdict.BLIND}:
                plan.opened.append(sighting)
    plan.resolved += [finding for key, finding in active.items() if key not in looked]
    return plan


def _judge_known(plan: Plan, finding: Finding, sighting: Sighting, verdict: Verdict, *, is_suppressed: bool) -> None:
    cause = sighting.result.cause if is_suppressed else ""
    if finding.cause != cause:
        plan.causes[cause].append(finding.pk)
    if verdict == Verdict.WELL:
        plan.resolved.append(finding)
    elif sighting.look.state in _BAD and not is_suppressed:
        plan.counted.append(finding.pk)
        if is_worse(sighting.severity, finding.severity):
            plan.worsened.append(sighting)


def _split_reopened(plan: Plan) -> None:
    """Take those that were resolved before out of ``opened``: the same problem is the same row."""
    wanted = {fingerprint_of(s.result.spec.id, s.check.name): s for s in plan.opened}
    known = Finding.objects.filter(fingerprint__in=wanted) if wanted else ()
    for finding in known:
        sighting = wanted.pop(finding.fingerprint)
        plan.reopened.append(replace(sighting, finding=finding))
    plan.opened = list(wanted.values())


def _streaks_write(
    institution_id: UUID, rows: Mapping[Key, CheckState], before: Mapping[Key, Streak], after: Mapping[Key, Streak]
) -> None:
    changed = {key: streak for key, streak in after.items() if before.get(key, STEADY) != streak}
    steady = [rows[key].pk for key, streak in changed.items() if streak == STEADY]
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


def _counts_write(plan: Plan, results: Sequence[ScenarioResult], at: datetime) -> None:
    if plan.counted:
        Finding.objects.filter(pk__in=plan.counted).update(count=F("count") + 1, last_seen_at=at)
    for cause, keys in plan.causes.items():
        Finding.objects.filter(pk__in=keys).update(cause=cause)
    affected = Counter(result.cause for result in results if result.cause)
    looked = {result.watched.pk for result in results}
    known = Finding.objects.filter(affected_count__gt=0).values_list("pk", "scenario_id", "scenario__name")
    stale = [pk for pk, scenario, name in known if scenario in looked and name not in affected]
    if stale:
        Finding.objects.filter(pk__in=stale).update(affected_count=0)
    for name, count in affected.items():
        Finding.objects.filter(scenario__name=name, status__in=Finding.ACTIVE).update(affected_count=count)

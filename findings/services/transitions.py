"""Open, worsen, reopen and resolve many findings at once: each one with its entry and its message."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from agents.roster import agent
from agents.services import ORCHESTRATOR, SENTINEL, Notice, notices_post, subject_messages_done
from findings.models import Finding
from findings.plan import Sighting
from findings.words import described, evidence_of, fingerprint_of, human_action_of, reason_words, title_of
from ledger.kinds import Kind
from ledger.services import entry_record, states_move, unit
from opsportal.core.actor import Actor


def findings_open(*, institution_id: UUID, sightings: Sequence[Sighting], at: datetime, actor: Actor) -> None:
    """Open a finding for every sighting, and tell the people of its owner agent."""
    if not sightings:
        return
    findings = [
        Finding(
            code=uuid4(),
            institution_id=institution_id,
            scenario_id=sighting.result.watched.pk,
            check_name=sighting.check.name,
            fingerprint=fingerprint_of(sighting.result.spec.id, sighting.check.name),
            owner_agent=sighting.result.spec.owner,
            opened_at=at,
            last_seen_at=at,
            **_seen(sighting, at),
        )
        for sighting in sightings
    ]
    with unit(institution_id, actor):
        _tell(institution_id, list(zip(findings, sightings, strict=True)), actor)
        Finding.objects.bulk_create(findings)
        for finding, sighting in zip(findings, sightings, strict=True):
            _entry(Kind.FINDING_OPENED, finding, sighting, actor)


def findings_reopen(*, institution_id: UUID, sightings: Sequence[Sighting], at: datetime, actor: Actor) -> None:
    """Open again the resolved findings of the sightings: same row, same case, a new beginning."""
    pairs = _pairs(sightings)
    if not pairs:
        return
    seen = {finding.pk: sighting for finding, sighting in pairs}
    with unit(institution_id, actor):
        for finding, sighting in pairs:
            for name, value in _seen(sighting, at).items():
                setattr(finding, name, value)
            finding.opened_at = finding.last_seen_at = at
            finding.resolved_at = finding.acked_at = finding.acked_by = None
            finding.ack_note, finding.cause = "", ""
            finding.count, finding.reopen_count = 1, finding.reopen_count + 1
        states_move(
            [finding for finding, _ in pairs],
            to=Finding.Status.OPEN,
            kind=Kind.FINDING_REOPENED,
            actor=actor,
            data_of=lambda finding: {
                **_facts(finding, seen[finding.pk]),
                "reopen_count": finding.reopen_count,
            },
        )
        _tell(institution_id, pairs, actor)
        Finding.objects.bulk_update(
            [finding for finding, _ in pairs],
            [
                *("title", "severity", "state", "reason", "evidence", "human_action", "opened_at", "last_seen_at"),
                *("resolved_at", "acked_at", "acked_by", "ack_note", "cause", "count", "reopen_count", "thread_code"),
            ],
        )


def findings_worsen(*, institution_id: UUID, sightings: Sequence[Sighting], at: datetime, actor: Actor) -> None:
    """Raise the severity of active findings and tell again; an acknowledgement of less does not cover it."""
    pairs = _pairs(sightings)
    if not pairs:
        return
    with unit(institution_id, actor):
        for finding, sighting in pairs:
            for name, value in _seen(sighting, at).items():
                setattr(finding, name, value)
            entry_record(
                kind=Kind.FINDING_WORSENED,
                subject=finding,
                actor=actor,
                case=finding.code,
                data=_facts(finding, sighting),
            )
        _tell(institution_id, pairs, actor)
        Finding.objects.bulk_update(
            [finding for finding, _ in pairs],
            ["severity", "state", "reason", "evidence", "human_action", "thread_code"],
        )


def findings_resolve(*, institution_id: UUID, findings: Sequence[Finding], at: datetime, actor: Actor) -> None:
    """Close the findings whose checks are well again, or that nobody looks at any more."""
    if not findings:
        return
    with unit(institution_id, actor):
        states_move(
            findings,
            to=Finding.Status.RESOLVED,
            kind=Kind.FINDING_RESOLVED,
            actor=actor,
            data_of=lambda finding: {
                "scenario": finding.scenario.name,
                "check": finding.check_name,
                "count": finding.count,
            },
            resolved_at=at,
            affected_count=0,
            cause="",
        )
        subject_messages_done(
            subject_kind="finding",
            subject_ids=[str(finding.code) for finding in findings],
            institution_id=institution_id,
            actor=actor,
            note="resolved by itself",
        )
        notices_post(
            institution_id=institution_id,
            actor=actor,
            notices=[_notice(finding, body=f"Resolved after {finding.count} looks.", inbox="") for finding in findings],
        )


def _pairs(sightings: Sequence[Sighting]) -> list[tuple[Finding, Sighting]]:
    return [(sighting.finding, sighting) for sighting in sightings if sighting.finding is not None]


def _seen(sighting: Sighting, at: datetime) -> dict[str, Any]:
    spec, look = sighting.result.spec, sighting.look
    return {
        "title": title_of(spec, sighting.check)[:200],
        "severity": sighting.severity,
        "state": look.state,
        "reason": look.reason,
        "evidence": evidence_of(look, at=at, run=str(sighting.result.code)),
        "human_action": human_action_of(spec, look, since=at),
    }


def _facts(finding: Finding, sighting: Sighting) -> dict[str, Any]:
    return {
        "scenario": sighting.result.spec.id,
        "check": sighting.check.name,
        "severity": finding.severity,
        "state": str(finding.state),
        "owner": finding.owner_agent,
        "fingerprint": finding.fingerprint,
        "run": str(sighting.result.code),
    }


def _entry(kind: Kind, finding: Finding, sighting: Sighting, actor: Actor) -> None:
    entry_record(kind=kind, subject=finding, actor=actor, case=finding.code, data=_facts(finding, sighting))


def _tell(institution_id: UUID, pairs: Sequence[tuple[Finding, Sighting]], actor: Actor) -> None:
    """Put one message per finding into its owner's inbox, and let Maestro tell the owners of blinded scenarios."""
    notices = [_notice(finding, body=_body(finding, sighting)) for finding, sighting in pairs]
    for finding, sighting in pairs:
        notices += _delegations(finding, sighting)
    threads = notices_post(institution_id=institution_id, notices=notices, actor=actor)
    for finding, _ in pairs:
        finding.thread_code = threads[str(finding.code)]


def _notice(finding: Finding, *, body: str, inbox: str | None = None) -> Notice:
    waits_in = finding.owner_agent if agent(finding.owner_agent).inbox else SENTINEL
    return Notice(
        subject=finding.title,
        body=body,
        severity=finding.severity,
        from_agent=SENTINEL,
        to_agent=finding.owner_agent,
        inbox=waits_in if inbox is None else inbox,
        subject_kind="finding",
        subject_id=str(finding.code),
        case=finding.code,
        thread_code=finding.thread_code,
        context={"finding": str(finding.code)},
    )


def _body(finding: Finding, sighting: Sighting) -> str:
    seen = f"{reason_words(finding.reason).capitalize()}: measured {described(sighting.look.measured)}; expected {described(sighting.look.expected)}."
    return f"{finding.title}: {finding.state}. {seen}\n\n{finding.human_action.get('en', '')}"


def _delegations(finding: Finding, sighting: Sighting) -> list[Notice]:
    """Return Maestro's words to each agent whose scenarios cannot be seen because of this finding."""
    blinded: defaultdict[str, list[str]] = defaultdict(list)
    for child in sighting.blinded:
        blinded[child.spec.owner].append(child.spec.id)
    return [
        Notice(
            subject=finding.title,
            body=f"{finding.title}: {finding.state}. {', '.join(sorted(names))} cannot be seen while it lasts. "
            "Their looks count as unknown; nobody is paged for them.",
            severity=finding.severity,
            from_agent=ORCHESTRATOR,
            to_agent=owner,
            subject_kind="finding",
            subject_id=str(finding.code),
            case=finding.code,
            thread_code=finding.thread_code,
            context={"finding": str(finding.code), "scenarios": sorted(names)},
        )
        for owner, names in sorted(blinded.items())
    ]

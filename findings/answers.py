"""What agents can say about findings without a model."""

from agents.handlers import Answer, Question, register
from agents.roster import CHAT_DEFAULT
from findings.models import Finding
from findings.selectors import findings_active, findings_listed
from findings.words import reason_words

LIMIT = 10


def register_answers() -> None:
    """Teach the agents to answer about findings."""
    register("finding_of_thread", r"report|status|why|what (is|happened)|por qu[eê]|o que", _about_thread)
    register("finding_of_scenario", r"[a-z0-9_]+(\.[a-z0-9_]+)+", _about_scenario)
    register("findings_open", r"open|wrong|problem|finding|alert|status|happening|aberto|problema|achado|alerta", _open)


def _about_thread(question: Question) -> Answer | None:
    thread = question.thread
    if thread is None or thread.subject_kind != "finding":
        return None
    finding = findings_listed().filter(code=thread.subject_id).first()
    return _told([finding]) if finding else None


def _about_scenario(question: Question) -> Answer | None:
    words = {word.strip("?!,;:“”\"'").rstrip(".") for word in question.text.lower().split()}
    found = list(findings_listed(statuses=Finding.ACTIVE).filter(scenario__name__in=words)[:LIMIT])
    return _told(found) if found else None


def _open(question: Question) -> Answer | None:
    if not question.include_findings:
        return None
    owner = "" if question.agent.id in {CHAT_DEFAULT, "A0", "vigia"} else question.agent.id
    active = findings_active().filter(owner_agent=owner) if owner else findings_active()
    found = list(active[: LIMIT + 1])
    if not found:
        whose = f" that {question.agent.name} owns" if owner else ""
        return Answer(f"There is no open finding{whose}.")
    return _told(found[:LIMIT], more=len(found) > LIMIT)


def _told(findings: list[Finding], *, more: bool = False) -> Answer:
    lines = [
        f"{finding.severity}: {finding.title}: {finding.state} ({reason_words(finding.reason)}), seen {finding.count} times since "
        f"{finding.opened_at:%Y-%m-%d %H:%M} UTC, {finding.get_status_display().lower()}. "
        f"{finding.human_action.get('en', '')}"
        for finding in findings
    ]
    if more:
        lines.append("There are more: see the list of findings.")
    evidence = [{"finding": str(finding.code), "evidence": finding.evidence} for finding in findings]
    return Answer("\n".join(lines), {"findings": evidence})

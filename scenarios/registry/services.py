"""Writes: load the registry from its files, and switch a scenario on or off."""

from collections.abc import Iterable, Sequence

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import Actor
from opsportal.core.errors import ConflictError
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Permission, require
from opsportal.institutions.models import Institution
from scenarios.models import CheckState, Heartbeat, ProbeState, RegistryVersion, Scenario
from scenarios.registry.bundle import Texts, bundle_digest, bundle_pack
from scenarios.registry.files import configuration_current, registry_files, registry_texts
from scenarios.registry.parse import registry_read
from scenarios.registry.problems import Problem
from scenarios.registry.spec import Registry, ScenarioSpec


def registry_sync(*, actor: Actor) -> RegistryVersion:
    """Bring what is watched in line with the files, and return the version that they are.

    Cheap when nothing changed. A new text without problems becomes the active registry at once, its
    scenarios get their rows, and those that are gone are retired; a text with problems is kept with
    them, once, and what was active goes on. Either is an entry in the ledger of the installation.
    Raises FrozenInstitutionError while that ledger is broken.
    """
    texts, unreadable = registry_texts(registry_files())
    digest = bundle_digest(texts)
    newest = RegistryVersion.objects.defer("text").order_by("-id").first()
    if newest and newest.digest == digest and newest.is_accepted:
        return newest
    slugs = set(Institution.objects.values_list("slug", flat=True))
    registry, problems = registry_read(texts, configuration_current(), institutions=slugs)
    problems = [*unreadable, *problems]
    if newest and newest.digest == digest and problems:
        return newest
    with unit(Institution.objects.get(is_system=True).pk, actor):
        institutions = list(Institution.objects.select_for_update(no_key=True).order_by("pk"))
        newest = RegistryVersion.objects.order_by("-id").first()
        if newest and newest.digest == digest and newest.is_accepted == (not problems):
            return newest  # another process was faster
        if problems:
            return _version_refuse(digest, texts, problems, actor)
        return _version_accept(registry, texts, institutions, actor)


def _version_refuse(digest: str, texts: Texts, problems: Sequence[Problem], actor: Actor) -> RegistryVersion:
    version = RegistryVersion.objects.create(
        digest=digest, text=bundle_pack(texts), problems=[problem.as_json() for problem in problems]
    )
    data = {"digest": digest, "problems": len(problems), **_digest_active("active")}
    entry_record(kind=Kind.REGISTRY_REJECTED, subject=version, actor=actor, data=data)
    return version


def _version_accept(
    registry: Registry, texts: Texts, institutions: Iterable[Institution], actor: Actor
) -> RegistryVersion:
    data = {"digest": registry.digest, "scenarios": len(registry.scenarios), **_digest_active("before")}
    version = RegistryVersion.objects.create(
        digest=registry.digest, text=bundle_pack(texts), scenario_count=len(registry.scenarios)
    )
    entry_record(kind=Kind.REGISTRY_LOADED, subject=version, actor=actor, data=data)
    for institution in institutions:
        specs = [spec for spec in registry.scenarios.values() if spec.institution == institution.slug]
        with institution_scope(institution.pk):
            _scenarios_align(institution, specs)
            _heartbeats_add(institution, specs, actor)
    return version


def _digest_active(key: str) -> dict[str, str]:
    digest = RegistryVersion.objects.filter(problems=[]).order_by("-id").values_list("digest", flat=True).first()
    return {key: digest} if digest else {}


def _scenarios_align(institution: Institution, specs: Sequence[ScenarioSpec]) -> None:
    known = {row.name: row for row in Scenario.objects.only("name", "is_retired")}
    names = {spec.id for spec in specs}
    gone = [row.pk for row in known.values() if row.name not in names and not row.is_retired]
    back = [row.pk for row in known.values() if row.name in names and row.is_retired]
    CheckState.objects.filter(scenario__in=gone).delete()
    Scenario.objects.filter(pk__in=gone).update(is_retired=True)
    Scenario.objects.filter(pk__in=back).update(is_retired=False, state=ProbeState.UNKNOWN, reason="", cause="")
    Scenario.objects.bulk_create(
        Scenario(institution=institution, name=spec.id, state=_state_first(spec))
        for spec in specs
        if spec.id not in known
    )
    Scenario.objects.filter(is_retired=False).update(next_due_at=None)  # whoever changed something wants to see it


def _state_first(spec: ScenarioSpec) -> ProbeState:
    return ProbeState.UNKNOWN if spec.is_configured else ProbeState.NOT_CONFIGURED


def _heartbeats_add(institution: Institution, specs: Iterable[ScenarioSpec], actor: Actor) -> None:
    """Make the ear of each new heartbeat. Its code is the secret of its URL, so the ledger has its name instead."""
    checks = (check for spec in specs if spec.is_configured for check in spec.checks if check.kind == "heartbeat")
    names = dict.fromkeys(str(check.params["name"]) for check in checks)
    known = set(Heartbeat.objects.filter(name__in=names).values_list("name", flat=True))
    new = [Heartbeat(institution=institution, name=name) for name in names if name not in known]
    Heartbeat.objects.bulk_create(new)
    for heartbeat in new:
        entry_record(
            kind=Kind.HEARTBEAT_CREATED,
            subject=f"heartbeat:{heartbeat.name}",
            actor=actor,
            data={"heartbeat": heartbeat.name},
            institution_id=institution.pk,
        )


def scenario_enable(*, scenario: Scenario, actor: Actor) -> Scenario:
    """Watch ``scenario`` again, from the next tick on. Nothing happens when it is watched already.

    Raises RefusedError without ``scenario.manage``, ConflictError when the registry no longer has it.
    """
    return _scenario_switch(scenario, actor, is_enabled=True)


def scenario_disable(*, scenario: Scenario, actor: Actor) -> Scenario:
    """Stop watching ``scenario`` until somebody enables it. Nothing happens when it is disabled already.

    Raises RefusedError without ``scenario.manage``, ConflictError when the registry no longer has it.
    """
    return _scenario_switch(scenario, actor, is_enabled=False)


def _scenario_switch(scenario: Scenario, actor: Actor, *, is_enabled: bool) -> Scenario:
    require(actor, Permission.SCENARIO_MANAGE)
    with unit(scenario.institution_id, actor):
        rows = Scenario.objects.filter(pk=scenario.pk, is_retired=False)
        changed = rows.filter(is_enabled=not is_enabled).update(is_enabled=is_enabled, next_due_at=None)
        scenario.refresh_from_db()
        if scenario.is_retired:
            raise ConflictError(f"{scenario} is no longer in the registry")
        if changed:
            entry_record(
                kind=Kind.SCENARIO_CHANGED,
                subject=f"scenario:{scenario.name}",
                actor=actor,
                data={"scenario": scenario.name, "is_enabled": is_enabled},
            )
    return scenario

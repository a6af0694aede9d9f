"""What is watched, what was seen, and the ticks that looked."""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.urls import reverse

from opsportal.core.scope import InstitutionManager
from opsportal.institutions.models import Institution


class ProbeState(models.TextChoices):
    """What a look can say. Only this drives findings; the reason explains it."""

    OK = "ok", "OK"
    DEGRADED = "degraded", "Degraded"
    DOWN = "down", "Down"
    UNKNOWN = "unknown", "Unknown"
    NOT_CONFIGURED = "not_configured", "Not configured"


class RegistryVersion(models.Model):
    """One text of the registry that was loaded or refused. The newest accepted one is active."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text.")
    text = models.TextField()
    problems = models.JSONField(
        default=list, help_text="Why it was refused: [{line, path, message}]; empty when accepted."
    )
    scenario_count = models.PositiveIntegerField(default=0)
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.digest[:12]

    @property
    def is_accepted(self) -> bool:
        """True when the text had no problem."""
        return not self.problems


class Scenario(models.Model):
    """The standing of one registry entry in one institution. Its definition stays in the registry."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80, help_text="The registry id, such as desk.api.health.")
    is_enabled = models.BooleanField(default=True)
    is_retired = models.BooleanField(default=False, editable=False, help_text="No longer in the registry.")
    state = models.CharField(max_length=14, choices=ProbeState.choices, default=ProbeState.UNKNOWN, editable=False)
    state_since = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=200, blank=True, editable=False)
    cause = models.CharField(max_length=80, blank=True, editable=False, help_text="The dead parent, when that is why.")
    last_run_at = models.DateTimeField(null=True, editable=False)
    next_due_at = models.DateTimeField(null=True, editable=False)

    objects = InstitutionManager()

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["institution", "name"], name="scenario_once")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where people see its runs."""
        return reverse("scenarios:detail", args=[self.institution.slug, self.name])

    @property
    def is_watched(self) -> bool:
        """True while ticks look at it."""
        return self.is_enabled and not self.is_retired


class CheckState(models.Model):
    """The streak of one check that is not steadily well: what hysteresis must remember.

    A check without a row has been ok for at least ``up_after`` looks, or was never seen.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="checks")
    check_name = models.CharField(max_length=40)
    bad = models.PositiveSmallIntegerField(default=0, help_text="Bad looks in a row, counted up to the threshold.")
    good = models.PositiveSmallIntegerField(default=0, help_text="Good looks in a row since the last bad one.")
    blind = models.PositiveSmallIntegerField(default=0, help_text="Looks in a row that saw nothing.")

    objects = InstitutionManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scenario", "check_name"], name="check_state_once")]

    def __str__(self) -> str:
        return f"{self.scenario_id}/{self.check_name}: {self.bad} bad, {self.good} good"


class Tick(models.Model):
    """One round over the scenarios that were due. Installation-wide: probes of all institutions run together."""

    class Trigger(models.TextChoices):
        TICKER = "ticker", "Ticker"
        ENDPOINT = "endpoint", "Token endpoint"
        COMMAND = "command", "Command"

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        COMPLETED = "completed", "Completed"
        CRASHED = "crashed", "Crashed"

    MOVES = {Status.RUNNING: {Status.COMPLETED, Status.CRASHED}}

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    trigger = models.CharField(max_length=8, choices=Trigger.choices)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.RUNNING, editable=False)
    fence = models.BigIntegerField(
        unique=True, help_text="Grows with every tick: a late writer with an old fence writes nothing."
    )
    registry_digest = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    run_count = models.PositiveIntegerField(default=0)
    failing_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"tick {self.fence}"


class TickLease(models.Model):
    """The single-flight lock of the tick, and when the next one is due. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    fence = models.BigIntegerField(default=0)
    holder = models.CharField(max_length=80, blank=True)
    expires_at = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="tick_lease_one_row")]

    def __str__(self) -> str:
        return f"lease {self.fence} of {self.holder or 'nobody'}"


class Run(models.Model):
    """One execution of one scenario, with what was measured.

    The table that grows: every tick adds a row per scenario, so it carries no index that nothing reads, and the
    database looks up only whether the scenario is there. Its tick, which nothing deletes, and its institution,
    which the scenario refers to as well, would cost as much again as the row itself.
    """

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="runs", db_index=False)
    tick = models.ForeignKey(
        Tick,
        null=True,
        on_delete=models.PROTECT,
        related_name="runs",
        db_index=False,
        db_constraint=False,
        help_text="Empty: run by hand.",
    )
    state = models.CharField(max_length=14, choices=ProbeState.choices)
    reason = models.CharField(max_length=200, blank=True)
    cause = models.CharField(max_length=80, blank=True, help_text="The dead parent, when that is why.")
    evidence = models.JSONField(
        default=list, help_text="One object per check: check, state, reason, measured, expected, at, ms."
    )
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    findings_count = models.PositiveIntegerField(default=0)

    objects = InstitutionManager()

    class Meta:
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["scenario", "-id"], name="run_recent"),
            models.Index(fields=["institution", "-id"], name="run_of_institution"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.state}"


class Heartbeat(models.Model):
    """The ear of a heartbeat check: the secret URL that must be called, and when it last was."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False, help_text="The secret part of the ping URL.")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80, help_text="What the registry calls it.")
    last_ping_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = InstitutionManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "name"], name="heartbeat_once")]

    def __str__(self) -> str:
        return self.name

"""Worker processes and the tasks that come back regularly. They belong to the installation, not to an institution."""

from uuid import uuid4

from django.db import models


class Worker(models.Model):
    """One run of a worker: the process that keeps the ticker and the job cluster."""

    class End(models.TextChoices):
        RUNNING = "", "Runs"
        STOPPED = "stopped", "Stopped"
        HUNG = "hung", "Hung: its watchdog ended it"
        CLUSTER_DIED = "cluster_died", "Its job cluster died"
        KILLED = "killed", "Killed: noticed by the next one"

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField(help_text="When its ticker was last alive.")
    worked_at = models.DateTimeField(null=True, help_text="When its cluster last finished a task.")
    end = models.CharField(max_length=12, choices=End.choices, blank=True, editable=False)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class PeriodicTask(models.Model):
    """When a regular task was last queued: what several workers agree on, so that one of them queues it."""

    name = models.CharField(max_length=60, unique=True)
    enqueued_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

"""Small leaf helpers that every app may use."""

from time import perf_counter
from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest


class CoreConfig(AppConfig):
    """Settings of the core helpers."""

    name = "opsportal.core"
    label = "core"

    def ready(self) -> None:
        """Let the line of each request say how long it took."""
        from django_structlog.signals import bind_extra_request_finished_metadata  # noqa: PLC0415  after the apps

        bind_extra_request_finished_metadata.connect(duration_add, dispatch_uid="duration")


def duration_add(request: HttpRequest, log_kwargs: dict[str, Any], **_: object) -> None:
    """Add the milliseconds since the request came in to its line."""
    started = getattr(request, "started", None)
    if started is not None:
        log_kwargs["duration_ms"] = round((perf_counter() - started) * 1000, 1)

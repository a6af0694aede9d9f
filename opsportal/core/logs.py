"""Logs: one JSON object per line, with the id of the request and of the case, and without secrets.

``logging_config`` is what settings put into LOGGING; it also tells structlog to hand its lines to the standard
library, so that ours and those of libraries leave by the same door.
"""

import logging
import re
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

GONE = "[redacted]"
SHORTEST = 8  # shorter values are words, not secrets: "postgres" may be a password, and is everywhere

_NAMES = re.compile(
    r"(?i)pass(word|wd|phrase)|secret|token|authorization|cookie|api[-_]?key|private[-_]?key|credential"
)
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bops_([0-9A-Za-z]{8})_[0-9A-Za-z_]+"), rf"ops_\1_{GONE}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {GONE}"),
    (re.compile(r"(://[^\s/:@]*):[^\s/@]+@"), rf"\1:{GONE}@"),
    (re.compile(r"(?i)([?&](?:[\w-]*(?:token|secret|password|key|code|sig|signature))=)[^&\s\"']+"), rf"\1{GONE}"),
    (re.compile(r"(/heartbeats/)[0-9a-f-]{32,36}"), rf"\1{GONE}"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), GONE),
)
# Every shape holds one of these: most texts are done after one look.
_SUSPECT = re.compile(r"(?i)ops_|bearer|basic|://|[?&]|/heartbeats/|-----BEGIN")
# Names that match above and hold no secret.
_HARMLESS = frozenset({"key_id", "token_id", "has_token"})


class Redaction:
    """A structlog processor that takes secrets out of a line: by name, by shape, and the known ones by value."""

    def __init__(self, known: Callable[[], Iterable[str]] = tuple) -> None:
        self._known = known
        self._values: re.Pattern[str] | None = None
        self._is_read = False

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {name: self._value(name, value) for name, value in event.items()}

    def text(self, text: str) -> str:
        """Return ``text`` without what looks like a secret or is a known one."""
        if _SUSPECT.search(text):
            for shape, rest in _SHAPES:
                text = shape.sub(rest, text)
        values = self._pattern()
        return values.sub(GONE, text) if values else text

    def _value(self, name: str, value: object) -> object:
        if _NAMES.search(name) and name not in _HARMLESS and value not in (None, "", True, False):
            return GONE
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, MutableMapping):
            return {str(key): self._value(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(name, inner) for inner in value]
        if isinstance(value, int | float | None):
            return value
        return self.text(str(value))

    def _pattern(self) -> re.Pattern[str] | None:
        if not self._is_read:
            long = sorted({value for value in self._known() if len(value) >= SHORTEST}, key=len, reverse=True)
            self._values = re.compile("|".join(map(re.escape, long))) if long else None
            self._is_read = True
        return self._values


def secrets_configured() -> list[str]:
    """Return every secret that the settings hold, so that it can be kept out of the logs by its value."""
    from django.conf import settings  # noqa: PLC0415  the settings are what calls logging_config

    return [
        settings.SECRET_KEY,
        settings.INTERNAL_TOKEN,
        settings.DATABASES["default"].get("PASSWORD", ""),
        *settings.REGISTRY_SECRETS.values(),
    ]


def logging_config(*, level: str, is_json: bool) -> dict[str, Any]:
    """Return LOGGING, and tell structlog to go the same way.

    Lines go to stderr: ``{"timestamp", "level", "logger", "event", "request_id", …}``.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # a traceback as text: the values of variables stay out of it
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if is_json else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    Redaction(secrets_configured),
                    renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": level},
            "django.server": {"handlers": [], "propagate": True, "level": level},
            "django.request": {"level": "ERROR"},  # a 4xx is told by the request's own line
            "django.security": {"level": "WARNING"},
            "django-q": {"level": "WARNING"},  # four lines per task otherwise
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }

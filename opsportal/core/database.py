"""DATABASES from one URL: SQLite embedded, PostgreSQL in production."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# WAL so that readers never wait; IMMEDIATE so that a transaction that will write never has
# to upgrade its snapshot (which fails at once); FULL so that an acknowledged ledger entry
# survives the loss of power.
SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;"
        "PRAGMA mmap_size=134217728;PRAGMA cache_size=-16000;PRAGMA journal_size_limit=67108864;"
    ),
}


def database_from_url(url: str, *, data_dir: Path, role: str) -> dict[str, Any]:
    """Return Django's settings for the database that ``url`` names.

    An empty ``url`` is the embedded ``data_dir/opsportal.sqlite3``. ``role`` is ``web`` (a
    connection pool: threads come and go) or anything else (one connection that stays: the
    job cluster hangs on SIGTERM with a pool). Raises ImproperlyConfigured on another scheme.
    """
    if not url:
        url = f"sqlite:///{data_dir / 'opsportal.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path.removeprefix("/")) or ":memory:",
            "OPTIONS": SQLITE_OPTIONS,
            "CONN_MAX_AGE": 60,  # opening costs more than a small page: the threads keep theirs
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite:///")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    if role == "web":
        options["pool"] = {"min_size": 2, "max_size": 10, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or options.pop("host", ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if role == "web" else 60,
        "CONN_HEALTH_CHECKS": True,
    }

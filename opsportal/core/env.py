"""Typed readers for the environment. A bad value stops the start with one clear line.

A secret may come as ``NAME`` or as ``NAME_FILE`` (a path); never as both.
"""

import os
import secrets
from collections.abc import Set
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def env_str(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks, or ``default`` if unset or empty."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool) -> bool:
    """Return true/false; accepts 1/0, true/false, yes/no, on/off."""
    raw = env_str(name).lower()
    if not raw:
        return default
    if raw in _TRUE:
        return True
    if raw in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {raw!r}")


def env_int(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """Return a whole number within ``minimum`` and ``maximum``, both included."""
    raw = env_str(name)
    if not raw:
        return default
    try:
        number = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}") from None
    if not minimum <= number <= maximum:
        raise ImproperlyConfigured(f"{name} must be between {minimum} and {maximum}, not {number}")
    return number


def env_choice(name: str, default: str, *, choices: Set[str]) -> str:
    """Return one of ``choices``, compared without regard to case."""
    raw = env_str(name, default).lower()
    if raw not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(choices))}, not {raw!r}")
    return raw


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma-separated parts, blanks removed, empty parts dropped."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_url(name: str, default: str = "") -> str:
    """Return an http(s) URL without a trailing slash, or an empty string if unset."""
    raw = env_str(name, default).rstrip("/")
    if raw and (urlsplit(raw).scheme not in {"http", "https"} or not urlsplit(raw).hostname):
        raise ImproperlyConfigured(f"{name} must be an http:// or https:// address, not {raw!r}")
    return raw


def env_secret(name: str) -> str:
    """Return a secret from ``NAME`` or the file that ``NAME_FILE`` names; empty if neither is set."""
    direct, path = env_str(name), env_str(f"{name}_FILE")
    if direct and path:
        raise ImproperlyConfigured(f"set either {name} or {name}_FILE, not both")
    if not path:
        return direct
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}: {path}") from None


def env_named(*names: str, prefix: str) -> dict[str, str]:
    """Return the variables ``names``, empty when unset, and every one that begins with ``prefix``.

    Those that end in ``_URL`` must be http(s) addresses, and lose a trailing slash.
    """
    found = {*names, *(name for name in os.environ if name.startswith(prefix))}
    return {name: env_url(name) if name.endswith("_URL") else env_str(name) for name in sorted(found)}


def env_secrets(*names: str, prefix: str) -> dict[str, str]:
    """Like ``env_named`` for secrets: each may also come from the file that ``NAME_FILE`` names."""
    found = {*names, *(name.removesuffix("_FILE") for name in os.environ if name.startswith(prefix))}
    return {name: env_secret(name) for name in sorted(found)}


def secret_from_file_or_new(path: Path, *, length: int = 50) -> str:
    """Return the secret kept in ``path``; make it first (mode 0600) if there is none.

    Two processes that start together get the same secret: the file is created
    exclusively and complete, and the loser reads what the winner wrote.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(length))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()

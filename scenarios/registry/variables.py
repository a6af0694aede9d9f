"""Put configuration in the place of ``${NAME}`` and ``${secret:NAME}``.

``${NAME?}`` as the whole value of a key leaves that key out while the name is not set. What a registry may name is decided by the installation, in its settings: a text that
somebody edits in the registry cannot read the rest of the environment.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from opsportal.core.secret import Secret
from scenarios.registry.document import Path, plain_read

_PLACEHOLDER = re.compile(r"\$\$\{|\$\{(?P<secret>secret:)?(?P<name>[A-Z][A-Z0-9_]*)(?P<optional>\?)?\}|\$\{")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The values a registry may refer to, by name. An empty value is one that is not set."""

    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    databases: frozenset[str] = frozenset()  # names of those that are set

    def with_each(self, item: str) -> "Configuration":
        """Return this configuration with ``${EACH}`` standing for ``item``."""
        return replace(self, variables={**self.variables, "EACH": item})

    def refusals(self, value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
        """Yield (path, why) for every placeholder within ``value`` that cannot be filled by this configuration."""
        if isinstance(value, Mapping):
            for key, below in value.items():
                plain = below.replace("?}", "}") if _optional(below) else below
                yield from self.refusals(plain, (*path, key))
        elif isinstance(value, list):
            for index, below in enumerate(value):
                yield from self.refusals(below, (*path, index))
        elif isinstance(value, str):
            yield from ((path, why) for found in _PLACEHOLDER.finditer(value) if (why := self._refusal(found)))

    def _refusal(self, found: re.Match[str]) -> str:
        name = found["name"]
        if found[0] == "$${":
            return ""
        if name is None:
            return "write ${NAME} or ${secret:NAME} in capitals; $${ stands for ${ itself"
        if found["optional"]:
            return f"{name}? can only be the whole value of a key"
        if found["secret"]:
            return "" if name in self.secrets else f"{name} is not a secret that a registry may use"
        if name in self.secrets:
            return f"{name} is a secret: write ${{secret:{name}}}"
        return "" if name in self.variables else f"{name} is not a setting that a registry may use"

    def fill(self, text: str) -> tuple[str | Secret, tuple[str, ...]]:
        """Return ``text`` with its placeholders filled, and the names that are not set.

        A text that holds a secret becomes a Secret as a whole. Raises KeyError for what ``refusals`` names.
        """
        missing: list[str] = []
        holds_secret = False

        def value(found: re.Match[str]) -> str:
            nonlocal holds_secret
            name = found["name"]
            if name is None:
                return "${"
            holds_secret = holds_secret or bool(found["secret"])
            filled = self.secrets[name].reveal() if found["secret"] else self.variables[name]
            if not filled:
                missing.append(name)
            return filled

        filled = _PLACEHOLDER.sub(value, text)
        return Secret(filled) if holds_secret else filled, tuple(missing)

    def fill_all(self, value: Any) -> tuple[Any, tuple[str, ...]]:
        """Return ``fill`` of every text within lists and mappings, and all names that are not set."""
        if isinstance(value, str):
            return self.fill(value)
        if isinstance(value, Mapping):
            pairs = {key: self.fill_all(below) for key, below in value.items()}
            kept = {key: pair for key, pair in pairs.items() if not (pair[1] and _optional(value[key]))}
            return {key: pair[0] for key, pair in kept.items()}, tuple(n for pair in kept.values() for n in pair[1])
        if isinstance(value, list):
            items = [self.fill_all(below) for below in value]
            return [item[0] for item in items], tuple(name for item in items for name in item[1])
        return value, ()

    def hidden(self, message: str) -> str:
        """Return ``message`` with every secret blotted out."""
        for secret in self.secrets.values():
            if value := secret.reveal():
                message = message.replace(value, "•••")
        return message


def database_setting(name: str) -> str:
    """Return the setting that holds the address of the database ``name``."""
    return "DESK_DATABASE_URL" if name == "desk" else f"OPSPORTAL_PROBE_DATABASE_{name.upper()}"


def _optional(value: Any) -> bool:
    found = _PLACEHOLDER.fullmatch(value) if isinstance(value, str) else None
    return bool(found and found["optional"])


def has_secret(value: Any) -> bool:
    """True when there is a Secret anywhere within ``value``."""
    if isinstance(value, Mapping):
        return any(has_secret(below) for below in value.values())
    if isinstance(value, list):
        return any(has_secret(below) for below in value)
    return isinstance(value, Secret)


def numbers_read(value: Any, written: Any, schema: Any) -> Any:
    """Return ``value`` with a number wherever a placeholder was ``written`` and ``schema`` wants a number.

    The environment knows texts only. What does not read as a number stays text, for the schema to refuse.
    """
    if isinstance(value, Mapping) and isinstance(schema, Mapping):
        rules = schema.get("properties", {})
        return {key: numbers_read(below, written[key], rules.get(key)) for key, below in value.items()}
    if isinstance(value, str) and value != written and isinstance(schema, Mapping):
        number = plain_read(value)
        kinds = {"integer": int, "number": int | float}.get(str(schema.get("type")))
        return number if kinds and isinstance(number, kinds) and not isinstance(number, bool) else value
    return value

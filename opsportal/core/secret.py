"""A value that must not be seen: it has to be asked for by name."""

from collections.abc import Iterator, Mapping
from hmac import compare_digest
from typing import Any, NoReturn


class Secret:
    """Holds a secret so that printing, logging, formatting, JSON and pickling never show it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself: only where it is about to be sent."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


def revealed(value: Any) -> Any:
    """Return ``value`` with the secrets in its lists and mappings in the clear: only where it is about to be used."""
    if isinstance(value, Mapping):
        return {key: revealed(below) for key, below in value.items()}
    if isinstance(value, list):
        return [revealed(below) for below in value]
    return value.reveal() if isinstance(value, Secret) else value


def secrets_within(value: Any) -> Iterator[str]:
    """Yield every secret within ``value``, in the clear: to blot them out of what others say."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for below in value:
            yield from secrets_within(below)
    elif isinstance(value, Secret):
        yield value.reveal()

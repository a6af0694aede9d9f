"""What the portal said last: kept so that ``status`` can tell, and so that it cannot widen what was pinned.

Keys are pinned at the enrolment. A heartbeat may take a key away (it is not trusted while it is not listed), and it may
offer a new one, which a person accepts at the machine with ``ops-runtime keys accept``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ops_runtime import clock
from ops_runtime.config import Config, State
from ops_runtime.files import json_read, json_write

_NOTE_MAX = 4096


@dataclass(slots=True)
class Contact:
    """The file ``contact.json``."""

    path: Path
    last_at: int = 0
    last_error: str = ""
    error_at: int = 0
    offset: int = 0
    is_stopped: bool = False
    checkpoint: str = ""
    journal_seq: int = 0
    listed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, state: State) -> "Contact":
        """Return what was kept; a damaged file is as good as none, since nothing is permitted by it."""
        path = state.folder / "contact.json"
        try:
            found = json_read(path) or {}
            listed = found.pop("listed", [])
            contact = cls(path, **found)  # type: ignore[arg-type]  # a wrong name is a TypeError
            contact.listed = {str(kid): str(public) for kid, public in listed}  # type: ignore[attr-defined]
        except (ValueError, TypeError):
            return cls(path)
        return contact

    def save(self) -> None:
        """Keep it."""
        fields = {name: value for name, value in asdict(self).items() if name not in {"path", "listed"}}
        json_write(self.path, fields | {"listed": sorted(self.listed.items())})

    def beat(self, answer: Mapping[str, object], config: Config, *, at: int) -> None:
        """Take the answer to a heartbeat."""
        server_time = answer.get("server_time")
        self.offset = server_time - at if isinstance(server_time, int) else 0
        self.is_stopped = answer.get("is_stopped") is True
        self.checkpoint = str(answer.get("checkpoint") or "")[:_NOTE_MAX]
        self.listed = keys_read(answer.get("order_keys"))
        self.reached()

    def reached(self) -> None:
        """Note that the portal answered with sense."""
        self.last_at, self.last_error = clock.now(), ""
        self.save()

    def failed(self, message: str) -> None:
        """Note that it did not."""
        self.last_error, self.error_at = message[:500], clock.now()
        self.save()

    def journal_sent(self, seq: int) -> None:
        """Note up to which line the portal has the journal."""
        self.journal_seq = seq
        self.save()

    def trusted(self, config: Config) -> frozenset[str]:
        """Return the ids of the pinned keys that the portal still lists."""
        return frozenset(kid for kid, public in config.order_keys if self.listed.get(kid) == public)

    def offered(self, config: Config) -> dict[str, str]:
        """Return the keys that the portal lists and nobody has accepted here."""
        pinned = dict(config.order_keys)
        return {kid: public for kid, public in self.listed.items() if pinned.get(kid) != public}


def keys_read(listed: object) -> dict[str, str]:
    """Return the well-formed keys of ``[{"kid", "public"}]``; what is not one is left out."""
    found = {}
    for one in listed if isinstance(listed, list) else []:
        kid, public = (one.get("kid"), one.get("public")) if isinstance(one, dict) else (None, None)
        if isinstance(kid, str) and isinstance(public, str) and 0 < len(kid) <= 80 and _is_key(public):
            found[kid] = public
    return found


def _is_key(public: str) -> bool:
    return len(public) == 64 and set(public) <= set("0123456789abcdef")

"""``status``: whether this machine works, in words and as JSON."""

import os
from dataclasses import asdict, dataclass

from ops_runtime import __version__, clock
from ops_runtime.config import State
from ops_runtime.contact import Contact
from ops_runtime.errors import JournalError, OpsError
from ops_runtime.journal import GENESIS, Line, line_read

BEATS_MISSED = 4


@dataclass(slots=True)
class Status:
    """What ``status --json`` prints; ``problems`` is empty when all is well."""

    version: str
    configured: bool
    healthy: bool
    problems: list[str]
    runtime_id: str = ""
    institution_id: str = ""
    portal: str = ""
    root_dir: str = ""
    contract: str = ""
    last_contact: int = 0
    clock_offset_seconds: int = 0
    is_stopped: bool = False
    journal_seq: int = 0
    journal_hash: str = GENESIS
    spooled_results: int = 0

    @property
    def as_json(self) -> dict[str, object]:
        """The same as an object."""
        return asdict(self)


def status_read(state: State) -> Status:
    """Look at the state folder; nothing is written, and no one is asked."""
    status = Status(__version__, configured=False, healthy=False, problems=[])
    try:
        config = state.config_load()
        state.key_load()
        status.configured = True
        status.runtime_id, status.institution_id = config.runtime_id, config.institution_id
        status.portal, status.root_dir, status.contract = config.engine_base_url, config.root_dir, config.contract
        _contact(status, state, config.heartbeat_seconds)
        for kid in Contact.load(state).offered(config):
            status.problems.append(f"The portal signs with a new key {kid}: ops-runtime keys accept {kid}")
        if not os.access(config.root_dir, os.R_OK | os.X_OK):
            status.problems.append("root_dir cannot be read.")
        _journal(status, state)
    except OpsError as error:
        status.problems.append(error.message)
    status.healthy = not status.problems
    return status


def journal_verify(state: State) -> Line | None:
    """Return the last line when every line follows the one before; raise JournalError otherwise. None: it is empty."""
    last, seq, chain = None, 0, GENESIS
    try:
        with state.journal_file.open("rb") as file:
            for raw in file:
                last = line_read(raw, seq, chain)
                seq, chain = last.seq, last.hash
    except FileNotFoundError:
        raise JournalError("There is no journal.") from None
    if seq < Contact.load(state).journal_seq:
        raise JournalError("The journal is shorter than what the portal has of it.")
    return last


def _contact(status: Status, state: State, heartbeat_seconds: int) -> None:
    contact = Contact.load(state)
    status.last_contact, status.clock_offset_seconds = contact.last_at, contact.offset
    status.is_stopped = contact.is_stopped
    status.spooled_results = len(list((state.folder / "spool").glob("*.json")))
    if contact.last_error:
        status.problems.append(contact.last_error)
    if clock.now() - contact.last_at > BEATS_MISSED * heartbeat_seconds:
        when = clock.text(contact.last_at) if contact.last_at else "never"
        status.problems.append(f"Last contact with the portal: {when}.")
    if abs(contact.offset) > clock.SKEW_SECONDS:
        status.problems.append(f"This clock and the portal's differ by {contact.offset} seconds.")


def _journal(status: Status, state: State) -> None:
    last = journal_verify(state)
    if last:
        status.journal_seq, status.journal_hash = last.seq, last.hash

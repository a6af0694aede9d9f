"""Everything that stays open while the program runs."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ops_runtime.config import Config, State
from ops_runtime.errors import SetupError
from ops_runtime.journal import Journal
from ops_runtime.plans import PlanStore
from ops_runtime.results import Spool
from ops_runtime.root import Root
from ops_runtime.trash import Trash


@dataclass(slots=True)
class Machine:
    """The state folder, opened."""

    state: State
    config: Config
    key: Ed25519PrivateKey
    journal: Journal
    spool: Spool
    root: Root
    trash: Trash
    plans: PlanStore

    @classmethod
    def open(cls, state: State) -> "Machine":
        """Open what ``configure`` has made; raise SetupError or JournalError."""
        config = state.config_load()
        apart_require(Path(config.root_dir), state.folder)
        root = Root(Path(config.root_dir))
        journal = Journal(state.journal_file)
        return cls(state, config, state.key_load(), journal, Spool(state), root, Trash(state, root), PlanStore(state))

    def close(self) -> None:
        """Close the descriptors."""
        self.journal.close()
        self.root.close()


def apart_require(root: Path, state: Path) -> None:
    """Raise SetupError when one folder lies in the other: what is asked for must never reach the key."""
    inner, outer = root.resolve(), state.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise SetupError(f"root_dir {inner} and the state folder {outer} must not lie in each other: use --state-dir.")


def running_lock(state: State) -> int:
    """Return the lock of the one running process; raise SetupError when another one has it."""
    fd = os.open(state.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise SetupError("Another ops-runtime runs on this state folder.") from None
    return fd

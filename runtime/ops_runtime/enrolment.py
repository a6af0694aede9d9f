"""``configure``: a key is made here, the portal learns its public half, and what it answers is pinned."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ops_runtime import __version__, clock
from ops_runtime.config import OPERATIONS, Config, Limits, State, url_host
from ops_runtime.contact import keys_read
from ops_runtime.errors import OpsError, SetupError
from ops_runtime.files import folder_make, gone
from ops_runtime.journal import Journal
from ops_runtime.machine import apart_require, running_lock
from ops_runtime.orders import contract_of
from ops_runtime.portal import Portal
from ops_runtime.root import Root

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_LEFT_BEHIND = ("journal.jsonl", "contact.json")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says."""

    institution_id: str
    engine_base_url: str
    root_dir: Path
    name: str
    operations: tuple[str, ...] = OPERATIONS
    ca_file: str = ""
    allow_insecure_http: bool = False
    is_replacing: bool = False


def runtime_configure(state: State, wish: Wish, token: str) -> Config:
    """Enrol this machine once and write its configuration; the token is neither stored nor told.

    Raises SetupError for whatever does not fit, before the token is used up where that is possible.
    """
    host = _checked(state, wish)
    folder_make(state.folder)
    lock = running_lock(state)  # nobody runs on what is replaced
    try:
        key = Ed25519PrivateKey.generate()
        answer = _enrol(wish, key, token)
        config = _config(answer, wish, host)
        _settle(state, config, key)
    finally:
        os.close(lock)
    return config


def _settle(state: State, config: Config, key: Ed25519PrivateKey) -> None:
    for name in _LEFT_BEHIND:
        _set_aside(state.folder / name)
    state.key_save(key)
    state.config_save(config)
    journal = Journal(state.journal_file)
    journal.append("enrolled", note=config.runtime_id, digest=key.public_key().public_bytes_raw().hex())
    journal.close()


def _checked(state: State, wish: Wish) -> str:
    host = url_host(wish.engine_base_url, allow_insecure=wish.allow_insecure_http)
    if not _UUID.fullmatch(wish.institution_id):
        raise SetupError("--institution-id is a UUID in lower case.")
    if unknown := set(wish.operations) - set(OPERATIONS):
        raise SetupError(f"--allow: unknown operations {', '.join(sorted(unknown))}.")
    if state.config_file.exists() and not wish.is_replacing:
        raise SetupError("This machine is configured already: --replace gives it a new key and a new identity.")
    apart_require(wish.root_dir, state.folder)
    Root(wish.root_dir).close()
    return host


def _enrol(wish: Wish, key: Ed25519PrivateKey, token: str) -> dict[str, object]:
    body = {
        "public_key": key.public_key().public_bytes_raw().hex(),
        "name": wish.name[:80],
        "version": __version__,
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}"[:80],
    }
    try:
        with Portal(wish.engine_base_url, ca_file=wish.ca_file) as portal:
            return portal.call("enrol", body, token=token)
    except OpsError as error:
        raise SetupError(f"The enrolment did not work: {error.message}") from None


def _config(answer: dict[str, object], wish: Wish, host: str) -> Config:
    if answer.get("institution_id") != wish.institution_id:
        raise SetupError("The portal answers for another institution than --institution-id says: not configured.")
    server_time = answer.get("server_time")
    if not isinstance(server_time, int) or abs(server_time - clock.now()) > clock.SKEW_SECONDS:
        raise SetupError(
            "This machine's clock and the portal's are more than a minute apart: set it, and get a new token."
        )
    keys = keys_read(answer.get("order_keys"))
    contract = str(answer.get("contract") or "")
    lease, beat = answer.get("lease_seconds"), answer.get("heartbeat_seconds")
    is_sound = keys and _UUID.fullmatch(str(answer.get("runtime_id"))) and (not contract or contract_of(contract))
    if not is_sound or not isinstance(lease, int) or not isinstance(beat, int) or min(lease, beat) < 1:
        raise SetupError("The portal's answer is not an enrolment.")
    return Config(
        runtime_id=str(answer["runtime_id"]),
        institution_id=wish.institution_id,
        department=str(answer.get("department") or ""),
        contract=contract,
        bundle=str(answer.get("bundle") or ""),
        name=wish.name,
        engine_base_url=wish.engine_base_url.rstrip("/"),
        root_dir=str(wish.root_dir.resolve()),
        order_keys=tuple(sorted(keys.items())),
        lease_seconds=lease,
        heartbeat_seconds=beat,
        ca_file=wish.ca_file,
        allow_insecure_http=wish.allow_insecure_http,
        limits=Limits(operations=wish.operations, portal_host=host),
    )


def _set_aside(path: Path) -> None:
    """Keep the old identity's file under another name."""
    if path.exists():
        path.rename(path.with_name(f"{path.name}.{clock.now()}"))
    gone(path)

"""What this machine was told at its set-up, and the limits that no portal can widen."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ops_runtime.errors import SetupError
from ops_runtime.files import folder_make, json_read, json_write, write_atomic

OPERATIONS = (
    *("files.list", "files.scan", "files.suggest", "files.read", "files.stat", "files.hash", "files.search"),
    *("files.plan.create", "files.plan.get", "files.plan.apply", "archive.create"),
    *("files.rename", "files.move", "files.delete"),
)
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What is never exceeded, whatever an order says."""

    operations: tuple[str, ...] = OPERATIONS
    items: int = 200
    hash_bytes: int = 4096 * MEBIBYTE
    archive_bytes: int = 4096 * MEBIBYTE
    trash_days: int = 30
    allow_hard_links: bool = False
    portal_host: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """The file ``config.json``; it holds nothing secret."""

    runtime_id: str
    institution_id: str
    department: str
    contract: str
    bundle: str
    name: str
    engine_base_url: str
    root_dir: str
    order_keys: tuple[tuple[str, str], ...]
    lease_seconds: int
    heartbeat_seconds: int
    poll_seconds: int = 5
    ca_file: str = ""
    allow_insecure_http: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def keys(self) -> Mapping[str, Ed25519PublicKey]:
        """The keys whose orders are believed, by their ids."""
        return {kid: Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)) for kid, public in self.order_keys}


@dataclass(frozen=True, slots=True)
class State:
    """The folder in which all of this lives, mode 0700."""

    folder: Path

    @classmethod
    def default(cls) -> "State":
        """Return the place named by the environment, or the usual one."""
        if named := os.environ.get("OPS_RUNTIME_STATE_DIR"):
            return cls(Path(named))
        base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(base) / "ops-runtime")

    def child(self, name: str) -> Path:
        """Return a folder in it, made if need be."""
        return folder_make(self.folder / name)

    @property
    def config_file(self) -> Path:
        """Where the configuration is."""
        return self.folder / "config.json"

    @property
    def key_file(self) -> Path:
        """Where the private key is, and nowhere else."""
        return self.folder / "key.pem"

    @property
    def journal_file(self) -> Path:
        """Where the journal is."""
        return self.folder / "journal.jsonl"

    def config_save(self, config: Config) -> None:
        """Write the configuration, mode 0600."""
        json_write(self.config_file, asdict(config))

    def config_load(self) -> Config:
        """Read the configuration; raise SetupError when there is none, or it is damaged, or its limits contradict it."""
        try:
            found = json_read(self.config_file)
        except ValueError as error:
            raise SetupError(f"{self.config_file} is damaged: {error}.") from None
        if found is None:
            raise SetupError("This machine is not configured: run ops-runtime configure.")
        config = config_read(found)
        if url_host(config.engine_base_url, allow_insecure=config.allow_insecure_http) != config.limits.portal_host:
            raise SetupError("engine_base_url names another host than limits.portal_host allows.")
        return config

    def key_save(self, key: Ed25519PrivateKey) -> None:
        """Write the private key, mode 0600."""
        write_atomic(self.key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def key_load(self) -> Ed25519PrivateKey:
        """Read the private key; raise SetupError when others could read it too."""
        try:
            if self.key_file.stat().st_mode & 0o077:
                raise SetupError(f"{self.key_file} is readable by others: chmod 600 it, or configure again.")
            key = load_pem_private_key(self.key_file.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise SetupError(f"{self.key_file} cannot be read: {error}.") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise SetupError(f"{self.key_file} holds no Ed25519 key.")
        return key


def config_read(found: Mapping[str, object]) -> Config:
    """Return the configuration in a JSON object; raise SetupError for a member too many, too few or of a wrong type."""
    given = dict(found)
    limits = given.pop("limits", {})
    keys = given.pop("order_keys", ())
    if not isinstance(limits, dict) or not isinstance(keys, list | tuple):
        raise SetupError("config.json: limits is an object and order_keys a list.")
    operations = limits.get("operations", OPERATIONS)
    try:
        config = Config(
            **given,  # type: ignore[arg-type]  # checked just below
            order_keys=tuple((str(kid), str(public)) for kid, public in keys),
            limits=Limits(**{**limits, "operations": tuple(operations)}),
        )
        _types_require(config)
        _types_require(config.limits)
        operations_require(config.limits.operations)
        config.keys  # noqa: B018  (raises for what is no key)
    except (TypeError, ValueError) as error:
        raise SetupError(f"config.json: {error}.") from None
    return config


def operations_require(operations: tuple[str, ...]) -> None:
    """Raise ValueError when a name is not one of ours."""
    if unknown := set(operations) - set(OPERATIONS):
        raise ValueError(f"unknown operations {', '.join(sorted(unknown))}")


def url_host(url: str, *, allow_insecure: bool) -> str:
    """Return ``host[:port]`` of a base URL; raise SetupError when it is not one, or not encrypted beyond this machine."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise SetupError("The base URL has the form https://host[:port][/path].")
    if parts.scheme == "http" and not allow_insecure and not _is_loopback(parts.hostname):
        raise SetupError(
            "http:// is taken for this very machine only; use https://, or --insecure-http in a laboratory."
        )
    return parts.netloc


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _types_require(value: Config | Limits) -> None:
    for one in fields(value):
        found, kind = getattr(value, one.name), one.type
        if kind in {str, int, bool} and type(found) is not kind:
            raise ValueError(f"{one.name} is not of its type")
        if kind is int and int(found) < 1:
            raise ValueError(f"{one.name} is not as it must be")

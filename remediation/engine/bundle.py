"""A compiled contract, verified against its manifest and prepared once for many decisions."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from remediation.engine.expressions import ExpressionError
from remediation.engine.operations import PartError, operations_prepare
from remediation.engine.order import GATE_ORDER
from remediation.engine.parts import UNDECLARED, Operation

MANIFEST = "bundle.manifest.json"
READ = (
    "operations.json",
    "rbac.json",
    "policies.json",
    "mandates.json",
    "autonomy.json",
    "approvals.json",
    "sod.json",
    "invariants.json",
)


class BundleError(ValueError):
    """The artifacts are no bundle: a stable code and what was wrong where. The answer to it is the safe mode."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Bundle:
    """The rules of one contract; ``digest`` is the SHA-256 of its manifest. Keep it by its digest: loading costs more than asking."""

    digest: str
    contract: str
    name: str
    version: str
    department: str
    current_level: int
    _operations: Mapping[str, Operation] = field(repr=False)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All declared operations in the order of the contract."""
        return tuple(self._operations.values())

    def operation(self, name: str) -> Operation | None:
        """Return the declared operation, None when the contract has none of that name."""
        return self._operations.get(name)

    def governing(self, name: str) -> Operation:
        """Return the declared operation, else one that no rule covers and every gate refuses."""
        return self._operations.get(name, UNDECLARED)


def bundle_load(artifacts: Mapping[str, str]) -> Bundle:
    """Verify every hash and prepare the bundle; raise BundleError."""
    manifest = _manifest_read(artifacts)
    _hashes_verify(artifacts, manifest["contracts"])
    parts = {name: _json_read(artifacts, name) for name in READ}
    try:
        return Bundle(
            digest=_hash(artifacts[MANIFEST]),
            contract=_text(parts["operations.json"]["contract"]),
            name=_text(manifest["name"]),
            version=_text(manifest["version"]),
            department=_text(parts["operations.json"]["department"]),
            current_level=int(parts["autonomy.json"]["current_level"]),
            _operations=operations_prepare(parts),
        )
    except (PartError, ExpressionError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError("BUNDLE_CONTRACT_INVALID_JSON", f"not of the form that is read: {error!r}") from error


def _manifest_read(artifacts: Mapping[str, str]) -> dict[str, Any]:
    if MANIFEST not in artifacts:
        raise BundleError("BUNDLE_MANIFEST_MISSING", f"there is no {MANIFEST}")
    code = "BUNDLE_MANIFEST_INVALID_JSON"
    try:
        manifest = json.loads(artifacts[MANIFEST])
    except (ValueError, RecursionError) as error:
        raise BundleError(code, str(error)) from error
    if not isinstance(manifest, dict) or not {"contracts", "name", "version"} <= manifest.keys():
        raise BundleError(code, "contracts, name or version is missing")
    entries = manifest["contracts"]
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        raise BundleError(code, "contracts is not a list of file, required, sha256")
    if tuple(manifest.get("gate_order", GATE_ORDER)) != GATE_ORDER:
        raise BundleError(code, "gate_order is not the order of this engine")
    return manifest


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("file"), str)
        and isinstance(entry.get("sha256"), str)
        and isinstance(entry.get("required"), bool)
    )


def _hashes_verify(artifacts: Mapping[str, str], entries: list[dict[str, Any]]) -> None:
    listed = {entry["file"]: entry for entry in entries}
    for name in READ:
        if name not in listed:
            raise BundleError("BUNDLE_CONTRACT_MISSING", f"the manifest does not list {name}")
    for name, entry in listed.items():
        if name not in artifacts:
            if entry["required"] or name in READ:
                raise BundleError("BUNDLE_CONTRACT_MISSING", f"there is no {name}")
        elif _hash(artifacts[name]) != entry["sha256"]:
            raise BundleError("BUNDLE_CONTRACT_HASH_MISMATCH", f"{name} is not what the manifest says")
    strangers = artifacts.keys() - listed.keys() - {MANIFEST}
    if strangers:
        raise BundleError("BUNDLE_CONTRACT_HASH_MISMATCH", f"the manifest does not list {min(strangers)}")


def _json_read(artifacts: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        value = json.loads(artifacts[name])
    except (ValueError, RecursionError) as error:
        raise BundleError("BUNDLE_CONTRACT_INVALID_JSON", f"{name}: {error}") from error
    if not isinstance(value, dict):
        raise BundleError("BUNDLE_CONTRACT_INVALID_JSON", f"{name} is not an object")
    return value


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value

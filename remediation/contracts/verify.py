"""Whether the texts of a bundle are the ones that its manifest names."""

import hashlib
import json
from collections.abc import Mapping

from remediation.contracts.names import LISTED, MANIFEST


def artifacts_verify(artifacts: Mapping[str, str]) -> str | None:
    """Return the code of what is wrong with a bundle, None when nothing is.

    BUNDLE_MANIFEST_MISSING, BUNDLE_MANIFEST_INVALID_JSON, BUNDLE_CONTRACT_MISSING (a text, or its line in the
    manifest), BUNDLE_CONTRACT_HASH_MISMATCH (also for a text that the manifest does not name),
    BUNDLE_CONTRACT_INVALID_JSON. That the manifest itself is the released one is for the caller to compare by its digest.
    """
    if MANIFEST not in artifacts:
        return "BUNDLE_MANIFEST_MISSING"
    hashes = _hashes(artifacts[MANIFEST])
    if hashes is None:
        return "BUNDLE_MANIFEST_INVALID_JSON"
    names = artifacts.keys() - {MANIFEST}
    if hashes.keys() - names or set(LISTED) - hashes.keys():
        return "BUNDLE_CONTRACT_MISSING"
    for name in sorted(names):
        if hashlib.sha256(artifacts[name].encode(errors="replace")).hexdigest() != hashes.get(name):
            return "BUNDLE_CONTRACT_HASH_MISMATCH"
    broken = any(_object(artifacts[name]) is None for name in names if name.endswith(".json"))
    return "BUNDLE_CONTRACT_INVALID_JSON" if broken else None


def _object(text: str) -> dict[str, object] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _hashes(text: str) -> dict[str, str] | None:
    """Return file name to hash, None when the manifest has another form or a name twice."""
    entries = (_object(text) or {}).get("contracts")
    if not isinstance(entries, list):
        return None
    hashes: dict[str, str] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            return None
        name, value = entry.get("file"), entry.get("sha256")
        if not isinstance(name, str) or not isinstance(value, str) or name in hashes:
            return None
        hashes[name] = value
    return hashes

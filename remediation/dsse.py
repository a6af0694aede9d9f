"""DSSE envelopes: exact bytes, a type bound to them, one Ed25519 signature.

The format is that of https://github.com/secure-systems-lab/dsse (protocol.md, version 1.0.0).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ORDER = "application/vnd.opsportal.job+json;v=1"
RESULT = "application/vnd.opsportal.result+json;v=1"


class EnvelopeError(ValueError):
    """The envelope is not well formed, not of the type, or not signed by whom it must be."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a verified envelope held."""

    payload: bytes
    keyid: str


def envelope_sign(payload: bytes, *, kind: str, key: Ed25519PrivateKey, keyid: str) -> str:
    """Return the envelope of ``payload``, signed, as JSON text."""
    signature = key.sign(_pae(kind, payload))
    return json.dumps(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": kind,
            "signatures": [{"keyid": keyid, "sig": base64.b64encode(signature).decode()}],
        },
        separators=(",", ":"),
    )


def envelope_open(envelope: Mapping[str, Any], *, kind: str, keyid: str, public: bytes) -> Opened:
    """Return the payload of an envelope that ``public`` signed as ``keyid``; raise EnvelopeError for any other."""
    signatures = envelope.get("signatures")
    if set(envelope) != {"payload", "payloadType", "signatures"} or envelope["payloadType"] != kind:
        raise EnvelopeError(f"not an envelope of {kind}")
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
        raise EnvelopeError("an envelope has exactly one signature")
    if signatures[0].get("keyid") != keyid:
        raise EnvelopeError("signed with another key than is known here")
    payload = _base64(envelope["payload"])
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(_base64(signatures[0].get("sig")), _pae(kind, payload))
    except (InvalidSignature, ValueError):
        raise EnvelopeError("the signature does not fit the payload") from None
    return Opened(payload, keyid)


def _pae(kind: str, body: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)


def _base64(text: object) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "*", validate=True)
    except binascii.Error:
        raise EnvelopeError("not base64") from None

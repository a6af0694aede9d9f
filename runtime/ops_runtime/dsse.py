"""DSSE envelopes with exactly one pure Ed25519 signature (https://github.com/secure-systems-lab/dsse)."""

import base64
import binascii
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ops_runtime.errors import RefusedError

ORDER_TYPE = "application/vnd.opsportal.job+json;v=1"
RESULT_TYPE = "application/vnd.opsportal.result+json;v=1"


def pre_authentication(kind: str, body: bytes) -> bytes:
    """Return the bytes that are signed for ``body`` of type ``kind``."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(body), body)


def envelope_sign(key: Ed25519PrivateKey, keyid: str, kind: str, body: bytes) -> dict[str, object]:
    """Return the envelope around ``body``."""
    signature = key.sign(pre_authentication(kind, body))
    return {
        "payload": base64.b64encode(body).decode(),
        "payloadType": kind,
        "signatures": [{"keyid": keyid, "sig": base64.b64encode(signature).decode()}],
    }


def envelope_payload(envelope: object) -> bytes:
    """Return the payload without any check of who wrote it; raise RefusedError when there is none."""
    payload = envelope.get("payload") if isinstance(envelope, dict) else None
    return _decode(payload, "the payload")


def envelope_open(envelope: object, kind: str, keys: Mapping[str, Ed25519PublicKey]) -> bytes:
    """Return the payload of an envelope that one of ``keys`` signed; raise RefusedError for every other one."""
    if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
        raise RefusedError("ENVELOPE_INVALID", "The envelope does not have the three members of DSSE.")
    if envelope["payloadType"] != kind:
        raise RefusedError("PAYLOAD_TYPE", "The envelope holds something else than an order.")
    signatures = envelope["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise RefusedError("SIGNATURE_COUNT", "The envelope does not have exactly one signature.")
    body = envelope_payload(envelope)
    _signature_require(signatures[0], kind, body, keys)
    return body


def _signature_require(entry: object, kind: str, body: bytes, keys: Mapping[str, Ed25519PublicKey]) -> None:
    if not isinstance(entry, dict) or set(entry) != {"keyid", "sig"}:
        raise RefusedError("ENVELOPE_INVALID", "The signature does not have its two members.")
    key = keys.get(entry["keyid"]) if isinstance(entry["keyid"], str) else None
    if key is None:
        raise RefusedError("KEY_UNKNOWN", "The order is signed with a key that this machine does not trust.")
    try:
        key.verify(_decode(entry["sig"], "the signature"), pre_authentication(kind, body))
    except InvalidSignature:
        raise RefusedError("SIGNATURE_INVALID", "The signature does not fit the order.") from None


def _decode(text: object, what: str) -> bytes:
    try:
        if isinstance(text, str):
            return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise RefusedError("ENVELOPE_INVALID", f"The envelope is damaged: {what} is not base64.")

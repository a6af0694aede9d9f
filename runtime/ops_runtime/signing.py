"""Requests signed by RFC 9421, so that the portal knows this machine by its key and takes each request once."""

import secrets
from datetime import UTC, datetime, timedelta

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import ED25519

from ops_runtime import clock

TAG = "opsportal-runtime"
LIFETIME = timedelta(seconds=60)
COMPONENTS = ("@method", "@target-uri", "content-digest")


class _Message:
    """What the library looks at: its URL has to be text."""

    def __init__(self, request: httpx.Request) -> None:
        self.method = request.method
        self.url = str(request.url)
        self.headers = request.headers


def request_sign(request: httpx.Request, key: Ed25519PrivateKey, keyid: str) -> None:
    """Add Content-Digest, Signature-Input and Signature to a request whose body is ready."""
    signer = HTTPMessageSigner(
        signature_algorithm=ED25519, key_resolver=MappingKeyResolver(public_keys={}, private_keys={keyid: key})
    )
    created = datetime.fromtimestamp(clock.now(), UTC)
    body = request.content
    signer.sign(
        _Message(request),
        key_id=keyid,
        created=created,
        expires=created + LIFETIME,
        nonce=secrets.token_hex(16),
        tag=TAG,
        label="sig",
        covered_component_ids=COMPONENTS if body else COMPONENTS[:2],
        body=body or None,
    )

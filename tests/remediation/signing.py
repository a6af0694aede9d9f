"""Requests signed as a runtime signs them."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.utils import timezone
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from tests.api.callers import Answer
from tests.remediation.factories import FakeRuntime

ORIGIN = "http://testserver"
BASE = "/api/v1/runtime/"


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self.key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return self.key


@dataclass
class _Request:
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Signer:
    """Signs and posts for one runtime; every part of a signature can be spoiled."""

    runtime: FakeRuntime
    key: Ed25519PrivateKey | None = None

    def post(self, path: str, body: object = None, **spoiled: Any) -> Answer:
        """Return what a signed POST to ``path`` below ``/api/v1/runtime/`` answers."""
        headers, text = self.signed(path, body, **spoiled)
        return self.send(path, text, headers)

    def signed(
        self,
        path: str,
        body: object = None,
        *,
        created: datetime | None = None,
        nonce: str | None = None,
        tag: str = "opsportal-runtime",
        keyid: str | None = None,
        components: tuple[str, ...] = ("@method", "@target-uri"),
        url: str = "",
    ) -> tuple[dict[str, str], bytes]:
        """Return the headers of a signed request and its body."""
        text = b"" if body is None else json.dumps(body).encode()
        request = _Request("POST", url or f"{ORIGIN}{BASE}{path}", {"Content-Type": "application/json"})
        at = created or timezone.now()
        HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Key(self.key or self.runtime.key)).sign(
            request,
            key_id=keyid or str(self.runtime.row.code),
            created=at,
            expires=at + timedelta(seconds=60),
            nonce=nonce or secrets.token_hex(16),
            tag=tag,
            covered_component_ids=components,
            body=text or None,
        )
        return request.headers, text

    def send(self, path: str, text: bytes, headers: dict[str, str]) -> Answer:
        """Return what the request answers, as it is."""
        sent = {name: value for name, value in headers.items() if name != "Content-Type"}
        return Answer(Client().generic("POST", BASE + path, text, "application/json", headers=sent))

"""The portal as it is seen from here: eight calls over HTTPS. What it says is data, and never more than that."""

import ssl
from collections.abc import Mapping
from types import TracebackType

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ops_runtime import __version__
from ops_runtime.canonical import parse_object, transport_bytes
from ops_runtime.errors import RejectedError, UnreachableError
from ops_runtime.signing import request_sign

ANSWER_MAX = 8 * 1024 * 1024
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
PREFIX = "/api/v1/runtime/"


class Portal:
    """A connection to one portal. Certificates are verified, redirects are not followed, no proxy is guessed."""

    def __init__(
        self, base_url: str, *, ca_file: str = "", key: Ed25519PrivateKey | None = None, keyid: str = ""
    ) -> None:
        self._base = base_url.rstrip("/") + PREFIX
        self._key, self._keyid = key, keyid
        self._client = httpx.Client(
            verify=ssl.create_default_context(cafile=ca_file) if ca_file else True,
            follow_redirects=False,
            trust_env=False,
            timeout=TIMEOUT,
            headers={"User-Agent": f"ops-runtime/{__version__}", "Accept": "application/json"},
        )

    def __enter__(self) -> "Portal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def call(self, path: str, body: Mapping[str, object], *, token: str = "") -> dict[str, object]:
        """Return the answer to a POST; raise RejectedError for a no, UnreachableError for everything that may pass."""
        headers = {"Content-Type": "application/json"} | ({"X-Actor-Token": token} if token else {})
        request = self._client.build_request("POST", self._base + path, content=transport_bytes(body), headers=headers)
        if self._key is not None:
            request_sign(request, self._key, self._keyid)
        try:
            response = self._client.send(request, stream=True)
            try:
                answer = _read(response)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise UnreachableError(f"The portal does not answer: {type(error).__name__}.") from None
        return _judge(response, answer)


def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > ANSWER_MAX:
            raise UnreachableError("The portal's answer is too large.")
    return bytes(body)


def _judge(response: httpx.Response, body: bytes) -> dict[str, object]:
    status = response.status_code
    if status >= 500 or status in {408, 425, 429}:
        raise UnreachableError(f"The portal answers {status}.", _retry_seconds(response))
    if 300 <= status < 400:
        raise RejectedError(status, "REDIRECT", "The portal wants to send us elsewhere; that is not followed.")
    try:
        answer = parse_object(body, any_keys=True)
    except ValueError:
        answer = None
    if 200 <= status < 300:
        if answer is None:
            raise UnreachableError("The portal's answer is not JSON of our profile.")
        return answer
    code = answer.get("code") if answer else None
    raise RejectedError(
        status, str(code or f"HTTP_{status}"), f"The portal answers {status} {code or ''}".rstrip() + "."
    )


def _retry_seconds(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(min(int(text), 600)) if text.isascii() and text.isdigit() and len(text) < 6 else None

"""A small portal over real sockets: it verifies signatures, leases jobs, and can be told to misbehave."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, MappingKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException

ORDER = "application/vnd.opsportal.job+json;v=1"
RESULT = "application/vnd.opsportal.result+json;v=1"
Fault = Callable[["_Handler", str], bool]
"""Called before a request is answered; true when it has dealt with it (or dropped the connection)."""


def canonical(value: object) -> bytes:
    """Canonical JSON, made here a second time so that the runtime's own is held against something."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def pae(kind: str, body: bytes) -> bytes:
    """What DSSE signs."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)


@dataclass
class Job:
    """A job as the portal has it."""

    id: str
    envelope: dict[str, Any]
    status: str = "enqueued"
    results: list[dict[str, Any]] = field(default_factory=list)
    output: str = ""


class FakePortal:
    """Start it, enrol with ``token``, put orders in, read results."""

    def __init__(self) -> None:
        self.institution, self.runtime_id, self.token = str(uuid4()), str(uuid4()), secrets.token_urlsafe(20)
        self.department, self.contract, self.bundle = "personal_ops", "personal_ops@v1.0.0", "ab" * 32
        self.key, self.kid = Ed25519PrivateKey.generate(), "order-1"
        self.order_keys = {self.kid: self.key}
        self.lease_seconds, self.heartbeat_seconds = 60, 30
        self.clock_offset, self.is_stopped, self.is_leasing = 0, False, True
        self.public = ""
        self.jobs: dict[str, Job] = {}
        self.queue: list[dict[str, Any]] = []
        self.journal: list[str] = []
        self.beats: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.nonces: set[str] = set()
        self.faults: list[Fault] = []
        self.signature_errors: list[str] = []
        self.lock = threading.RLock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"portal": self}))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    # What the portal orders.

    def payload(self, operation: str, params: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """Return the payload of a dry-run order."""
        now = int(time.time())
        return {
            "approval": None,
            "approved_by": [],
            "bundle": self.bundle,
            "contract": self.contract,
            "department": self.department,
            "expires_at": now + 600,
            "institution": self.institution,
            "job": str(uuid4()),
            "mode": "dry_run",
            "nonce": secrets.token_hex(16),
            "not_before": now,
            "operation": operation,
            "params": params,
            "plan": "",
            "plan_digest": "",
            "proposal": str(uuid4()),
            "requested_by": "somebody",
            "runtime": self.runtime_id,
            "v": 1,
        } | changes

    def sealed(self, payload: Mapping[str, Any], diff: list[Any], states: list[Any], **changes: Any) -> dict[str, Any]:
        """Return the payload of the executing order for what a dry-run has found."""
        same = ("bundle", "contract", "department", "institution", "operation", "params", "proposal")
        plan = {name: payload[name] for name in same} | {
            "diff": diff,
            "preconditions": states,
            "expires_at": payload["expires_at"],
            "nonce": secrets.token_hex(16),
            "target": payload["runtime"],
            "v": 1,
        }
        text = canonical(plan | changes).decode()
        return dict(payload) | {
            "mode": "execute",
            "job": payload["proposal"],
            "nonce": secrets.token_hex(16),
            "plan": text,
            "plan_digest": hashlib.sha256(text.encode()).hexdigest(),
            "approval": str(uuid4()),
        }

    def envelope(self, payload: Mapping[str, Any] | bytes, **changes: Any) -> dict[str, Any]:
        """Sign a payload as an order."""
        body = payload if isinstance(payload, bytes) else canonical(payload)
        kind = changes.pop("signed_type", ORDER)
        key, kid = changes.pop("key", self.key), changes.pop("kid", self.kid)
        return {
            "payload": base64.b64encode(body).decode(),
            "payloadType": ORDER,
            "signatures": [{"keyid": kid, "sig": base64.b64encode(key.sign(pae(kind, body))).decode()}],
        } | changes

    def put(self, payload: Mapping[str, Any], envelope: dict[str, Any] | None = None) -> Job:
        """Queue an order."""
        envelope = envelope or self.envelope(payload)
        with self.lock:
            job = self.jobs.setdefault(payload["job"], Job(payload["job"], envelope))
            self.queue.append(envelope)
        return job

    def result(self, job: Job) -> dict[str, Any]:
        """Return the payload of the one result of a job, its signature verified."""
        (envelope,) = job.results
        return self.opened(envelope)

    def opened(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """Verify a result and return its payload."""
        body = base64.b64decode(envelope["payload"])
        (signature,) = envelope["signatures"]
        assert envelope["payloadType"] == RESULT
        assert signature["keyid"] == self.runtime_id
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public))
        public.verify(base64.b64decode(signature["sig"]), pae(RESULT, body))
        payload: dict[str, Any] = json.loads(body)
        assert canonical(payload) == body
        assert payload["result_sha256"] == hashlib.sha256(canonical(payload["result"])).hexdigest()
        return payload

    # What it answers.

    def answer(self, path: str, body: dict[str, Any], token: str) -> tuple[int, dict[str, Any]]:
        """Return status and body for one call; the caller has verified the signature."""
        with self.lock:
            self.calls.append(path)
            if path.startswith("jobs/") and path != "jobs/claim":
                _, job, verb = path.split("/")
                return self._job(job, verb, body)
            return getattr(self, "_" + path.replace("jobs/", ""))(body, token)  # type: ignore[no-any-return]

    def _enrol(self, body: dict[str, Any], token: str) -> tuple[int, dict[str, Any]]:
        if token != self.token:
            return 401, {"code": "TOKEN_INVALID"}
        self.token, self.public = "", body["public_key"]
        return 201, {
            "runtime_id": self.runtime_id,
            "institution_id": self.institution,
            "department": self.department,
            "order_keys": self._keys(),
            "lease_seconds": self.lease_seconds,
            "heartbeat_seconds": self.heartbeat_seconds,
            "contract": self.contract,
            "bundle": self.bundle,
            "server_time": int(time.time()) + self.clock_offset,
        }

    def _heartbeat(self, body: dict[str, Any], _token: str) -> tuple[int, dict[str, Any]]:
        self.beats.append(body)
        now = int(time.time()) + self.clock_offset
        return 200, {
            "server_time": now,
            "order_keys": self._keys(),
            "checkpoint": "",
            "is_stopped": self.is_stopped,
        }

    def _keys(self) -> list[dict[str, str]]:
        keys = self.order_keys.items()
        return [{"kid": kid, "public": key.public_key().public_bytes_raw().hex()} for kid, key in keys]

    def _claim(self, body: dict[str, Any], _token: str) -> tuple[int, dict[str, Any]]:
        taken, self.queue = self.queue[: body["limit"]], self.queue[body["limit"] :]
        return 200, {"orders": taken}

    def _journal(self, body: dict[str, Any], _token: str) -> tuple[int, dict[str, Any]]:
        for number, line in enumerate(body["lines"], body["from_seq"]):
            if number > len(self.journal):
                assert number == len(self.journal) + 1
                self.journal.append(line)
            assert self.journal[number - 1] == line
        return 200, {"seq": len(self.journal)}

    def _job(self, job_id: str, verb: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        job = self.jobs.get(job_id)
        if job is None:
            return 404, {"code": "NOT_FOUND"}
        if verb in {"start", "renew"}:
            if not self.is_leasing:
                return 409, {"code": "LEASE_LOST"}
            return 200, {"lease_expires_at": int(time.time()) + self.lease_seconds}
        if verb == "output":
            if body["offset"] == len(job.output):
                job.output += body["text"]
            return 200, {"offset": len(job.output)}
        if job.results:
            return (200, {"recorded": False}) if body in job.results else (409, {"code": "RESULT_CONTRADICTS"})
        job.results.append(body)
        return 200, {"recorded": True}

    def verify(self, handler: "_Handler", body: bytes) -> bool:
        """Verify a request's RFC 9421 signature as the real portal does."""
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public))
        resolver = MappingKeyResolver(public_keys={self.runtime_id: public}, private_keys={})
        verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
        try:
            (result,) = verifier.verify(
                handler.message(),
                max_age=timedelta(seconds=60),
                expect_tag="opsportal-runtime",
                require_components=("@method", "@target-uri", "content-digest"),
                body=body,
            )
        except (HTTPMessageSignaturesException, KeyError, ValueError) as error:
            self.signature_errors.append(str(error))
            return False
        assert set(result.parameters) == {"alg", "created", "expires", "keyid", "nonce", "tag"}
        with self.lock:
            is_new = result.nonce not in self.nonces
            self.nonces.add(str(result.nonce))
        return is_new


@dataclass
class _Message:
    method: str
    url: str
    headers: dict[str, str]


class _Handler(BaseHTTPRequestHandler):
    portal: FakePortal
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.removeprefix("/api/v1/runtime/")
        with self.portal.lock:
            faults = list(self.portal.faults)
        if any(fault(self, path) for fault in faults):
            return
        if path != "enrol" and not self.portal.verify(self, body):
            self.reply(401, {"code": "SIGNATURE_INVALID"})
            return
        self.reply(*self.portal.answer(path, json.loads(body), self.headers.get("X-Actor-Token", "")))

    def message(self) -> _Message:
        """The request as the library wants it."""
        return _Message("POST", f"http://{self.headers['Host']}{self.path}", dict(self.headers.items()))

    def reply(self, status: int, body: dict[str, Any], **headers: str) -> None:
        """Answer with JSON."""
        raw = canonical(body)
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

"""Who a runtime's request is from: RFC 9421 signatures with the runtime's own key, each taken once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from opsportal.core.errors import NotAuthenticatedError
from opsportal.core.scope import every_institution, institution_scope
from remediation.models import Runtime, SeenNonce

TAG = "opsportal-runtime"
WINDOW = timedelta(seconds=60)
NONCE_MAX = 64
_REFUSED = "The request is not signed by a runtime of this portal."


@dataclass(frozen=True, slots=True)
class _Message:
    method: str
    url: str
    headers: Mapping[str, str]


class _Keys(HTTPSignatureKeyResolver):
    """Finds the public key that the signature names, and remembers whose it is."""

    runtime: Runtime | None = None

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        """Return the key of the active runtime ``key_id``; raise KeyError when there is none."""
        try:
            code = UUID(key_id)
        except ValueError:
            raise KeyError(key_id) from None
        with every_institution():
            rows = Runtime.objects.select_related("department", "institution")
            self.runtime = rows.filter(code=code, status=Runtime.Status.ACTIVE).first()
        if self.runtime is None:
            raise KeyError(key_id)
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.runtime.public_key))

    def resolve_private_key(self, key_id: str) -> bytes:
        """Refuse: the portal holds no key of a runtime."""
        raise KeyError(key_id)


def runtime_of_request(request: HttpRequest) -> Runtime:
    """Return the runtime that signed the request; its nonce is used up by that.

    Raises NotAuthenticatedError, in the same words for every reason but a clock that is wrong, since only that can
    be mended by whoever holds the key.
    """
    keys, body = _Keys(), request.body
    message = _Message(str(request.method), request.build_absolute_uri(), dict(request.headers))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    try:
        (result,) = verifier.verify(
            message,
            max_age=WINDOW,
            expect_tag=TAG,
            require_components=("@method", "@target-uri", *(("content-digest",) if body else ())),
            body=body,
        )
    except (HTTPMessageSignaturesException, KeyError, ValueError):
        raise NotAuthenticatedError(_REFUSED, code="SIGNATURE_INVALID") from None
    _age_check(result.parameters.get("created"))
    nonce = result.nonce or ""
    if keys.runtime is None or not 16 <= len(nonce) <= NONCE_MAX:
        raise NotAuthenticatedError(_REFUSED, code="SIGNATURE_INVALID")
    _nonce_use(keys.runtime, nonce)
    return keys.runtime


def _age_check(created: object) -> None:
    now = timezone.now().timestamp()
    if not isinstance(created, int) or abs(now - created) > WINDOW.total_seconds():
        seconds = int(now - created) if isinstance(created, int) else 0
        raise NotAuthenticatedError(
            f"The request was signed {seconds} seconds ago: set the machine's clock.", code="SIGNATURE_TOO_OLD"
        )


def _nonce_use(runtime: Runtime, nonce: str, at: datetime | None = None) -> None:
    try:
        with institution_scope(runtime.institution_id), transaction.atomic():
            SeenNonce.objects.create(
                institution_id=runtime.institution_id, runtime=runtime, nonce=nonce, seen_at=at or timezone.now()
            )
    except IntegrityError:
        raise NotAuthenticatedError("This request was taken before.", code="NONCE_REPLAYED") from None

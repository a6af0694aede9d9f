"""API tokens as text: ``ops_<key id>_<secret>_<checksum>``.

The prefix and the CRC-32 let a secret scanner recognise a leaked token without asking us. The secret
has 256 bits, so one round of SHA-256 is all that storing it needs.
"""

import hmac
import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from django.utils import timezone

from opsportal.core.errors import NotAuthenticatedError
from opsportal.core.scope import institution_scope
from opsportal.institutions.models import ApiToken
from opsportal.institutions.selectors import Access, access_of_token

ALPHABET = string.digits + string.ascii_letters
KEY_ID_LENGTH, SECRET_LENGTH, CHECK_LENGTH = 8, 43, 6  # 43 base-62 digits: 256 bits
USED_RESOLUTION = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token taken apart. ``repr`` keeps the secret to itself."""

    key_id: str
    digest: str

    @classmethod
    def parse(cls, text: str) -> "TokenText | None":
        """Take ``text`` apart; None when it is not a token of ours or was mistyped."""
        parts = text.split("_")
        if len(parts) != 4 or parts[0] != "ops" or not text.isascii():
            return None
        _, key_id, secret, check = parts
        if (len(key_id), len(secret)) != (KEY_ID_LENGTH, SECRET_LENGTH):
            return None
        if not hmac.compare_digest(check, checksum(f"ops_{key_id}_{secret}")):
            return None
        return cls(key_id=key_id, digest=sha256(text.encode()).hexdigest())


def checksum(text: str) -> str:
    """Return the CRC-32 of ``text`` as six base-62 digits."""
    number, digits = zlib.crc32(text.encode()), ""
    while len(digits) < CHECK_LENGTH:
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def token_text_new() -> str:
    """Return a new token; whoever gets it is the only one who ever sees it."""
    key_id, secret = (
        "".join(secrets.choice(ALPHABET) for _ in range(length)) for length in (KEY_ID_LENGTH, SECRET_LENGTH)
    )
    text = f"ops_{key_id}_{secret}"
    return f"{text}_{checksum(text)}"


def access_by_token(text: str) -> Access:
    """Return what the token ``text`` opens now.

    Raises NotAuthenticatedError with one and the same words when it is unknown, wrong, expired or
    revoked, or when its person or membership is no longer active.
    """
    parsed = TokenText.parse(text)
    access = access_of_token(parsed.key_id) if parsed else None
    # Unknown and wrong take the same path: a stranger cannot tell whether the public part exists.
    stored = access.token.digest if access and access.token else sha256(b"").hexdigest()
    matches = hmac.compare_digest(parsed.digest if parsed else "", stored)
    if access is None or access.token is None or not matches or not _is_usable(access, access.token):
        raise NotAuthenticatedError("The token is not valid.", code="TOKEN_INVALID")
    _used_at_note(access.token)
    return access


def _is_usable(access: Access, token: ApiToken) -> bool:
    is_current = token.revoked_at is None and token.expires_at > timezone.now()
    return is_current and access.member.is_active and access.user.is_active


def _used_at_note(token: ApiToken) -> None:
    """Remember roughly when the token was used: at most one write per hour, not one per request."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= USED_RESOLUTION:
        with institution_scope(token.institution_id):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now.replace(minute=0, second=0, microsecond=0))

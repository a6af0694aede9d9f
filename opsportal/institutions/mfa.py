"""Second factors: what must stay secret is kept encrypted."""

from base64 import urlsafe_b64encode
from functools import cache

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.utils.crypto import salted_hmac


class PortalMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Keeps TOTP secrets and recovery codes encrypted under a key drawn from SECRET_KEY.

    A copy of the database alone opens no second factor. A change of SECRET_KEY makes them worthless: people
    set them up anew.
    """

    def encrypt(self, text: str) -> str:
        """Return what is kept of ``text``."""
        return _cipher(settings.SECRET_KEY).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the text again. Raises InvalidToken when it was kept under another key."""
        return _cipher(settings.SECRET_KEY).decrypt(encrypted_text.encode()).decode()


@cache
def _cipher(secret: str) -> Fernet:
    key = salted_hmac("opsportal.institutions.mfa", b"secret", secret=secret, algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(key))

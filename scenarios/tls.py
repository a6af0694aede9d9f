"""Whom we trust when we connect by TLS: one context per policy, made once, because making one takes 25 ms."""

import os
import ssl
from functools import lru_cache

import certifi

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which the ssl module does not name


def tls_context(ca_file: str | None = None, *, checks_name: bool = True, checks_dates: bool = True) -> ssl.SSLContext:
    """A verifying context: the machine's trust store, or nothing but the certificates in ``ca_file``.

    To trust an appliance with a self-signed certificate, give that certificate as ``ca_file``: its name is still
    checked. Leave the checks on for anything that sends a request; the TLS check makes those itself. Read again when
    the file changes. Raises OSError (which ``ssl.SSLError`` is) when it cannot be read or holds no certificate.
    """
    written = os.stat(ca_file).st_mtime_ns if ca_file else 0
    return _context(ca_file, written, checks_name=checks_name, checks_dates=checks_dates)


@lru_cache(maxsize=256)
def _context(ca_file: str | None, _written: int, *, checks_name: bool, checks_dates: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or _store())
    context.check_hostname = checks_name
    if not checks_dates:
        context.verify_flags |= NO_CHECK_TIME
    return context


def _store() -> str | None:
    """None for the machine's own trust store; Mozilla's, as packaged by certifi, on a machine without one."""
    paths = ssl.get_default_verify_paths()
    has_store = bool(paths.cafile or (paths.capath and any(os.scandir(paths.capath))))
    return None if has_store else certifi.where()


@lru_cache(maxsize=1)
def reading_context() -> ssl.SSLContext:
    """Takes any certificate, so that a bad one can be read and described. Never send anything over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context

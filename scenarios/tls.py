"""Whom we trust when we connect by TLS: one context per policy, made once, because making one takes 25 ms."""

import os
import ssl
from functools import lru_cache

import certifi


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """A verifying context: the machine's trust store, or nothing but the certificates in ``ca_file``.

    To trust an appliance with a self-signed certificate, give that certificate as ``ca_file``: its name is still
    checked. There is no way to turn verification off. Read again when the file changes. Raises OSError (which
    ``ssl.SSLError`` is) when the file cannot be read or holds no certificate.
    """
    return _context(ca_file, os.stat(ca_file).st_mtime_ns if ca_file else 0)


@lru_cache(maxsize=256)
def _context(ca_file: str | None, _written: int) -> ssl.SSLContext:
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    paths = ssl.get_default_verify_paths()
    has_store = bool(paths.cafile or (paths.capath and any(os.scandir(paths.capath))))
    return ssl.create_default_context(cafile=None if has_store else certifi.where())

"""The files of a registry as one text, so that one digest and one row hold all of them."""

import re
from collections.abc import Sequence
from hashlib import sha256

from scenarios.registry.problems import Problem, RegistryError

_HEAD = re.compile(r"# file (?P<name>[^\n]*), (?P<length>[0-9]+) characters\n")

Texts = Sequence[tuple[str, str]]


def bundle_pack(texts: Texts) -> str:
    """Return one readable text that ``bundle_unpack`` takes apart again, whatever the files hold."""
    return "".join(f"# file {name}, {len(text)} characters\n{text}\n" for name, text in texts)


def bundle_unpack(bundle: str) -> list[tuple[str, str]]:
    """Return the files of a bundle: names and texts. Raises RegistryError for a text that is no bundle."""
    texts: list[tuple[str, str]] = []
    position = 0
    while position < len(bundle):
        head = _HEAD.match(bundle, position)
        if head is None:
            raise RegistryError([Problem("", 0, "", "the stored registry is damaged")])
        end = head.end() + int(head["length"])
        texts.append((head["name"], bundle[head.end() : end]))
        position = end + 1
    return texts


def bundle_digest(texts: Texts) -> str:
    """Return the SHA-256 of the bundle, as lower-case hexadecimal."""
    return sha256(bundle_pack(texts).encode()).hexdigest()

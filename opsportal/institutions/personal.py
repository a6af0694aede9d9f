"""Names, user names and addresses of people: shown to who may read them, masked for everybody else."""

from opsportal.institutions.access import Permission
from opsportal.institutions.current import access_current

MASK = "•••"


def masked(text: str) -> str:
    """Return what is left of a personal text for those who may not read it: its first letter."""
    return f"{text[:1]}{MASK}" if text else ""


def personal(text: object) -> str:
    """Return ``text`` if whoever is asking now may read personal data, else its mask."""
    access = access_current()
    may_read = access is not None and Permission.PERSONAL_READ in access.permissions
    return str(text) if may_read else masked(str(text))

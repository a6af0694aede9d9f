"""What a ledger entry is about, in the words of the live updates.

Each app maps its entry kinds to topics in its own ``topics.py``::

    TOPICS = {Kind.FINDING_OPENED: FINDINGS, Kind.MESSAGE_POSTED: INBOX}

``opsportal.portal.live.topics`` composes these tables.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A part of the portal that refreshes together, and the permission that lets people see it.

    ``permission`` is the name of a permission such as ``ops.read``; members without it learn only
    that the institution's sequence has grown.
    """

    name: str
    permission: str

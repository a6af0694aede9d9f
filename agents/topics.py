"""What the entries of conversations refresh in the portal."""

from ledger.kinds import Kind
from opsportal.core.topics import Topic
from opsportal.institutions.access import Permission

INBOX = Topic("inbox", Permission.OPS_READ)
TOPICS = {
    Kind.THREAD_OPENED: INBOX,
    Kind.MESSAGE_POSTED: INBOX,
    Kind.MESSAGE_ACKED: INBOX,
    Kind.MESSAGE_RESTORED: INBOX,
}

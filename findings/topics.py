"""What the entries of findings refresh in the portal."""

from ledger.kinds import Kind
from opsportal.core.topics import Topic
from opsportal.institutions.access import Permission

FINDINGS = Topic("findings", Permission.OPS_READ)
TOPICS = {
    Kind.FINDING_OPENED: FINDINGS,
    Kind.FINDING_ACKED: FINDINGS,
    Kind.FINDING_UNACKED: FINDINGS,
    Kind.FINDING_RESOLVED: FINDINGS,
    Kind.FINDING_REOPENED: FINDINGS,
    Kind.FINDING_WORSENED: FINDINGS,
}

"""What the entries of proof refresh in the portal."""

from ledger.kinds import Kind
from opsportal.core.topics import Topic

LEDGER = Topic("ledger", "ledger.read")
TOPICS = {
    Kind.CHECKPOINT_SIGNED: LEDGER,
    Kind.LEDGER_VERIFIED: LEDGER,
    Kind.LEDGER_EXPORTED: LEDGER,
    Kind.LEDGER_TAMPER_DETECTED: LEDGER,
    Kind.PAYLOAD_ERASED: LEDGER,
}

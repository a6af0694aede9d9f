"""The write side of the ledger. Import from here; the modules below are where it lives."""

from ledger.services.checkpoints import LedgerBrokenError, checkpoint_sign
from ledger.services.exports import ledger_export, payloads_export
from ledger.services.many import states_move
from ledger.services.payloads import payload_erase
from ledger.services.refusals import refusal_record
from ledger.services.stop import chain_resume, chain_stop
from ledger.services.unit import chain_start, entry_record, state_move, unit
from ledger.services.verify import ledger_verify

__all__ = [
    "LedgerBrokenError",
    "chain_resume",
    "chain_start",
    "chain_stop",
    "checkpoint_sign",
    "entry_record",
    "ledger_export",
    "ledger_verify",
    "payload_erase",
    "payloads_export",
    "refusal_record",
    "state_move",
    "states_move",
    "unit",
]

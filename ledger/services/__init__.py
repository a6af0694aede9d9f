"""The write side of the ledger. Import from here; the modules below are where it lives."""

from ledger.services.many import states_move
from ledger.services.stop import chain_resume, chain_stop
from ledger.services.unit import chain_start, entry_record, state_move, unit

__all__ = ["chain_resume", "chain_start", "chain_stop", "entry_record", "state_move", "states_move", "unit"]

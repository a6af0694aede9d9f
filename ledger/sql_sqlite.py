"""The triggers of the embedded database, by name (table first, then what they refuse)."""


def _refuse(name: str, table: str, event: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} BEGIN "
        f"SELECT RAISE(ABORT, 'ledger: {table} is append-only'); END"
    )


# An entry must carry the hash of the one before it and the next number. INSERT OR REPLACE deletes the
# row it collides with without firing a DELETE trigger, hence the two tests for a row that is there.
_ENTRY_LINK = """
CREATE TRIGGER ledger_entry_link BEFORE INSERT ON ledger_entry BEGIN
  SELECT RAISE(ABORT, 'ledger: the entry does not continue the chain')
  WHERE EXISTS (SELECT 1 FROM ledger_entry WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_entry WHERE institution_id = NEW.institution_id AND seq = NEW.seq)
     OR NOT EXISTS (
          SELECT 1 FROM ledger_entry
          WHERE institution_id = NEW.institution_id AND seq = NEW.seq - 1
            AND instr(NEW.body, '"prev":"' || hash || '","seq":' || NEW.seq || ',') > 0
          UNION ALL
          SELECT 1 FROM ledger_head
          WHERE institution_id = NEW.institution_id AND NEW.seq = 1 AND seq = 0
            AND instr(NEW.body, '"prev":"' || hash || '","seq":1,') > 0);
END
""".strip()

# A head moves forward only, and only to an entry that is there and is the last.
_HEAD_FORWARD = """
CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head BEGIN
  SELECT RAISE(ABORT, 'ledger: a head moves forward, to the last entry')
  WHERE NEW.institution_id <> OLD.institution_id OR NEW.seq <= OLD.seq
     OR EXISTS (SELECT 1 FROM ledger_entry WHERE institution_id = NEW.institution_id AND seq = NEW.seq + 1)
     OR NOT EXISTS (
          SELECT 1 FROM ledger_entry
          WHERE institution_id = NEW.institution_id AND seq = NEW.seq AND hash = NEW.hash);
END
""".strip()

_HEAD_START = """
CREATE TRIGGER ledger_head_start BEFORE INSERT ON ledger_head BEGIN
  SELECT RAISE(ABORT, 'ledger: a chain starts once, at zero')
  WHERE NEW.seq <> 0 OR NEW.hash <> '0000000000000000000000000000000000000000000000000000000000000000'
     OR EXISTS (SELECT 1 FROM ledger_head WHERE institution_id = NEW.institution_id)
     OR EXISTS (SELECT 1 FROM ledger_entry WHERE institution_id = NEW.institution_id);
END
""".strip()

_CHECKPOINT_NEW = """
CREATE TRIGGER ledger_checkpoint_new BEFORE INSERT ON ledger_checkpoint BEGIN
  SELECT RAISE(ABORT, 'ledger: ledger_checkpoint is append-only')
  WHERE EXISTS (SELECT 1 FROM ledger_checkpoint WHERE id = NEW.id)
     OR EXISTS (SELECT 1 FROM ledger_checkpoint WHERE institution_id = NEW.institution_id AND size >= NEW.size);
END
""".strip()

SQLITE_TRIGGERS = {
    "ledger_entry_link": _ENTRY_LINK,
    "ledger_entry_no_update": _refuse("ledger_entry_no_update", "ledger_entry", "UPDATE"),
    "ledger_entry_no_delete": _refuse("ledger_entry_no_delete", "ledger_entry", "DELETE"),
    "ledger_head_start": _HEAD_START,
    "ledger_head_forward": _HEAD_FORWARD,
    "ledger_head_no_delete": _refuse("ledger_head_no_delete", "ledger_head", "DELETE"),
    "ledger_checkpoint_new": _CHECKPOINT_NEW,
    "ledger_checkpoint_no_update": _refuse("ledger_checkpoint_no_update", "ledger_checkpoint", "UPDATE"),
    "ledger_checkpoint_no_delete": _refuse("ledger_checkpoint_no_delete", "ledger_checkpoint", "DELETE"),
}

"""The pages of the ledger. They stand here because they name people and agents, which the ledger does not know."""

"""Live updates: the relay tails the ledger, the hub fans out, the consumer tells one browser."""

"""The API of the ledger. It stands here because it asks who may, which the ledger does not know."""

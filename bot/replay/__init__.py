"""A group's history in, a ledger out: the real pipeline over recorded messages."""

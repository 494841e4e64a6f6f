"""Exports: profiles handed out with an entry in the ledger, and what was handed out opened again."""

"""The one source of truth: tables, migrations, the ledger of postings, the event log and its chain."""

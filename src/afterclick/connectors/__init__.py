"""Outside systems, each behind a port: one file for each."""

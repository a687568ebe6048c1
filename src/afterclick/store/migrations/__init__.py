"""How the database of an office came to be what it is, version by version; see `afterclick.store.migrating`."""

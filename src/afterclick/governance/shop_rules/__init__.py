"""The shop's own rules: conditions in CEL over the facts, read, checked, tested and compared."""

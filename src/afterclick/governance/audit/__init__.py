"""The audit of the log: anchors, verification, search, export, and a person's right to be forgotten."""

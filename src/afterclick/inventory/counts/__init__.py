"""Cycle counts: which places to count today, what was found, and why it differs."""

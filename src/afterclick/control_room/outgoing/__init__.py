"""Webhooks out: who is told of what happens, signed, again until it arrives."""

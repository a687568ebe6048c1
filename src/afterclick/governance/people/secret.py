"""Secrets that are shown once: made from 256 random bits, and kept only as their hash."""

import hashlib
import secrets


def fresh() -> str:
    """256 random bits as 43 letters that fit into a cookie or an address."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """SHA-256 in hex: enough for a secret that nobody can guess."""
    return hashlib.sha256(secret.encode()).hexdigest()

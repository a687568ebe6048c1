"""Anchored heads of the log, and what was erased from it."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""

"""The interface for programs: idempotent requests and webhooks out."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables."""

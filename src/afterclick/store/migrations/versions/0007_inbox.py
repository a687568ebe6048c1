"""The inbox: who has a task, what was asked back, and one-time links."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""

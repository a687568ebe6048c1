"""Versions of the policy, their replays and activations."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""

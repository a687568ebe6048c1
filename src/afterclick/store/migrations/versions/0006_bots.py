"""The life of bots in the register, and daily figures of what they did."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables."""

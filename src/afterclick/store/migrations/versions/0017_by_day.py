"""Shipped orders are found by when they shipped; a replay says by which version of a bot, and about which purchase orders."""

from alembic import op
from sqlalchemy import Column, Text, text

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the index and the columns."""
    shipped = text("state = 'shipped'")
    op.create_index("orders_shipped", "orders", ["since_ms", "id"], sqlite_where=shipped, postgresql_where=shipped)
    op.add_column("policy_replays", Column("card", Text, nullable=False, server_default=""))
    op.add_column("policy_replay_cases", Column("object", Text, nullable=False, server_default=""))

"""A reminder is written down before it is sent, so that a run that is taken up again sends the same."""

from alembic import op
from sqlalchemy import Column, Text

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column."""
    op.add_column("purchase_orders", Column("chase", Text, nullable=False, server_default=""))

"""The index of orders at rest holds what the first page sums up, so that it need not look at each order."""

from alembic import op
from sqlalchemy import text

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the index anew, with more columns."""
    at_rest = text("state IN ('waiting', 'inbox', 'held')")
    op.drop_index("orders_stuck", "orders")
    columns = ["state", "since_ms", "waiting_for", "currency", "total", "promise_ms"]
    op.create_index("orders_stuck", "orders", columns, sqlite_where=at_rest, postgresql_where=at_rest)

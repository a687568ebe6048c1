"""Transfers: goods that go from one of our warehouses to another, and what has come of them."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text, text

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "transfers",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
        *(_text(name) for name in ("number", "sku", "from_warehouse", "to_warehouse")),
        _number("pieces"), *(_text(name) for name in ("need", "state")), _number("received"), _number("lost"),
        _text("because"), _number("proposed_ms"), _text("proposed_by"),
        *(_number(name) for name in ("sent_ms", "since_ms", "retry_ms", "not_before_ms", "batch", "released_ms")),
    )  # fmt: skip
    live, is_open = text("state <> 'cancelled'"), text("state IN ('proposed', 'released', 'in_transit')")
    op.create_index("transfers_number", "transfers", ["number"], unique=True)
    op.create_index("one_live_transfer_per_need", "transfers", ["need"], unique=True, sqlite_where=live, postgresql_where=live)
    op.create_index("transfers_open", "transfers", ["id"], sqlite_where=is_open, postgresql_where=is_open)
    untold = text("sent_ms = 0 AND state IN ('released', 'received')")
    op.create_index("transfers_untold", "transfers", ["id"], sqlite_where=untold, postgresql_where=untold)
    released, cancelled = text("released_ms > 0"), text("state = 'cancelled'")
    op.create_index("transfers_released", "transfers", ["released_ms"], sqlite_where=released, postgresql_where=released)
    op.create_index("transfers_cancelled", "transfers", ["since_ms"], sqlite_where=cancelled, postgresql_where=cancelled)
    op.create_table(
        "transfer_receipts",
        Column("key", Text, primary_key=True, autoincrement=False),
        *(_number(name) for name in ("transfer", "pieces", "damaged", "at_ms")), _text("booked_by"),
        sqlite_with_rowid=False,
    )  # fmt: skip


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))

"""Counts of places, and sensors as evidence of what lies there."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Text, text

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the tables."""
    _counts()
    _sensors()


def _counts() -> None:
    op.create_table(
        "stock_counts",
        _numbered(), _text("sku"), _text("warehouse"), _number("at_ms"), _number("booked"), _number("counted"), _text("by_whom"),
        _number("moves"), _number("days"), _number("odd"),
        Index("stock_counts_place", "sku", "warehouse", "at_ms"),
    )  # fmt: skip
    active = text("state IN ('proposed', 'open')")
    op.create_table(
        "count_tasks",
        _numbered(), _text("sku"), _text("warehouse"), _text("state"), _text("reason"), _text("because"), _real("chance"),
        _number("at_stake"), _text("currency"), _number("proposed_ms"), _number("expires_ms"), _number("tries"),
        _number("first_difference"), _number("booked"), _number("counted"), _number("done_ms"), _text("done_by"),
        _number("moves"), _number("days"), _number("odd"),
        Index("count_tasks_active", "sku", "warehouse", unique=True, sqlite_where=active, postgresql_where=active),
        Index("count_tasks_state", "state", "proposed_ms"),
    )  # fmt: skip


def _sensors() -> None:
    op.create_table("item_codes", _key("code"), _text("sku"), _number("pieces", 1), sqlite_with_rowid=False)
    op.create_table(
        "sensors",
        _key("id"), _text("kind"), _text("name"), _text("warehouse"), _text("sku"), _number("tare_g"), _number("tolerance_g"),
        _text("state"), _number("since_ms"), _number("last_ms"), _number("usual_ms"), _number("readings"), _number("unread"),
        _text("unread_because"), _number("same_since_ms"), _number("same_booked"), _real("last_value"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "sensor_events",
        _key("key"), Column("line", Integer, primary_key=True, autoincrement=False), _text("sensor"), _number("at_ms"),
        _number("arrived_ms"), _text("kind"), _text("code"), _text("serial"), _text("sku"), _text("warehouse"), _real("pieces"),
        _real("grams"), _text("step"), _flag("void"),
        Index("sensor_events_place", "sku", "warehouse", "kind", "at_ms"),
        Index("sensor_events_at", "at_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "sensor_state",
        _key("sku"), _key("warehouse"), _flag("dirty"), _real("believed"), _real("sd"), _real("confidence"), _real("drift"),
        _number("drift_since_ms"), _number("booked"), _number("at_ms"), _number("base_ms"), _number("base_pieces"),
        _real("bias"), _text("sensors"),
        sqlite_with_rowid=False,
    )  # fmt: skip


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True, autoincrement=False)


def _numbered() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text(str(default)))


def _real(name: str) -> Column[float]:
    return Column(name, Float, nullable=False, server_default=text("0"))


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))

"""The life of bots in the register, and daily figures of what they did."""

from alembic import op
from sqlalchemy import BigInteger, Column, Text, text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables, and let the register know of approvals; what worked before counts as approved with its release."""
    for name in ("digest", "approved", "proposed_by", "because"):
        op.add_column("bots", _text(name))
    for name in ("since_ms", "expires_ms"):
        op.add_column("bots", _number(name))
    op.create_table(
        "bot_versions",
        _key("bot"), _key("digest"), _text("version"), _text("card"), _number("seen_ms"), _text("approved_by"),
        _number("approved_ms"), _text("because"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "daily_figures",
        _day(), _key("actor"), _key("version"), _key("activity"), _key("verdict"), _number("count"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "daily_work",
        _day(), _key("actor"), _key("version"), _number("blocks"), _number("duration_us"), _number("reworked"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    decided = text("decided_ms > 0")
    op.create_index("batches_bot", "batches", ["bot", "id"])
    op.create_index("tasks_decided", "tasks", ["decided_ms"], sqlite_where=decided, postgresql_where=decided)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True, autoincrement=False)


def _day() -> Column[int]:
    return Column("day", BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))

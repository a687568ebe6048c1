"""The interface for programs: idempotent requests and webhooks out."""

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer, Text, text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "api_answers",
        Column("actor", Text, primary_key=True, autoincrement=False), Column("key", Text, primary_key=True, autoincrement=False),
        _text("request"), _number("status"), _text("answer"), _number("at_ms"),
        Index("api_answers_age", "at_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "subscriptions",
        _numbered(), _text("url"), _text("events"), _text("secret"), _text("state"), _text("made_by"), _number("made_ms"),
        _number("since_block"),
    )  # fmt: skip
    waiting, through = text("state = 'waiting'"), text("state <> 'waiting'")
    op.create_table(
        "tellings",
        _numbered(), _number("subscription"), _number("block"), _number("seq"), _text("activity"), _text("state"),
        _number("tries"), _number("tries_left"), _number("next_ms"), _number("status"), _text("said"), _number("added_ms"),
        _number("done_ms"),
        Index("tellings_due", "next_ms", sqlite_where=waiting, postgresql_where=waiting),
        Index("tellings_of", "subscription", "state", "id"),
        Index("tellings_event", "subscription", "block", "seq", unique=True),
        Index("tellings_done", "done_ms", sqlite_where=through, postgresql_where=through),
    )  # fmt: skip


def _numbered() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))

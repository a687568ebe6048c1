"""Anchored heads of the log, and what was erased from it."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text, text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Give blocks a seed for the salts of their texts, and create the tables."""
    op.add_column("blocks", _text("seed"))
    op.create_table(
        "anchors",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        _number("block"), _text("hash"), _number("at_ms"), _text("witness"), _text("state"), _text("said"),
    )  # fmt: skip
    op.create_table(
        "erased_events",
        Column("block", BigInteger, primary_key=True, autoincrement=False),
        Column("seq", Integer, primary_key=True, autoincrement=False),
        _text("commitment"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erased_blocks",
        Column("block", BigInteger, primary_key=True, autoincrement=False),
        _text("salts"),
        _text("plain"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kept_documents",
        Column("series", Text, primary_key=True, autoincrement=False),
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        _number("until_ms"),
        sqlite_with_rowid=False,
    )


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))

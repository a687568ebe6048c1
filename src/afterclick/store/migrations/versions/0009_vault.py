"""Secrets of the vault, sealed, by name and version."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text, text

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "secrets",
        Column("name", Text, primary_key=True, autoincrement=False),
        Column("version", Integer, primary_key=True, autoincrement=False),
        _text("wrapped"), _text("sealed"), _text("office_key"), _text("state"), _number("put_ms"), _text("put_by"),
        _number("until_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))

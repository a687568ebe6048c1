"""The columns that tables are made of, the same on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text
from sqlalchemy import text as sql

metadata = MetaData()


def key(name: str, kind: type[Text | BigInteger | Integer] = Text) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def row_id(name: str = "id") -> Column[int]:
    """A number that the office gives; on SQLite it is the row's own address, which saves an index."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


def text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def number(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=sql(str(default)))


def flag(name: str, default: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=sql("true" if default else "false"))


def clustered(name: str, *parts: Column[Any] | Index) -> Table:
    """A table whose rows lie in the order of their key; on SQLite that is one tree to write instead of two."""
    return Table(name, metadata, *parts, sqlite_with_rowid=False)


def where(condition: str) -> dict[str, Any]:
    """For an index over only those rows for which the condition holds."""
    return {"sqlite_where": sql(condition), "postgresql_where": sql(condition)}

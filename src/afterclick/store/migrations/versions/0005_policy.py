"""Versions of the policy, what was in force when, and replays; batches say under what they ran."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, Index, Integer, Text, text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""
    op.add_column("batches", _number("policy"))
    _versions()
    _replays()


def _versions() -> None:
    op.create_table(
        "policy_versions",
        _id("number"), _text("text"), _text("digest"), _text("proposed_by"), _number("proposed_ms"), _text("note"),
        _text("state"), _text("starts_as"), _number("share"), _number("activates_ms"), _text("activated_by"),
        _number("activated_ms"), _text("because"),
        Index("policy_versions_due", "activates_ms", **_where("state = 'scheduled'")),
    )  # fmt: skip
    op.create_table(
        "policy_regimes",
        _id("id"), _number("at_ms"), _number("active"), _number("trial"), _text("how"), _number("share"), _text("by"),
        _text("because"),
    )  # fmt: skip


def _replays() -> None:
    op.create_table(
        "policy_replays",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        _number("version"), _text("digest"), _number("against"), _number("days"), _text("bot"), _text("asked_by"),
        _number("started_ms"), _number("updated_ms"), _number("finished_ms"), _text("state"), _number("judged"),
        _number("total"), _text("result"),
        Index("policy_replays_version", "version", "id"),
    )  # fmt: skip
    op.create_table(
        "policy_replay_cases",
        Column("replay", BigInteger, primary_key=True, autoincrement=False),
        Column("no", Integer, primary_key=True, autoincrement=False),
        _number("order_id"), _number("at_ms"), _text("was"), _text("would"), _text("rule"), _text("cause"), _number("total"),
        _text("currency"), _text("because"),
        sqlite_with_rowid=False,
    )  # fmt: skip


def _id(name: str) -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}

"""People, their sessions, tokens and links."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Text, text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    _who()
    _signing_in()


def _who() -> None:
    op.create_table(
        "people",
        _numbered(), _text("handle"), _text("name"), _text("email"), _text("password"), _text("roles"), _text("desks"),
        Column("alone", Boolean, nullable=False, server_default=text("false")), _text("state"), _number("made_ms"),
        _number("seen_ms"), _text("factor"), _text("factor_pending"), _number("factor_step"), _text("issuer"), _text("subject"),
        Index("people_handle", "handle", unique=True),
        Index("people_email", "email", unique=True),
        Index("people_subject", "issuer", "subject", unique=True, **_where("subject <> ''")),
    )  # fmt: skip
    op.create_table(
        "sessions",
        _numbered(), _text("hash"), _number("person"), _text("way"), _text("device"), _text("address"), _number("began_ms"),
        _number("seen_ms"), _number("ends_ms"),
        Index("sessions_hash", "hash", unique=True),
        Index("sessions_person", "person"),
    )  # fmt: skip
    op.create_table(
        "api_tokens",
        _numbered(), _text("name"), _text("hash"), _text("kind"), _text("bot"), _number("maker"), _text("made_by"),
        _text("permissions"), _text("desks"), _number("made_ms"), _number("ends_ms"), _number("used_ms"), _number("revoked_ms"),
        Index("api_tokens_name", "name", unique=True),
        Index("api_tokens_hash", "hash", unique=True),
        Index("api_tokens_maker", "maker"),
    )  # fmt: skip


def _signing_in() -> None:
    op.create_table(
        "sign_in_links",
        _key("hash"), _text("kind"), _number("person"), _text("made_by"), _number("made_ms"), _number("ends_ms"),
        _number("used_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "half_sign_ins",
        _key("hash"), _text("kind"), _number("person"), _text("facts"), _number("tries"), _number("ends_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "recovery_codes",
        Column("person", BigInteger, primary_key=True, autoincrement=False), _key("hash"), _number("used_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "sign_in_throttles",
        _key("key"), _number("failures"), _number("last_ms"), _number("until_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True, autoincrement=False)


def _numbered() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}

"""What scouts look at, and the prices that they read."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, Text, text

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "watches",
        _numbered(), _text("party"), _text("role"), _text("address"), _text("sku"), _text("vendor_sku"), _text("gtin"),
        _text("currency"), _text("country"), _number("every_hours", 24), _text("state"), _text("added_by"), _number("added_ms"),
        _number("due_ms"), _number("asked_ms"), _number("read_ms"), _number("failures"), _text("said"), _text("etag"),
        _text("modified"), _text("sha256"), _number("lines"), _number("lines_bad"),
    )  # fmt: skip
    active = text("state = 'active'")
    op.create_index("watches_due", "watches", ["due_ms"], sqlite_where=active, postgresql_where=active)
    op.create_index("watches_address", "watches", ["address", "party", "sku"], unique=True)
    op.create_table(
        "price_readings",
        _numbered(), _number("watch"), _text("party"), _text("role"), _text("sku"), _text("vendor_sku"), _text("gtin"),
        _number("at_ms"), _number("amount"), _text("currency"), _number("pieces", 1), _text("availability"), _text("source"),
        Column("confidence", Float, nullable=False), _text("url"), _text("site"), _text("sha256"), _text("path"), _text("text"),
        _text("doubt"), _flag("vouched"), _text("verdict"), _text("because"), _flag("counts"), _number("readings"),
        _text("decided_by"),
    )  # fmt: skip
    op.create_index("price_readings_of", "price_readings", ["sku", "party", "id"])
    op.create_index("price_readings_watch", "price_readings", ["watch", "id"])


def _numbered() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text(str(default)))


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))

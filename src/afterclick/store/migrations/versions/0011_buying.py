"""Vendors and what they offer, purchase orders, receipts, vendors' replies, and the stop that keeps orders in."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Text, text

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the tables; what is on order is from now on the sum of open purchase lines, of which there are none yet."""
    _vendors()
    _orders()
    _answers()
    op.execute("UPDATE stock_levels SET on_order = 0")


def _vendors() -> None:
    op.create_table(
        "vendors",
        _key("id"), _text("name"), _text("category"), _text("currency"),
        Column("allowed", Boolean, nullable=False, server_default=text("false")), _text("terms"), _number("changed_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "offers",
        _key("vendor"), _key("sku"), _text("terms"), _number("readings"), _number("changed_ms"),
        Index("offers_sku", "sku"),
        sqlite_with_rowid=False,
    )  # fmt: skip


def _orders() -> None:
    still_open = "state IN ('proposed', 'asked', 'approved', 'sent', 'acknowledged', 'part_received')"
    op.create_table(
        "purchase_orders",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
        _text("number"), _text("vendor"), _text("warehouse"), _text("currency"), _number("net"), _text("state"), _text("stage"),
        _text("waiting_for"), _text("because"), _number("since_ms"), _number("retry_ms"), Column("batch", BigInteger),
        _number("revision"), _number("proposed_ms"), _text("proposed_by"), _text("edited_by"), _number("approved_ms"),
        _text("approved_by"), _number("sent_ms"), _text("vendor_reference"), _number("due_ms"), _number("reminders"),
        _number("reminded_ms"), _text("withdrawal"), _text("terms"),
        Index("purchase_orders_number", "number", unique=True),
        Index("purchase_orders_vendor", "vendor", "id"),
        _partial("purchase_orders_open", "id", where=still_open),
        _partial("purchase_orders_approved", "approved_ms", where="approved_ms > 0"),
    )  # fmt: skip
    op.create_table(
        "purchase_lines",
        _key("purchase", BigInteger), _key("no", Integer), _text("sku"), _number("quantity"), _number("price"),
        _number("price_basis", 1), _text("unit"), _number("per_unit", 1), _text("vendor_sku"), _text("gtin"), _text("name"),
        _text("deliver_on"), Column("acknowledged", BigInteger), _number("received"), _number("cancelled"), _text("because"),
        _text("need"), Column("live", Boolean, nullable=False, server_default=text("true")),
        _partial("one_live_line_per_need", "need", where="need <> '' AND live", unique=True),
        Index("purchase_lines_sku", "sku", "purchase"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "receipts",
        _numbered(), _text("key"), _number("purchase"), _number("line"), _text("sku"), _text("warehouse"), _number("quantity"),
        _number("damaged"), _number("surplus"), _number("pieces"), _number("at_ms"), _text("delivery_note"), _text("booked_by"),
        Index("receipts_key", "key", unique=True),
        Index("receipts_purchase", "purchase"),
    )  # fmt: skip


def _answers() -> None:
    op.create_table(
        "vendor_replies",
        _numbered(), _text("key"), _number("purchase"), _text("vendor"), _text("format"), _text("said"), _text("state"),
        _text("because"), _number("at_ms"),
        Index("vendor_replies_key", "key", unique=True),
        Index("vendor_replies_purchase", "purchase"),
        _partial("vendor_replies_open", "purchase", where="state = 'open'"),
    )  # fmt: skip
    op.create_table("vendor_channels", _key("source"), _text("cursor"), sqlite_with_rowid=False)
    op.create_table(
        "buying_stops",
        _numbered(), _number("at_ms"), _text("stopped_by"), _text("because"), _number("ended_ms"), _text("ended_by"),
        _text("ended_because"),
        _partial("one_standing_stop", "ended_ms", where="ended_ms = 0", unique=True),
    )  # fmt: skip


def _numbered() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _key(name: str, kind: type[Text | BigInteger | Integer] = Text) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text(str(default)))


def _partial(name: str, column: str, *, where: str, unique: bool = False) -> Index:
    return Index(name, column, unique=unique, sqlite_where=text(where), postgresql_where=text(where))

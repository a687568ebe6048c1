"""The first office: every table it began with."""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Text, text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    _goods()
    _orders()
    _money()
    _channels()
    _work()
    _log()


def _goods() -> None:
    op.create_table(
        "items",
        _key("sku"), _text("name"), _text("category"), _text("tax_category"), _number("weight_g"), _number("price"),
        _text("currency"), Column("components", Text), _flag("active", True),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "ranges",
        _key("kind"), _key("ref"), _number("seen"), Column("ln_sum", Float, nullable=False),
        Column("ln_sq", Float, nullable=False), _number("largest"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "warehouses",
        _key("id"), _text("name"), _text("country"), Column("latitude", Float, nullable=False),
        Column("longitude", Float, nullable=False), _number("handling"),
    )  # fmt: skip
    op.create_table(
        "stock_levels",
        _key("sku"), _key("warehouse"), _number("on_hand"), _number("reserved"), _number("on_order"),
        _number("reorder_point"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "stock_moves",
        _numbered("id"), _number("at_ms"), _text("sku"), _text("warehouse"), _number("quantity"), _text("reason"),
        Column("order_id", BigInteger), _text("note"),
        Index("stock_moves_order", "order_id", **_where("order_id IS NOT NULL")),
    )  # fmt: skip
    op.create_table(
        "reservations",
        _key("order_id", BigInteger), _key("revision", Integer), _key("line_no", Integer), _key("sku"), _key("warehouse"),
        _number("quantity"), _text("state"), _number("expires_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "replenishments",
        _numbered("id"), _text("sku"), _text("warehouse"), _number("quantity"), _text("because"), _text("state"),
        _number("asked_ms"), _number("closed_ms"),
        Index("one_open_replenishment", "sku", "warehouse", unique=True, **_where("state = 'open'")),
    )  # fmt: skip


def _orders() -> None:
    op.create_table(
        "orders",
        _id(), _text("store"), _text("external_id"), _number("placed_ms"), _number("received_ms"), _text("customer"),
        _text("currency"), _number("total"), _number("shipping"), _number("discount"), _text("country"), _text("card"),
        _text("address_key"), _text("basket_key"), _number("priority"), _number("promise_ms"), _text("state"), _text("stage"),
        _number("revision"), _text("waiting_for"), _text("because"), _number("since_ms"), _number("retry_ms"),
        Column("batch", BigInteger), _flag("touched"), Column("parent", BigInteger), _text("particulars"),
        Index("orders_external", "store", "external_id", unique=True),
        Index("orders_customer", "customer", "placed_ms"),
        Index("orders_address", "address_key", "placed_ms", **_where("address_key <> ''")),
        Index("orders_card", "card", "placed_ms", **_where("card <> ''")),
        Index("orders_stuck", "state", "since_ms", **_where("state IN ('waiting', 'inbox', 'held')")),
    )  # fmt: skip
    op.create_table(
        "order_lines",
        _key("order_id", BigInteger), _key("no", Integer), _text("sku"), _number("quantity"), _number("unit_price"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "shipments",
        _key("order_id", BigInteger), _key("revision", Integer), _key("parcel", Integer), _text("warehouse"),
        _text("carrier"), _text("tracking"), _number("cost"), _number("weight_g"), _text("state"), _text("contents"),
        sqlite_with_rowid=False,
    )  # fmt: skip


def _money() -> None:
    op.create_table(
        "payments",
        _key("order_id", BigInteger), _key("revision", Integer), _text("authorisation"), _text("capture"),
        _number("authorised"), _number("captured"), _number("refunded"), _text("currency"), _text("state"),
        _number("expires_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "invoices",
        _key("series"), _key("number", BigInteger), _text("kind"), _number("order_id"), _number("revision"),
        _number("issued_ms"), _text("currency"), _number("net"), _number("tax"), _number("rounding"), _number("gross"),
        _text("refers_to"), _text("document"),
        Index("invoices_order", "order_id"),
    )  # fmt: skip
    op.create_table(
        "postings",
        _key("entry"), _key("line", Integer), _text("account"), _number("amount"), _text("currency"), _number("order_id"),
        _number("at_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "amendments",
        _numbered("id"), _number("order_id"), _text("action"), _text("change"), _text("asked_by"), _number("asked_ms"),
        _text("state"), _text("because"),
        Index("amendments_open", "order_id", **_where("state = 'open'")),
    )  # fmt: skip


def _channels() -> None:
    op.create_table(
        "channels",
        _key("store"), _text("kind"), _text("cursor"), _text("withheld"),
    )  # fmt: skip
    op.create_table(
        "deliveries",
        _key("store"), _key("event"), _number("at_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "imported_lines",
        _key("line_key"), _text("source"), _text("class"), _number("value"), _text("reason"), _text("document"), _text("sku"),
        _number("quantity"), _number("at_ms"),
        sqlite_with_rowid=False,
    )  # fmt: skip


def _work() -> None:
    op.create_table(
        "queue",
        _numbered("id"), _text("bot"), _number("priority"), _number("not_before_ms"), _text("items"), _number("size"),
        _text("resume"), _number("added_ms"),
        Index("queue_next", "bot", "priority", "id"),
    )  # fmt: skip
    op.create_table(
        "batches",
        _id(), _text("bot"), _text("version"), _number("priority"), _text("items"), _text("resume"), _text("progress"),
        _text("executor"), _number("started_ms"), _number("finished_ms"),
        Index("batches_running", "id", **_where("finished_ms = 0")),
    )  # fmt: skip
    op.create_table(
        "tasks",
        _numbered("id"), _text("bot"), _text("stage"), _text("item_kind"), _number("item"), _text("who"), _text("because"),
        _text("proposal"), _text("facts"), _text("state"), _number("asked_ms"), _number("expires_ms"), _text("decided_by"),
        _number("decided_ms"), _text("note"),
        Index("tasks_open", "asked_ms", **_where("state = 'open'")),
        Index("tasks_item", "item_kind", "item"),
    )  # fmt: skip
    op.create_table(
        "bots",
        _key("id"), _text("version"), _text("owner"), _text("card"), _text("state"), _text("mode"), _number("registered_ms"),
        _number("last_run_ms"), _number("next_due_ms"),
    )  # fmt: skip


def _log() -> None:
    op.create_table(
        "blocks",
        _id("number"), _text("previous"), _text("hash"), _number("at_ms"), _text("actor"), _text("version"), _text("mode"),
        Column("batch", BigInteger), _number("events"), _number("duration_us"),
    )  # fmt: skip
    op.create_table(
        "events",
        _key("block", BigInteger), _key("seq", Integer), _text("activity"), Column("order_id", BigInteger),
        Column("object", Text), _text("verdict"), _text("because"), _text("facts"), Column("key", Text),
        Index("events_order", "order_id", **_where("order_id IS NOT NULL")),
        Index("events_object", "object", **_where("object IS NOT NULL")),
        Index("events_key", "key", unique=True, **_where("key IS NOT NULL")),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "counters",
        _key("name"), _number("next", 1),
        sqlite_with_rowid=False,
    )  # fmt: skip


def _numbered(name: str) -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _id(name: str = "id") -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


def _key(name: str, kind: type[Text | BigInteger | Integer] = Text) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text(str(default)))


def _flag(name: str, default: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("true" if default else "false"))


def _where(condition: str) -> dict[str, Any]:
    """An index over the rows for which this holds, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}

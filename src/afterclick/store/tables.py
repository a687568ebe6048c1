"""Every table of an office, once, for SQLite and PostgreSQL.

Amounts, instants and identifiers are `BigInteger` (see `afterclick.domain`); documents are JSON text. Rows that a batch
writes by the thousand keep to few columns and few indexes: each index costs about as much as the row itself.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()


def _key(name: str, kind: type[Text | BigInteger | Integer] = Text) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _id(name: str = "id") -> Column[int]:
    """A number that the office gives; on SQLite it is the row's own address, which saves an index."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text(str(default)))


def _flag(name: str, default: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("true" if default else "false"))


def _clustered(name: str, *parts: Column[Any] | Index) -> Table:
    """A table whose rows lie in the order of their key; on SQLite that is one tree to write instead of two."""
    return Table(name, metadata, *parts, sqlite_with_rowid=False)


def _where(condition: str) -> dict[str, Any]:
    """For an index over only those rows for which the condition holds."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


# What is sold, and where it lies -----------------------------------------------------------------------------------

items = _clustered(
    "items",
    _key("sku"), _text("name"), _text("category"), _text("tax_category"), _number("weight_g"), _number("price"),
    _text("currency"), Column("components", Text), _flag("active", True),
)  # fmt: skip
ranges = _clustered(  # the usual size of something: kind is `quantity` (ref = sku) or `value` (ref = customer)
    "ranges",
    _key("kind"), _key("ref"), _number("seen"), Column("ln_sum", Float, nullable=False), Column("ln_sq", Float, nullable=False),
    _number("largest"),
)  # fmt: skip
warehouses = Table(
    "warehouses", metadata,
    _key("id"), _text("name"), _text("country"), Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False), _number("handling"),
)  # fmt: skip
stock_levels = _clustered(
    "stock_levels",
    _key("sku"), _key("warehouse"), _number("on_hand"), _number("reserved"), _number("on_order"), _number("reorder_point"),
)  # fmt: skip
stock_moves = Table(  # on hand = sum of quantity per sku and warehouse
    "stock_moves", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _number("at_ms"), _text("sku"), _text("warehouse"), _number("quantity"), _text("reason"), Column("order_id", BigInteger),
    _text("note"),
    Index("stock_moves_order", "order_id", **_where("order_id IS NOT NULL")),
)  # fmt: skip
reservations = _clustered(  # state: open, shipped, released
    "reservations",
    _key("order_id", BigInteger), _key("revision", Integer), _key("line_no", Integer), _key("sku"), _key("warehouse"),
    _number("quantity"), _text("state"), _number("expires_ms"),
)  # fmt: skip
replenishments = Table(  # state: open, closed
    "replenishments", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("sku"), _text("warehouse"), _number("quantity"), _text("because"), _text("state"), _number("asked_ms"),
    _number("closed_ms"),
    Index("one_open_replenishment", "sku", "warehouse", unique=True,
          **_where("state = 'open'")),
)  # fmt: skip

# Orders and what becomes of them ------------------------------------------------------------------------------------

orders = Table(
    "orders", metadata,
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
order_lines = _clustered(
    "order_lines",
    _key("order_id", BigInteger), _key("no", Integer), _text("sku"), _number("quantity"), _number("unit_price"),
)  # fmt: skip
shipments = _clustered(  # one row per parcel; state: planned, labelled, handed_over, recalled, voided, dropped
    "shipments",
    _key("order_id", BigInteger), _key("revision", Integer), _key("parcel", Integer), _text("warehouse"), _text("carrier"),
    _text("tracking"), _number("cost"), _number("weight_g"), _text("state"), _text("contents"),
)  # fmt: skip
doubtful_labels = _clustered(  # labels that a carrier may have made although it gave no answer, until it has taken them back
    "doubtful_labels",
    _key("label_key"), _number("order_id"), _text("carrier"), _text("tracking"), _number("noted_ms"),
)  # fmt: skip
payments = _clustered(  # state: authorised, captured, released, refunded
    "payments",
    _key("order_id", BigInteger), _key("revision", Integer), _text("authorisation"), _text("capture"), _number("authorised"),
    _number("captured"), _number("refunded"), _text("currency"), _text("state"), _number("expires_ms"),
)  # fmt: skip
invoices = Table(  # the document in full is JSON of domain.invoice.Invoice
    "invoices", metadata,
    _key("series"), _key("number", BigInteger), _text("kind"), _number("order_id"), _number("revision"), _number("issued_ms"),
    _text("currency"), _number("net"), _number("tax"), _number("rounding"), _number("gross"), _text("refers_to"),
    _text("document"),
    Index("invoices_order", "order_id"),
)  # fmt: skip
postings = _clustered(  # debit positive, credit negative; an entry sums to zero
    "postings",
    _key("entry"), _key("line", Integer), _text("account"), _number("amount"), _text("currency"), _number("order_id"),
    _number("at_ms"),
)  # fmt: skip
amendments = Table(  # what somebody wants changed about an order; state: open, done, refused
    "amendments", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _number("order_id"), _text("action"), _text("change"), _text("asked_by"), _number("asked_ms"), _text("state"),
    _text("because"),
    Index("amendments_open", "order_id", **_where("state = 'open'")),
)  # fmt: skip

# Where orders come from ----------------------------------------------------------------------------------------------

channels = Table(  # a store, a webhook sender or an imported file; `cursor` is where the next pull starts
    "channels", metadata,
    _key("store"), _text("kind"), _text("cursor"), _text("withheld"),
)  # fmt: skip
deliveries = _clustered(  # webhook deliveries seen, so that a repeated one is dropped
    "deliveries",
    _key("store"), _key("event"), _number("at_ms"),
)  # fmt: skip
imported_lines = _clustered(  # every line of every imported file, once, with its class
    "imported_lines",
    _key("line_key"), _text("source"), _text("class"), _number("value"), _text("reason"), _text("document"), _text("sku"),
    _number("quantity"), _number("at_ms"),
)  # fmt: skip

# How work is done -----------------------------------------------------------------------------------------------------

queue = Table(  # groups of items waiting for a bot; `items` is a JSON list, `resume` where in the story they go on
    "queue", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("bot"), _number("priority"), _number("not_before_ms"), _text("items"), _number("size"), _text("resume"),
    _number("added_ms"),
    Index("queue_next", "bot", "priority", "id"),
)  # fmt: skip
batches = Table(  # `progress` is a JSON object: stage → the items that left there
    "batches", metadata,
    _id(), _text("bot"), _text("version"), _number("priority"), _text("items"), _text("resume"), _text("progress"),
    _text("executor"), _number("started_ms"), _number("finished_ms"),
    Index("batches_running", "id", **_where("finished_ms = 0")),
)  # fmt: skip
tasks = Table(  # the inbox; state: open, approved, edited, rejected, expired, withdrawn
    "tasks", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("bot"), _text("stage"), _text("item_kind"), _number("item"), _text("who"), _text("because"), _text("proposal"),
    _text("facts"), _text("state"), _number("asked_ms"), _number("expires_ms"), _text("decided_by"), _number("decided_ms"),
    _text("note"),
    Index("tasks_open", "asked_ms", **_where("state = 'open'")),
    Index("tasks_item", "item_kind", "item"),
)  # fmt: skip
bots = Table(  # state: active, paused; mode: live, shadow, dry-run
    "bots", metadata,
    _key("id"), _text("version"), _text("owner"), _text("card"), _text("state"), _text("mode"), _number("registered_ms"),
    _number("last_run_ms"), _number("next_due_ms"),
)  # fmt: skip

# The log ---------------------------------------------------------------------------------------------------------------

blocks = Table(  # one per committed batch stage; the hash covers the block's events and the block before it
    "blocks", metadata,
    _id("number"), _text("previous"), _text("hash"), _number("at_ms"), _text("actor"), _text("version"), _text("mode"),
    Column("batch", BigInteger), _number("events"), _number("duration_us"),
)  # fmt: skip
events = _clustered(  # `key` is the effect key of an outside act, executed once
    "events",
    _key("block", BigInteger), _key("seq", Integer), _text("activity"), Column("order_id", BigInteger), Column("object", Text),
    _text("verdict"), _text("because"), _text("facts"), Column("key", Text),
    Index("events_order", "order_id", **_where("order_id IS NOT NULL")),
    Index("events_object", "object", **_where("object IS NOT NULL")),
    Index("events_key", "key", unique=True, **_where("key IS NOT NULL")),
)  # fmt: skip
counters = _clustered(  # gapless numbers: taken in the transaction that uses them
    "counters",
    _key("name"), _number("next", 1),
)  # fmt: skip

"""What the shop sells, where it lies, and what becomes of its orders."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table, Text

from afterclick.store.tables.columns import clustered, flag, key, metadata, number, row_id, text, where

# What is sold, and where it lies ---------------------------------------------------------------------------------------

items = clustered(
    "items",
    key("sku"), text("name"), text("category"), text("tax_category"), number("weight_g"), number("price"),
    text("currency"), Column("components", Text), flag("active", True),
)  # fmt: skip
ranges = clustered(  # the usual size of something: kind is `quantity` (ref = sku) or `value` (ref = customer)
    "ranges",
    key("kind"), key("ref"), number("seen"), Column("ln_sum", Float, nullable=False), Column("ln_sq", Float, nullable=False),
    number("largest"),
)  # fmt: skip
warehouses = Table(
    "warehouses", metadata,
    key("id"), text("name"), text("country"), Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False), number("handling"),
)  # fmt: skip
stock_levels = clustered(
    "stock_levels",
    key("sku"), key("warehouse"), number("on_hand"), number("reserved"), number("on_order"), number("reorder_point"),
)  # fmt: skip
stock_moves = Table(  # on hand = sum of quantity per sku and warehouse
    "stock_moves", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("at_ms"), text("sku"), text("warehouse"), number("quantity"), text("reason"), Column("order_id", BigInteger),
    text("note"),
    Index("stock_moves_order", "order_id", **where("order_id IS NOT NULL")),
)  # fmt: skip
reservations = clustered(  # state: open, shipped, released
    "reservations",
    key("order_id", BigInteger), key("revision", Integer), key("line_no", Integer), key("sku"), key("warehouse"),
    number("quantity"), text("state"), number("expires_ms"),
)  # fmt: skip
replenishments = Table(  # state: open, closed
    "replenishments", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("sku"), text("warehouse"), number("quantity"), text("because"), text("state"), number("asked_ms"),
    number("closed_ms"),
    Index("one_open_replenishment", "sku", "warehouse", unique=True,
          **where("state = 'open'")),
)  # fmt: skip

# Orders and what becomes of them ---------------------------------------------------------------------------------------

orders = Table(
    "orders", metadata,
    row_id(), text("store"), text("external_id"), number("placed_ms"), number("received_ms"), text("customer"),
    text("currency"), number("total"), number("shipping"), number("discount"), text("country"), text("card"),
    text("address_key"), text("basket_key"), number("priority"), number("promise_ms"), text("state"), text("stage"),
    number("revision"), text("waiting_for"), text("because"), number("since_ms"), number("retry_ms"),
    Column("batch", BigInteger), flag("touched"), Column("parent", BigInteger), text("particulars"),
    Index("orders_external", "store", "external_id", unique=True),
    Index("orders_customer", "customer", "placed_ms"),
    Index("orders_address", "address_key", "placed_ms", **where("address_key <> ''")),
    Index("orders_card", "card", "placed_ms", **where("card <> ''")),
    Index("orders_stuck", "state", "since_ms", "waiting_for", "currency", "total", "promise_ms",
          **where("state IN ('waiting', 'inbox', 'held')")),
    Index("orders_parent", "parent", **where("parent IS NOT NULL")),
    Index("orders_ended", "state", "id", **where("state IN ('refused', 'cancelled')")),  # few orders end like this
    Index("orders_shipped", "since_ms", "id", **where("state = 'shipped'")),  # an entry is written once, at its end
)  # fmt: skip
order_lines = clustered(
    "order_lines",
    key("order_id", BigInteger), key("no", Integer), text("sku"), number("quantity"), number("unit_price"),
)  # fmt: skip
shipments = clustered(  # one row per parcel; state: planned, labelled, handed_over, recalled, voided, dropped
    "shipments",
    key("order_id", BigInteger), key("revision", Integer), key("parcel", Integer), text("warehouse"), text("carrier"),
    text("tracking"), number("cost"), number("weight_g"), text("state"), text("contents"),
)  # fmt: skip
doubtful_labels = clustered(  # labels that a carrier may have made although it gave no answer, until it has taken them back
    "doubtful_labels",
    key("label_key"), number("order_id"), text("carrier"), text("tracking"), number("noted_ms"),
)  # fmt: skip
payments = clustered(  # state: authorised, captured, released, refunded
    "payments",
    key("order_id", BigInteger), key("revision", Integer), text("authorisation"), text("capture"), number("authorised"),
    number("captured"), number("refunded"), text("currency"), text("state"), number("expires_ms"),
)  # fmt: skip
invoices = Table(  # the document in full is JSON of domain.invoice.Invoice
    "invoices", metadata,
    key("series"), key("number", BigInteger), text("kind"), number("order_id"), number("revision"), number("issued_ms"),
    text("currency"), number("net"), number("tax"), number("rounding"), number("gross"), text("refers_to"),
    text("document"),
    Index("invoices_order", "order_id"),
)  # fmt: skip
postings = clustered(  # debit positive, credit negative; an entry sums to zero
    "postings",
    key("entry"), key("line", Integer), text("account"), number("amount"), text("currency"), number("order_id"),
    number("at_ms"),
)  # fmt: skip
amendments = Table(  # what somebody wants changed about an order; state: open, done, refused
    "amendments", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("order_id"), text("action"), text("change"), text("asked_by"), number("asked_ms"), text("state"),
    text("because"),
    Index("amendments_open", "order_id", **where("state = 'open'")),
    Index("amendments_order", "order_id"),
)  # fmt: skip

# Where orders come from ------------------------------------------------------------------------------------------------

channels = Table(  # a store, a webhook sender or an imported file; `cursor` is where the next pull starts
    "channels", metadata,
    key("store"), text("kind"), text("cursor"), text("withheld"),
)  # fmt: skip
deliveries = clustered(  # webhook deliveries seen, so that a repeated one is dropped
    "deliveries",
    key("store"), key("event"), number("at_ms"),
)  # fmt: skip
imported_lines = clustered(  # every line of every imported file, once, with its class
    "imported_lines",
    key("line_key"), text("source"), text("class"), number("value"), text("reason"), text("document"), text("sku"),
    number("quantity"), number("at_ms"),
)  # fmt: skip

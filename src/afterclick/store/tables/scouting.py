"""What scouts look at, and every price that they have read."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table

from afterclick.store.tables.columns import flag, metadata, number, text, where

watches = Table(  # role: vendor, competitor; state: active, paused; `etag` to `sha256` are of the last visit that went well
    "watches", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("party"), text("role"), text("address"), text("sku"), text("vendor_sku"), text("gtin"), text("currency"),
    text("country"), number("every_hours", 24), text("state"), text("added_by"), number("added_ms"), number("due_ms"),
    number("asked_ms"), number("read_ms"), number("failures"), text("said"), text("etag"), text("modified"), text("sha256"),
    number("lines"), number("lines_bad"),
    Index("watches_due", "due_ms", **where("state = 'active'")),
    Index("watches_address", "address", "party", "sku", unique=True),
)  # fmt: skip
price_readings = Table(  # amount: minor units for `pieces`; verdict: accepted, doubtful, rejected; `counts`: may move something
    "price_readings", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("watch"), text("party"), text("role"), text("sku"), text("vendor_sku"), text("gtin"), number("at_ms"),
    number("amount"), text("currency"), number("pieces", 1), text("availability"), text("source"),
    Column("confidence", Float, nullable=False), text("url"), text("site"), text("sha256"), text("path"), text("text"),
    text("doubt"), flag("vouched"), text("verdict"), text("because"), flag("counts"), number("readings"), text("decided_by"),
    Index("price_readings_of", "sku", "party", "id"),
    Index("price_readings_watch", "watch", "id"),
)  # fmt: skip

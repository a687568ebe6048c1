"""The log, what is known of it outside, and what was taken out of it."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from afterclick.store.tables.columns import clustered, key, metadata, number, row_id, text, where

blocks = Table(  # one per committed batch stage; the hash covers the block's events and the block before it
    "blocks", metadata,
    row_id("number"), text("previous"), text("hash"), number("at_ms"), text("actor"), text("version"), text("mode"),
    Column("batch", BigInteger), number("events"), number("duration_us"), text("seed"),
)  # fmt: skip
events = clustered(  # `key` is the effect key of an outside act, executed once
    "events",
    key("block", BigInteger), key("seq", Integer), text("activity"), Column("order_id", BigInteger), Column("object", Text),
    text("verdict"), text("because"), text("facts"), Column("key", Text),
    Index("events_order", "order_id", **where("order_id IS NOT NULL")),
    Index("events_object", "object", **where("object IS NOT NULL")),
    Index("events_key", "key", unique=True, **where("key IS NOT NULL")),
)  # fmt: skip
anchors = Table(  # heads of the log that were written down outside; `witness` says where, `said` how that went
    "anchors", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("block"), text("hash"), number("at_ms"), text("witness"), text("state"), text("said"),
)  # fmt: skip
erased_events = clustered(  # texts taken out of the log; what stands in the block's hash in their place
    "erased_events",
    key("block", BigInteger), key("seq", Integer), text("commitment"),
)  # fmt: skip
erased_blocks = clustered(  # the salts of the texts that stay; or, for a block without commitments, the hash of what is left
    "erased_blocks",
    key("block", BigInteger), text("salts"), text("plain"),
)  # fmt: skip
kept_documents = clustered(  # invoices of erased customers: the law wants them until then, and then they lose their buyer
    "kept_documents",
    key("series"), key("number", BigInteger), number("until_ms"),
)  # fmt: skip
counters = clustered(  # gapless numbers: taken in the transaction that uses them
    "counters",
    key("name"), number("next", 1),
)  # fmt: skip

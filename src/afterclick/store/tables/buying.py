"""Whom the shop buys from, what it has ordered there, and what came of it."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from afterclick.store.tables.columns import clustered, flag, key, metadata, number, row_id, text, where

vendors = clustered(  # `terms` is JSON of domain.purchase.Vendor; the columns beside it are for lists and rules
    "vendors",
    key("id"), text("name"), text("category"), text("currency"), flag("allowed"), text("terms"), number("changed_ms"),
)  # fmt: skip
offers = clustered(  # `terms` is JSON of domain.purchase.Offer; `readings`: how many independent ones found this price
    "offers",
    key("vendor"), key("sku"), text("terms"), number("readings"), number("changed_ms"),
    Index("offers_sku", "sku"),
)  # fmt: skip
purchase_orders = Table(  # `terms`, `chase`: JSON, see buying.purchases; state: see domain.purchase.PurchaseState
    "purchase_orders", metadata,
    row_id(), text("number"), text("vendor"), text("warehouse"), text("currency"), number("net"), text("state"), text("stage"),
    text("waiting_for"), text("because"), number("since_ms"), number("retry_ms"), Column("batch", BigInteger),
    number("revision"), number("proposed_ms"), text("proposed_by"), text("edited_by"), number("approved_ms"),
    text("approved_by"), number("sent_ms"), text("vendor_reference"), number("due_ms"), number("reminders"),
    number("reminded_ms"), text("withdrawal"), text("terms"), text("chase"),
    Index("purchase_orders_number", "number", unique=True),
    Index("purchase_orders_vendor", "vendor", "id"),
    Index("purchase_orders_open", "id",
          **where("state IN ('proposed', 'asked', 'approved', 'sent', 'acknowledged', 'part_received')")),
    Index("purchase_orders_approved", "approved_ms", **where("approved_ms > 0")),
)  # fmt: skip
purchase_lines = clustered(  # counts are the vendor's units of `per_unit` pieces; `live`: not cancelled as a whole
    "purchase_lines",
    key("purchase", BigInteger), key("no", Integer), text("sku"), number("quantity"), number("price"),
    number("price_basis", 1), text("unit"), number("per_unit", 1), text("vendor_sku"), text("gtin"), text("name"),
    text("deliver_on"), Column("acknowledged", BigInteger), number("received"), number("cancelled"), text("because"),
    text("need"), flag("live", True),
    Index("one_live_line_per_need", "need", unique=True, **where("need <> '' AND live")),
    Index("purchase_lines_sku", "sku", "purchase"),
)  # fmt: skip
receipts = Table(  # goods that came in for a line; `surplus` units are too many, and wait for a person
    "receipts", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("key"), number("purchase"), number("line"), text("sku"), text("warehouse"), number("quantity"), number("damaged"),
    number("surplus"), number("pieces"), number("at_ms"), text("delivery_note"), text("booked_by"),
    Index("receipts_key", "key", unique=True),
    Index("receipts_purchase", "purchase"),
)  # fmt: skip
vendor_replies = Table(  # what vendors answer; state: open, applied, declined, set_aside; `said`: JSON of Acknowledgement
    "vendor_replies", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("key"), number("purchase"), text("vendor"), text("format"), text("said"), text("state"), text("because"),
    number("at_ms"),
    Index("vendor_replies_key", "key", unique=True),
    Index("vendor_replies_open", "purchase", **where("state = 'open'")),
    Index("vendor_replies_purchase", "purchase"),
)  # fmt: skip
vendor_channels = clustered(  # where the reading of replies and arrivals goes on
    "vendor_channels",
    key("source"), text("cursor"),
)  # fmt: skip
buying_stops = Table(  # the kill switch: it stands while ended_ms is 0
    "buying_stops", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("at_ms"), text("stopped_by"), text("because"), number("ended_ms"), text("ended_by"), text("ended_because"),
    Index("one_standing_stop", "ended_ms", unique=True, **where("ended_ms = 0")),
)  # fmt: skip
transfers = Table(  # goods that go from one of our warehouses to another; state: see domain.transfer.TransferState
    "transfers", metadata,
    row_id(), text("number"), text("sku"), text("from_warehouse"), text("to_warehouse"), number("pieces"), text("need"),
    text("state"), number("received"), number("lost"), text("because"), number("proposed_ms"), text("proposed_by"),
    number("sent_ms"), number("since_ms"), number("retry_ms"), number("not_before_ms"), number("batch"),
    number("released_ms"),
    Index("transfers_number", "number", unique=True),
    Index("one_live_transfer_per_need", "need", unique=True, **where("state <> 'cancelled'")),
    Index("transfers_open", "id", **where("state IN ('proposed', 'released', 'in_transit')")),
    Index("transfers_untold", "id", **where("sent_ms = 0 AND state IN ('released', 'received')")),
    Index("transfers_released", "released_ms", **where("released_ms > 0")),
    Index("transfers_cancelled", "since_ms", **where("state = 'cancelled'")),
)  # fmt: skip
transfer_receipts = clustered(  # pieces of a transfer that have come; `damaged` of them are unfit to sell
    "transfer_receipts",
    key("key"), number("transfer"), number("pieces"), number("damaged"), number("at_ms"), text("booked_by"),
)  # fmt: skip

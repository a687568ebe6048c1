"""Counts of places, and what sensors say about them."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table
from sqlalchemy import text as sql

from afterclick.store.tables.columns import clustered, flag, key, metadata, number, text, where


def numbered() -> Column[int]:
    """A number that the database gives."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def real(name: str) -> Column[float]:
    return Column(name, Float, nullable=False, server_default=sql("0"))


stock_counts = Table(  # every count that was booked, with what was known of the place before it
    "stock_counts", metadata,
    numbered(), text("sku"), text("warehouse"), number("at_ms"), number("booked"), number("counted"), text("by_whom"),
    number("moves"), number("days"), number("odd"),
    Index("stock_counts_place", "sku", "warehouse", "at_ms"),
)  # fmt: skip
count_tasks = Table(  # state: proposed, open (counted once, and asked again), counted, expired; `reason`: stake, class, sensor
    "count_tasks", metadata,
    numbered(), text("sku"), text("warehouse"), text("state"), text("reason"), text("because"),
    real("chance"), number("at_stake"), text("currency"),
    number("proposed_ms"), number("expires_ms"), number("tries"), number("first_difference"),
    number("booked"), number("counted"), number("done_ms"), text("done_by"),
    number("moves"), number("days"), number("odd"),
    Index("count_tasks_active", "sku", "warehouse", unique=True, **where("state IN ('proposed', 'open')")),
    Index("count_tasks_state", "state", "proposed_ms"),
)  # fmt: skip
item_codes = clustered(  # barcode (GTIN-14) → SKU, and how many pieces it stands for
    "item_codes",
    key("code"), text("sku"), number("pieces", 1),
)  # fmt: skip
sensors = clustered(  # kind: scale, gate, scanner, other; state: new, live, silent, stuck, retired
    "sensors",
    key("id"), text("kind"), text("name"), text("warehouse"), text("sku"), number("tare_g"), number("tolerance_g"), text("state"),
    number("since_ms"), number("last_ms"), number("usual_ms"), number("readings"), number("unread"), text("unread_because"),
    number("same_since_ms"), number("same_booked"), real("last_value"),
)  # fmt: skip
sensor_events = clustered(  # evidence as it came; sku and warehouse are empty where nobody has said what is meant
    "sensor_events",
    key("key"), key("line", Integer), text("sensor"), number("at_ms"), number("arrived_ms"), text("kind"), text("code"),
    text("serial"), text("sku"), text("warehouse"), real("pieces"),
    real("grams"), text("step"), flag("void"),
    Index("sensor_events_place", "sku", "warehouse", "kind", "at_ms"),
    Index("sensor_events_at", "at_ms"),
)  # fmt: skip
sensor_state = clustered(  # what is believed of a place; `base` is what gates started from when older evidence was cleared
    "sensor_state",
    key("sku"), key("warehouse"), flag("dirty"), real("believed"),
    real("sd"), real("confidence"),
    real("drift"), number("drift_since_ms"), number("booked"), number("at_ms"),
    number("base_ms"), number("base_pieces"), real("bias"), text("sensors"),
)  # fmt: skip

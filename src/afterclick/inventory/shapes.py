"""What programs send and are given about stock."""

from typing import Annotated

import msgspec

from afterclick.inventory.places import LARGEST_QUANTITY

MOST_ROWS = 2_000


class Level(msgspec.Struct, frozen=True):
    """One SKU in one warehouse, in pieces."""

    sku: str
    warehouse: str
    on_hand: int
    reserved: int
    available: int
    on_order: int
    reorder_point: int


class LevelPage(msgspec.Struct, frozen=True):
    """A page of levels; `next` is the cursor of the page after it, empty on the last."""

    levels: tuple[Level, ...]
    next: str


class StockMove(msgspec.Struct, frozen=True):
    """Pieces that came (positive) or went (negative)."""

    at_ms: int
    warehouse: str
    quantity: int
    reason: str
    order_id: int | None
    note: str


class Replenishment(msgspec.Struct, frozen=True):
    """Pieces that are asked for and have not come."""

    warehouse: str
    quantity: int
    because: str
    asked_ms: int


class Wanted(msgspec.Struct, frozen=True):
    """Pieces of a SKU that a place has been waiting for."""

    sku: str
    warehouse: str
    quantity: int
    asked_ms: int


class Alerts(msgspec.Struct, frozen=True):
    """Places of SKUs that run `low`, have `nothing_free`, or are `over_reserved`; open replenishments, the `oldest` named."""

    low: int
    nothing_free: int
    over_reserved: int
    asked_for: int
    oldest: tuple[Wanted, ...]


class Sku(msgspec.Struct, frozen=True):
    """Where a SKU lies, its latest moves, and what is asked for."""

    sku: str
    name: str
    levels: tuple[Level, ...]
    moves: tuple[StockMove, ...]
    replenishments: tuple[Replenishment, ...]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pieces of a SKU in a warehouse."""

    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    warehouse: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    pieces: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_QUANTITY)]


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Goods that came, or that were counted."""

    rows: Annotated[list[Row], msgspec.Meta(min_length=1, max_length=MOST_ROWS)]


class Said(msgspec.Struct, frozen=True):
    """What happened at one place."""

    activity: str
    place: str
    because: str


class Booked(msgspec.Struct, frozen=True):
    """What was booked; nothing is where a row could not be."""

    events: tuple[Said, ...]

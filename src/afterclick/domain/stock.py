"""What is where: warehouses, levels, moves and reservations."""

from typing import Final, Literal

import msgspec

MoveReason = Literal["opening", "receipt", "shipment", "count", "adjustment", "return", "transfer"]
ReservationState = Literal["open", "shipped", "released"]

SHORT: Final = "stock"


class Warehouse(msgspec.Struct, frozen=True):
    """A place that holds stock. `latitude` and `longitude` are degrees; `handling` is the cost of one parcel in minor units."""

    id: str
    name: str
    country: str
    latitude: float = 0.0
    longitude: float = 0.0
    handling: int = 150


class StockLevel(msgspec.Struct, frozen=True):
    """Pieces of one SKU in one warehouse; available = on_hand − reserved."""

    sku: str
    warehouse: str
    on_hand: int = 0
    reserved: int = 0
    on_order: int = 0
    reorder_point: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class Reservation(msgspec.Struct, frozen=True):
    """Pieces of a SKU kept for one order line in one warehouse, until they ship, are released, or expire."""

    order_id: int
    line_no: int
    sku: str
    warehouse: str
    quantity: int
    revision: int = 0
    state: ReservationState = "open"
    expires_ms: int = 0

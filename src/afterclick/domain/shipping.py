"""How a parcel travels: carriers' tariffs, what is asked of a carrier, and the label that comes back."""

import msgspec

from afterclick.domain.order import Address


class Rate(msgspec.Struct, frozen=True):
    """What a carrier asks to one country: `base` + `per_kg` for each started kilogram, delivered within `days`."""

    base: int
    per_kg: int
    days: int


class Tariff(msgspec.Struct, frozen=True):
    """A carrier's rate card in one currency: the country of destination → its rate; nothing else is served.

    A key such as `ES>DE` is a lane: it holds from warehouses in ES only, and goes before the rate under `DE`.
    """

    carrier: str
    currency: str
    rates: dict[str, Rate]
    max_weight_g: int = 31_500


class Parcel(msgspec.Struct, frozen=True):
    """What leaves one warehouse for one order: SKU → pieces."""

    warehouse: str
    weight_g: int
    contents: dict[str, int]


class LabelRequest(msgspec.Struct, frozen=True):
    key: str
    order_id: int
    warehouse: str
    ship_to: Address
    weight_g: int
    service: str = "standard"


class Label(msgspec.Struct, frozen=True):
    """A bought label. `cost` is what the carrier will bill, in minor units."""

    carrier: str
    tracking: str
    cost: int
    currency: str


class VoidRequest(msgspec.Struct, frozen=True):
    """Take back the label that was bought under `label_key`; done also when there never was one. `tracking` where it is known."""

    key: str
    order_id: int
    label_key: str
    tracking: str = ""


class HandOver(msgspec.Struct, frozen=True):
    """The warehouse's instruction to pick, pack and give parcels to their carriers: (warehouse, carrier, tracking, contents)."""

    key: str
    order_id: int
    external_id: str
    parcels: tuple[tuple[str, str, str, dict[str, int]], ...]


class Recall(msgspec.Struct, frozen=True):
    """Ask the warehouse to keep a parcel that was handed over; declined once it has left the building."""

    key: str
    order_id: int

"""What programs send and are given about orders."""

from typing import Annotated

import msgspec

from afterclick.orders.changing import NewAddress
from afterclick.orders.overview import Listed

Because = Annotated[str, msgspec.Meta(max_length=500, description="The reason; it stays on record.")]
Number = Annotated[int, msgspec.Meta(ge=1, le=2_000)]
Pieces = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
Text = Annotated[str, msgspec.Meta(max_length=300)]


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody wants of an order, and why."""

    because: Because = "asked for by a program"


class Move(Wish, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Another address; the fields that are left out stay."""

    name: Text | None = None
    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    region: Text | None = None
    postcode: Text | None = None
    country: Text | None = None

    def change(self) -> dict[str, object]:
        """The change as the desk's amendments take it."""
        given: dict[str, object] = {name: getattr(self, name) for name in NewAddress.__struct_fields__}
        return {name: text for name, text in given.items() if text is not None}


class LineCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pieces of one line from now on; 0 takes it off."""

    no: Number
    quantity: Pieces


class Recount(Wish, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Other quantities."""

    lines: Annotated[list[LineCount], msgspec.Meta(min_length=1, max_length=2_000)]


class Part(Wish, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The lines that become an order of their own."""

    lines: Annotated[list[Number], msgspec.Meta(min_length=1, max_length=2_000)]


class AskedFor(msgspec.Struct, frozen=True):
    """An amendment that is asked for; `amendment` is null where the same was asked for already. A bot does it."""

    order: int
    action: str
    amendment: int | None


class OrderPage(msgspec.Struct, frozen=True):
    """A page of orders; `next` and `previous` are the cursors of the pages around it, empty where there is none."""

    orders: tuple[Listed, ...]
    next: str
    previous: str = ""


class Found(msgspec.Struct, frozen=True):
    """Our id of the order with that number."""

    id: int


class Standing(msgspec.Struct, frozen=True):
    """How the office stands: orders that ever came in, how many lie in queues, and orders that rest, by why."""

    received: int
    queued: int
    waiting: int
    inbox: int
    held: int

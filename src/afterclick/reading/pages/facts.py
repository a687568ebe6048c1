"""What a page says: facts with where they stand, and how far they can be believed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal

import msgspec

from afterclick.reading.prices.units import Per

Source = Literal["json-ld", "microdata", "meta", "visible", "script", "table", "feed"]
Availability = Literal["InStock", "OutOfStock", "LimitedAvailability", "PreOrder", "BackOrder", "Discontinued", ""]
AVAILABLE: Final = frozenset({"InStock", "LimitedAvailability", "PreOrder", "BackOrder"})


class Seen(msgspec.Struct, frozen=True):
    """One statement of the page: what it says, in which of its sources, at which place, and how likely it is what is asked."""

    value: str
    source: Source
    confidence: float
    path: str = ""


class SeenPrice(msgspec.Struct, frozen=True):
    """One price on the page; `other` is what its digits may mean too, `kind` whether it is only where prices begin."""

    amount: Decimal
    currency: str
    sign: str
    source: Source
    confidence: float
    path: str = ""
    text: str = ""
    other: Decimal | None = None
    kind: Literal["is", "from", "was"] = "is"
    per: Per = Per()


class Fact(msgspec.Struct, frozen=True):
    """What is believed of one thing, how much (0 to 1), and which sources of the page say so."""

    value: str
    confidence: float
    sources: tuple[Source, ...]
    path: str


class PriceFact(msgspec.Struct, frozen=True):
    """The price that is believed. `was` is the former price beside it, `doubt` what speaks against it; '' for nothing."""

    amount: Decimal
    currency: str
    sign: str
    per: Per
    kind: Literal["is", "from"]
    confidence: float
    sources: tuple[Source, ...]
    path: str
    text: str
    was: Decimal | None = None
    doubt: str = ""


class PageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of the product that it is about; `products` is how many it lists in all."""

    url: str
    sha256: str
    title: str = ""
    name: Fact | None = None
    brand: Fact | None = None
    sku: Fact | None = None
    gtin: Fact | None = None
    availability: Fact | None = None
    price: PriceFact | None = None
    products: int = 0
    notes: tuple[str, ...] = ()
    seen: tuple[SeenPrice, ...] = ()


def together(confidences: Sequence[float]) -> float:
    """How much several independent sources are believed that say the same: one minus the chance that all are wrong."""
    wrong = 1.0
    for one in confidences:
        wrong *= 1.0 - one
    return round(1.0 - wrong, 4)


def believed(seen: Sequence[Seen]) -> Fact | None:
    """The value that the sources together believe most; each source counts once for a value."""
    by_value: dict[str, dict[Source, Seen]] = {}
    for one in seen:
        of = by_value.setdefault(one.value, {})
        if one.source not in of or of[one.source].confidence < one.confidence:
            of[one.source] = one
    if not by_value:
        return None
    value, of = max(by_value.items(), key=lambda item: together([one.confidence for one in item[1].values()]))
    best = max(of.values(), key=lambda one: one.confidence)
    return Fact(value, together([one.confidence for one in of.values()]), tuple(of), best.path)

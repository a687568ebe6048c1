"""The vendors of a pretend company, and their price lists for its SKUs."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import numpy as np
from msgspec.structs import replace

from afterclick.domain.order import Address
from afterclick.domain.purchase import DocumentFormat, Freight, Offer, PriceBreak, Vendor, VendorCalendar

PAGES_ONLY: Final = "NETZ"
"""This vendor has no price list: what it asks stands on its pages."""
_VENDORS: Final[tuple[tuple[str, str, str, str, DocumentFormat, int, int, int, float], ...]] = (
    # id, name, town, country, documents, lead days, fixed freight and least order in cents, prices against the usual
    ("ELBE", "Elbe Großhandel", "Dresden", "DE", "ubl", 3, 390, 0, 1.06),
    ("ISAR", "Isar Handel", "München", "DE", "edifact", 4, 490, 3_000, 1.03),
    ("RHONE", "Rhône Négoce", "Lyon", "FR", "ubl", 5, 590, 5_000, 1.00),
    ("WISLA", "Wisła Hurt", "Poznań", "PL", "edifact", 7, 690, 8_000, 0.96),
    ("DOURO", "Douro Atacado", "Porto", "PT", "x12", 10, 890, 10_000, 0.92),
    ("BURSA", "Bursa Toptan", "Bursa", "TR", "ubl", 21, 1_900, 20_000, 0.84),
    (PAGES_ONLY, "Netzlager", "Kassel", "DE", "ubl", 4, 490, 0, 0.97),
)
_SHARE: Final = (0.55, 0.5, 0.5, 0.45, 0.35, 0.12, 0.15)
"""Of the SKUs, how many each vendor sells."""


def vendors() -> list[Vendor]:
    """Seven vendors, three to 21 days away; they work from Monday to Friday."""
    return [
        Vendor(
            name, title, Address(title, "Kai 1", "", town, "", "10000", country), minimum_value=least, lead_days=lead,
            freight=Freight(fixed=freight, free_from=40_000), calendar=VendorCalendar(), document=form, order_cost=150,
            endpoint=f"0088:40000010{number:05d}", category="goods",
        )
        for number, (name, title, town, country, form, lead, freight, least, _) in enumerate(_VENDORS, 1)
    ]  # fmt: skip


def offers(skus: Sequence[str], costs: Sequence[int], *, seed: int) -> list[Offer]:
    """What each vendor asks for what it sells, with price breaks, minimum and packs; every SKU is sold by two at least."""
    rng = np.random.default_rng((seed, 31))
    found: list[Offer] = []
    for sku, cost in zip(skus, costs, strict=True):
        sells = rng.random(len(_VENDORS)) < np.array(_SHARE)
        sells[rng.permutation(4)[:2]] = True
        found += [
            _offer(_VENDORS[at][0], sku, cost * _VENDORS[at][8] * float(rng.uniform(0.96, 1.04)), rng)
            for at in np.flatnonzero(sells).tolist()
        ]
    return found


def page_address(sku: str) -> str:
    """Where the vendor without a price list shows what a SKU costs."""
    return f"https://netzlager.example/{sku.lower()}"


def on_page(offer: Offer) -> Decimal:
    """The price for one piece in major units, as the vendor's page shows it."""
    return Decimal(offer.breaks[0].price) / 100


def _offer(vendor: str, sku: str, price: float, rng: np.random.Generator) -> Offer:
    """Two price breaks, or none where only a page tells the price; packs of 1, 6 or 12, and from one vendor boxes of 12."""
    pack, boxed = int(rng.choice((1, 1, 1, 6, 12))), vendor == "DOURO" and rng.random() < 0.4
    steps = (1.0, 0.98, 0.96)
    offer = Offer(
        vendor, sku,
        tuple(PriceBreak(quantity, max(1, round(price * less))) for quantity, less in zip((1, 48, 240), steps, strict=True)),
        vendor_sku=f"{vendor[0]}{sku}", minimum=pack, pack=pack,
    )  # fmt: skip
    if vendor == PAGES_ONLY:
        return replace(offer, breaks=offer.breaks[:1], minimum=1, pack=1, source="page", source_name=page_address(sku))
    if boxed:
        boxes = tuple(PriceBreak(quantity, max(1, round(price * less * 12))) for quantity, less in ((1, 0.99), (10, 0.96)))
        return replace(offer, breaks=boxes, minimum=1, pack=1, per_unit=12, unit="XBX")
    return offer

"""Carry prices that count into the offers that purchasing chooses from."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from afterclick.domain.purchase import Offer, OfferSource, PriceBreak
from afterclick.domain.scouting import Judged, Reading
from afterclick.procurement.buying import records
from afterclick.store.transaction import Tx

_READ: Final = ("page", "feed")
"""Offers that scouts may change: what a person, a list of theirs or a document says stays as it is."""


def bring_up_to_date(tx: Tx, counting: Sequence[tuple[Reading, Judged]], *, now_ms: int) -> int:
    """Give known vendors' offers the prices that count; returns how many are new or changed.

    An offer that somebody stands for (a price list, a person, a document) is left alone: what a page shows the public is not
    what was agreed. A vendor that the office does not know gets no offer.
    """
    wanted = {
        (one.party, one.sku): (one, judged) for one, judged in counting if one.role == "vendor" and one.sku and not one.vouched
    }
    if not wanted:
        return 0
    known = records.vendors(tx, [party for party, _ in wanted])
    asked = {
        (one.offer.vendor, one.offer.sku): one.offer
        for one in records.offers(tx, skus=[sku for _, sku in wanted], vendor_ids=[party for party, _ in wanted])
    }
    fresh: list[Offer] = []
    readings: dict[tuple[str, str], int] = {}
    for key, (one, judged) in wanted.items():
        before = asked.get(key)
        if key[0] not in known or (before is not None and before.source not in _READ):
            continue
        source: OfferSource = "feed" if one.source in ("feed", "table", "pdf") else "page"
        offer = before or Offer(one.party, one.sku, (), vendor_sku=one.vendor_sku, gtin=one.gtin)
        fresh.append(replace(
            offer, breaks=(PriceBreak(1, one.amount),), currency=one.currency, price_basis=one.pieces, per_unit=1,
            source=source, source_name=one.url[:300], read_ms=one.at_ms,
        ))  # fmt: skip
        readings[key] = judged.readings
    return records.save_offers(tx, fresh, readings=readings, now_ms=now_ms)

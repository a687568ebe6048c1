"""Fingerprints by which like is found quickly: of a basket and of a postal address."""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from afterclick.domain.order import Address, Line

_SEPARATORS: Final = re.compile(r"[\W_]+")


def basket_key(lines: Iterable[Line]) -> str:
    """16 hex digits, equal for the same pieces of the same SKUs in any order and split over any lines; '' for no lines.

    Prices are left out: a basket that is ordered twice is one basket, also when a discount code changed its price.
    """
    pieces: dict[str, int] = {}
    for line in lines:
        sku = line.sku
        pieces[sku] = pieces[sku] + line.quantity if sku in pieces else line.quantity
    if not pieces:
        return ""
    written = "\n".join(sorted([f"{sku}\t{quantity}" for sku, quantity in pieces.items()]))
    return blake2b(written.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def address_key(address: Address) -> str:
    """16 hex digits, equal whatever the case, spaces and punctuation and however split over the lines; '' without a `line1`.

    The recipient's name is left out: the parcels go to one door.
    """
    if not address.line1:
        return ""
    written = f"{address.line1}{address.line2}{address.postcode}{address.city}{address.country}"
    plain = _SEPARATORS.sub("", written).casefold()
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest() if plain else ""

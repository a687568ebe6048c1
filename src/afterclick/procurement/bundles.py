"""Bundles, taken apart into what lies on the shelf."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from afterclick.store.transaction import Tx

MOST_DEEP: Final = 10
"""Bundles within bundles; what is deeper holds itself."""


def contents(tx: Tx) -> dict[str, dict[str, int]]:
    """What lies on the shelf of each bundle: SKU → part → pieces in one. A bundle within a bundle is taken apart as well."""
    bundles = {
        sku: msgspec.json.decode(components, type=dict[str, int])
        for sku, components in tx.rows("SELECT sku, components FROM items WHERE components IS NOT NULL")
    }
    return {sku: _apart(sku, bundles) for sku in bundles}


def _apart(sku: str, bundles: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    pieces: Counter[str] = Counter()
    open_ones: dict[str, int] = {sku: 1}
    for _ in range(MOST_DEEP):
        inside: Counter[str] = Counter()
        for one, count in open_ones.items():
            if one not in bundles:
                pieces[one] += count
            for part, each in bundles.get(one, {}).items():
                inside[part] += count * each
        open_ones = inside
    return dict(pieces)

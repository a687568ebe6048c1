"""Which article of ours a vendor's number or a GTIN means."""

from afterclick.procurement.buying import records
from afterclick.procurement.scouting.looking import Articles
from afterclick.store.transaction import Tx


def articles_of(tx: Tx, party: str) -> Articles:
    """Our SKUs by this vendor's numbers (from its offers), by GTIN (from offers and scanner codes), and as they are."""
    offers = [one.offer for one in records.offers(tx, vendor_ids=[party])]
    by_gtin = {str(code).lstrip("0"): str(sku) for code, sku in tx.rows("SELECT code, sku FROM item_codes WHERE pieces = 1")}
    by_gtin |= {one.gtin.lstrip("0"): one.sku for one in offers if one.gtin}
    return Articles(
        {one.vendor_sku: one.sku for one in offers if one.vendor_sku},
        by_gtin,
        frozenset(str(row[0]) for row in tx.rows("SELECT sku FROM items")),
    )

"""Look at what stands at the docks before it is booked."""

from typing import Any, cast

from afterclick.engine.batch import Batch
from afterclick.ports.goods_in import GoodsIn
from afterclick.procurement.buying.listen import PAGE


def unbooked(some: Batch[Any]) -> set[str]:
    """The numbers of the orders of which goods have come that `procurement.listen` has not taken in yet."""
    found: set[str] = set()
    for name in some.systems("goods_in"):
        cursor, more = str(some.tx.value("SELECT cursor FROM vendor_channels WHERE source = ?", (name,)) or ""), True
        while more:
            page = cast(GoodsIn, some.system(name)).arrivals(cursor=cursor, limit=PAGE)
            found |= {line.order for line in page.lines}
            cursor, more = page.cursor, page.more and page.cursor != cursor
    return found

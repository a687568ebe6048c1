"""What people decide about transfers: one that has not begun is not wanted, or the rest of one will not come."""

from typing import Final

from afterclick.engine.undecidable import NotDecidable
from afterclick.procurement.transferring.proposing import KIND
from afterclick.store import transfers
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

SILENT_MS: Final = 24 * 3_600_000
"""A warehouse that has not answered for so long has not sent the goods, as far as anybody can tell."""


def end(tx: Tx, number: str, *, by: str, because: str, now_ms: int) -> list[Event]:
    """Cancel a transfer that has not begun or of which its warehouse has said nothing for a day, or write off what has not come
    of one in transit; the events are the caller's to log.

    Raises:
        NotDecidable: there is no such transfer, it has ended, or its warehouse is just being told.
    """
    one = transfers.numbered(tx, [number]).get(number)
    if one is None:
        raise NotDecidable(f"there is no transfer {number[:40]}; `afterclick transfer list` names them")
    said = f"{by}: {because}"[:300]
    if one.state == "proposed" or (one.state == "released" and not one.received and now_ms - one.since_ms >= SILENT_MS):
        transfers.cancel(tx, {one: said}, now_ms=now_ms)
        return [Event("transfer.cancelled", None, f"{KIND}/{one.id}", "Refuse", f"{number}: {said}")]
    if one.state == "in_transit":
        transfers.write_off(tx, one, because=said, now_ms=now_ms)
        lost = f"{one.due:,} of {one.pieces:,} pieces of {one.sku} are written off; {said}"
        return [Event("transfer.written_off", None, f"{KIND}/{one.id}", "Refuse", f"{number}: {lost}")]
    if one.state == "released":
        raise NotDecidable(f"{number}: its warehouse is just being told, or has not answered yet; try again when it has")
    raise NotDecidable(f"{number} is {one.state} already; nothing was changed")

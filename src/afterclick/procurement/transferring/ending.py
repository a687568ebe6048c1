"""What people decide about transfers: one that has not begun is not wanted, or the rest of one will not come."""

from typing import Final, Literal

from afterclick.domain.transfer import Transfer
from afterclick.engine.undecidable import NotDecidable
from afterclick.procurement.transferring.proposing import KIND
from afterclick.store import transfers
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

SILENT_MS: Final = 24 * 3_600_000
"""A warehouse that has not answered for so long has sent no more than has come, as far as anybody can tell."""
End = Literal["", "cancel", "write_off"]


def way_to_end(one: Transfer, *, now_ms: int) -> End:
    """How a person may end a transfer: what has not begun is cancelled, what has not come is written off. While its warehouse is
    being told, and for a day after, nobody may."""
    silent = one.state == "released" and now_ms - one.since_ms >= SILENT_MS
    if one.state == "proposed" or (silent and not one.received):
        return "cancel"
    return "write_off" if one.state == "in_transit" or silent else ""


def end(tx: Tx, number: str, *, by: str, because: str, now_ms: int) -> list[Event]:
    """End a transfer in the way that is open to it; the events are the caller's to log.

    Raises:
        NotDecidable: there is no such transfer, no reason is given, it has ended, or its warehouse is being told.
    """
    one = transfers.numbered(tx, [number]).get(number)
    if one is None:
        raise NotDecidable(f"there is no transfer {number[:40]}; `afterclick transfer list` names them")
    if not because.strip():
        raise NotDecidable(f"say why {number} ends; it stays on record")
    said = f"{by}: {because.strip()}"[:300]
    way = way_to_end(one, now_ms=now_ms)
    if way == "cancel":
        transfers.cancel(tx, {one: said}, now_ms=now_ms)
        return [Event("transfer.cancelled", None, f"{KIND}/{one.id}", "Refuse", f"{number}: {said}")]
    if way == "write_off":
        transfers.write_off(tx, one, because=said, now_ms=now_ms)
        lost = f"{one.due:,} of {one.pieces:,} pieces of {one.sku} are written off; {said}"
        return [Event("transfer.written_off", None, f"{KIND}/{one.id}", "Refuse", f"{number}: {lost}")]
    if one.state == "released":
        raise NotDecidable(f"{number}: its warehouse is being told; it can be ended when that has answered, or after a day")
    raise NotDecidable(f"{number} is {one.state} already; nothing was changed")

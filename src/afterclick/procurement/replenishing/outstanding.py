"""What is still to come for each item and place, every need counted exactly once from the proposal to the last receipt."""

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal, TypeAlias

import msgspec

State: TypeAlias = Literal["proposed", "ordered", "confirmed", "in transit", "back-ordered", "received", "cancelled", "refused"]
_STEPS: Final[dict[State, int]] = {
    "proposed": 0, "ordered": 1, "confirmed": 2, "in transit": 3, "back-ordered": 3, "received": 4, "cancelled": 4, "refused":
    4,
}  # fmt: skip
_OVER: Final = 4


class Coming(msgspec.Struct, frozen=True):
    """One record of pieces that were asked for: a proposal, a line of an order, a despatch or a back order.

    `need` is what they were asked for (`need_id`); `part` tells apart several deliveries into which one need was split, and
    stays the same when a proposal becomes an order. `pieces` are those asked for, of which `received` came (more than asked
    for: an over-delivery) and `cancelled` never will.
    """

    need: str
    sku: str
    place: str
    state: State
    pieces: int
    received: int = 0
    cancelled: int = 0
    part: str = ""


def need_id(day: date, sku: str, place: str) -> str:
    """The name of the need that a plan of this day finds: a plan run twice on one day finds the same need, not a second one."""
    return f"plan/{day.isoformat()}/{sku}@{place}"


def outstanding(records: Iterable[Coming]) -> dict[tuple[str, str], int]:
    """Pieces still to come by (SKU, place).

    Of several records of the same part of a need (its proposal, its order, its confirmation) only the latest counts: one that is
    over; else the one with more received and cancelled, which never become fewer; of two alike, the one further on. Nothing
    that was refused, cancelled or received in full is still to come, and an over-delivery takes nothing off other needs.
    """
    latest: dict[tuple[str, str, str, str], Coming] = {}
    for record in records:
        key = (record.need, record.part, record.sku, record.place)
        known = latest.get(key)
        if known is None or _progress(record) > _progress(known):
            latest[key] = record
    coming: dict[tuple[str, str], int] = {}
    for record in latest.values():
        left = 0 if _STEPS[record.state] == _OVER else max(0, record.pieces - record.received - record.cancelled)
        place = (record.sku, record.place)
        coming[place] = coming.get(place, 0) + left
    return coming


def _progress(record: Coming) -> tuple[bool, int, int]:
    step = _STEPS[record.state]
    return step == _OVER, record.received + record.cancelled, step

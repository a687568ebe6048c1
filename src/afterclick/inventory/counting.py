"""Shelves are counted: the books are brought to what is there, and what that breaks is said."""

from collections.abc import Mapping, Sequence
from typing import Final

from afterclick.inventory.places import Goods, check
from afterclick.store import stock, tables
from afterclick.store.log import Event
from afterclick.store.stock import Move
from afterclick.store.transaction import Tx

_COUNT: Final = ("sku", "warehouse", "at_ms", "booked", "counted", "by_whom", "moves", "days", "odd")


def count(tx: Tx, rows: Sequence[Goods], *, by: str, now_ms: int) -> list[Event]:
    """Bring the books to rows of (sku, warehouse, pieces that are there); returns the events, for the caller to log.

    A place named twice has the sum of both: two shelves of the same goods. `stock.counted` says the difference. More pieces
    than booked also give `stock.arrived`, which wakes who waits. Fewer than are reserved give `stock.short` with the verdict
    Ask: the orders desk then gives back the reservations of the newest orders. The count is kept as history, and what was
    proposed to be counted there is done.

    Raises:
        UnknownPlace: a SKU or warehouse is not known, or a quantity is below 0; nothing was booked then.
    """
    check(tx, rows, least=0)
    there: dict[stock.Place, int] = {}
    for sku, warehouse, pieces in rows:
        there[sku, warehouse] = there.get((sku, warehouse), 0) + pieces
    stock.ensure_levels(tx, there)
    levels = stock.levels(tx, {sku for sku, _ in there})
    moves: list[Move] = []
    events: list[Event] = []
    for place, pieces in sorted(there.items()):
        level, (sku, warehouse) = levels[place], place
        difference, named = pieces - level.on_hand, f"stock/{sku}@{warehouse}"
        if not difference:
            events.append(Event("stock.counted", None, named, "Pass", f"{pieces:,} as booked"))
            continue
        moves.append(Move(sku, warehouse, difference, "count", None, by))
        events.append(Event("stock.counted", None, named, "Pass", f"{pieces:,} there, {level.on_hand:,} booked: {difference:+,}"))
        if pieces < level.reserved:
            because = (
                f"{pieces:,} of {sku} are in {warehouse}, {level.reserved:,} are reserved: {level.reserved - pieces:,} too many"
            )
            events.append(Event("stock.short", None, named, "Ask", because))
        elif difference > 0:
            events.append(Event("stock.arrived", None, named, "", f"{difference:,} more than booked"))
    stock.move(tx, moves, now_ms=now_ms)
    _keep(tx, {place: (levels[place].on_hand, pieces) for place, pieces in sorted(there.items())}, by=by, now_ms=now_ms)
    return events


def _keep(tx: Tx, results: Mapping[stock.Place, tuple[int, int]], *, by: str, now_ms: int) -> None:
    """Write the counts (booked, counted) down with what was known before, and close what was proposed there."""
    condition, value = tx.among(sorted({sku for sku, _ in results}))
    active = {
        (sku, warehouse): (number, *known)
        for number, sku, warehouse, *known in tx.rows(
            "SELECT id, sku, warehouse, moves, days, odd FROM count_tasks"  # noqa: S608
            f" WHERE state IN ('proposed', 'open') AND sku {condition}",
            (value,),
        )
        if (sku, warehouse) in results
    }
    unknown = (0, -1, -1, 0)
    rows = [
        (*place, now_ms, booked, counted, by, *active.get(place, unknown)[1:]) for place, (booked, counted) in results.items()
    ]
    tx.insert(tables.stock_counts, _COUNT, rows)
    done = [(*results[place], now_ms, by, task[0]) for place, task in active.items()]
    tx.run_many(
        "UPDATE count_tasks SET state = 'counted', tries = tries + 1, booked = ?, counted = ?, done_ms = ?, done_by = ?"
        " WHERE id = ?",
        done,
    )

"""The stock ledger: what is on hand, what is reserved, every move between, and what has been asked for.

On hand = sum of moves; reserved = sum of open reservations. Every change goes through here, so that both stay true.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.stock import MoveReason, Reservation, StockLevel
from afterclick.store import tables
from afterclick.store.transaction import Row, Tx

Place = tuple[str, str]
"""(sku, warehouse)."""

_LEVEL: Final = "sku, warehouse, on_hand, reserved, on_order, reorder_point"
_MOVE: Final = ("at_ms", "sku", "warehouse", "quantity", "reason", "order_id", "note")
_RESERVATION: Final = ("order_id", "revision", "line_no", "sku", "warehouse", "quantity", "state", "expires_ms")


class Move(NamedTuple):
    """Pieces that came (positive) or went (negative), and why."""

    sku: str
    warehouse: str
    quantity: int
    reason: MoveReason
    order_id: int | None = None
    note: str = ""


def levels(tx: Tx, skus: Iterable[str]) -> dict[Place, StockLevel]:
    """The levels of these SKUs everywhere, locked until commit where several workers write."""
    condition, value = tx.among(sorted(set(skus)))
    locked = " ORDER BY sku, warehouse FOR UPDATE" if tx.dialect == "postgresql" else ""
    rows = tx.rows(f"SELECT {_LEVEL} FROM stock_levels WHERE sku {condition}{locked}", (value,))  # noqa: S608
    return {(row[0], row[1]): StockLevel(*row) for row in rows}


def move(tx: Tx, moves: Sequence[Move], *, now_ms: int) -> None:
    """Write moves and bring `on_hand` along; the places have levels (`ensure_levels`)."""
    tx.insert(tables.stock_moves, _MOVE, [(now_ms, *one) for one in moves])
    change: Counter[Place] = Counter()
    for one in moves:
        change[one.sku, one.warehouse] += one.quantity
    _add(tx, ("on_hand",), change)


def receive(tx: Tx, arrived: Mapping[Place, int], *, note: str, now_ms: int) -> None:
    """Pieces come in: they go on the shelf, and a replenishment that was open for a place is closed by it."""
    places = sorted(place for place, pieces in arrived.items() if pieces)
    ensure_levels(tx, places)
    move(tx, [Move(sku, warehouse, arrived[sku, warehouse], "receipt", None, note) for sku, warehouse in places], now_ms=now_ms)
    close_replenishments(tx, places, now_ms=now_ms)


def close_replenishments(tx: Tx, places: Iterable[Place], *, now_ms: int) -> None:
    """What was asked for at these places has come, or is wanted no more; who still lacks something asks again."""
    tx.run_many(
        "UPDATE replenishments SET state = 'closed', closed_ms = ? WHERE sku = ? AND warehouse = ? AND state = 'open'",
        [(now_ms, sku, warehouse) for sku, warehouse in sorted(set(places))],
    )


def ensure_levels(tx: Tx, places: Iterable[Place]) -> None:
    """Give places a level of nothing, where they have none."""
    tx.run_many("INSERT INTO stock_levels (sku, warehouse) VALUES (?, ?) ON CONFLICT DO NOTHING", sorted(set(places)))


def reserve(tx: Tx, reservations: Sequence[Reservation]) -> None:
    """Hold pieces; the caller has seen under lock that they are there."""
    rows = [(r.order_id, r.revision, r.line_no, r.sku, r.warehouse, r.quantity, r.state, r.expires_ms) for r in reservations]
    tx.insert(tables.reservations, _RESERVATION, rows)
    change: Counter[Place] = Counter()
    for row in rows:
        change[row[3], row[4]] += row[5]
    _add(tx, ("reserved",), change)


def held(tx: Tx, order_ids: Iterable[int]) -> list[Reservation]:
    """The open reservations of these orders."""
    condition, value = tx.among(order_ids)
    return [
        Reservation(*row)
        for row in tx.rows(
            "SELECT order_id, line_no, sku, warehouse, quantity, revision, state, expires_ms FROM reservations"  # noqa: S608
            f" WHERE order_id {condition} AND state = 'open'",
            (value,),
        )
    ]


def release(tx: Tx, order_ids: Sequence[int]) -> set[int]:
    """Give the open reservations of these orders back; returns the orders that had any."""
    return {row[0] for row in _close(tx, order_ids, "released", ("reserved",))}


def ship(tx: Tx, order_ids: Sequence[int], *, now_ms: int) -> None:
    """What was reserved for these orders leaves the shelf, with a move for each reservation."""
    shipped = _close(tx, order_ids, "shipped", ("reserved", "on_hand"))
    moves = [(now_ms, sku, warehouse, -quantity, "shipment", order_id, "") for order_id, sku, warehouse, quantity in shipped]
    tx.insert(tables.stock_moves, _MOVE, moves)


def _close(tx: Tx, order_ids: Sequence[int], state: str, columns: tuple[str, ...]) -> list[Row]:
    """End the open reservations of these orders; returns (order, sku, warehouse, pieces) of each."""
    condition, value = tx.among(order_ids)
    closed = tx.rows(
        f"UPDATE reservations SET state = ? WHERE order_id {condition} AND state = 'open'"  # noqa: S608
        " RETURNING order_id, sku, warehouse, quantity",
        (state, value),
    )
    change: Counter[Place] = Counter()
    for _, sku, warehouse, quantity in closed:
        change[sku, warehouse] -= quantity
    if tx.dialect == "postgresql":
        levels(tx, {sku for sku, _ in change})  # locked in the one order in which everybody locks them
    _add(tx, columns, change)
    return closed


def ask_replenishment(tx: Tx, wanted: Mapping[Place, tuple[int, str]], *, now_ms: int) -> int:
    """Open a request per place (pieces, because) where none is open; returns how many were new."""
    rows = [(sku, warehouse, pieces, because, now_ms) for (sku, warehouse), (pieces, because) in sorted(wanted.items())]
    if not rows:
        return 0
    before = tx.value("SELECT COUNT(*) FROM replenishments WHERE state = 'open'")
    tx.run_many(
        "INSERT INTO replenishments (sku, warehouse, quantity, because, state, asked_ms) VALUES (?, ?, ?, ?, 'open', ?)"
        " ON CONFLICT DO NOTHING",
        rows,
    )
    return tx.value("SELECT COUNT(*) FROM replenishments WHERE state = 'open'") - before


def add_on_order(tx: Tx, change: Mapping[Place, int]) -> None:
    """Pieces that are on order from now on, or (negative) no longer. Only the ledgers of purchases and transfers do this."""
    _add(tx, ("on_order",), change)


def asked_for(tx: Tx) -> set[Place]:
    """Where a replenishment is open."""
    return {(sku, warehouse) for sku, warehouse in tx.rows("SELECT sku, warehouse FROM replenishments WHERE state = 'open'")}


def _add(tx: Tx, columns: tuple[str, ...], change: Mapping[Place, int]) -> None:
    rows = [(*(pieces for _ in columns), sku, warehouse) for (sku, warehouse), pieces in sorted(change.items()) if pieces]
    tx.update(tables.stock_levels, keys=("sku", "warehouse"), sets=columns, rows=rows, add=True)

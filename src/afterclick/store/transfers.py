"""The ledger of transfers: what goes from one warehouse to another, and what of it is still on its way.

What is outstanding counts as on order at the place that is to get it, from the moment it is proposed. Pieces leave the books of
the place that gives them when they are released, so that nobody sells them, and go on those of the other when they come.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.transfer import OPEN_TRANSFER, Transfer
from afterclick.store import purchases, stock, tables
from afterclick.store.stock import Move, Place
from afterclick.store.transaction import Tx

_INSERTED: Final = (
    "id", "number", "sku", "from_warehouse", "to_warehouse", "pieces", "need", "state", "because", "proposed_ms", "proposed_by",
    "since_ms",
)  # fmt: skip
COLUMNS: Final = (
    "id, number, sku, from_warehouse, to_warehouse, pieces, need, state, received, lost, because, proposed_ms, proposed_by,"
    " sent_ms, since_ms, retry_ms"
)
"""The columns of which a `Transfer` is made."""
IS_OPEN: Final = "state IN ('" + "', '".join(OPEN_TRANSFER) + "')"
"""In a query over `transfers`: something may still come. The index of open transfers is over just this."""
_UNTOLD: Final = "sent_ms = 0 AND state IN ('released', 'received')"


class Receipt(NamedTuple):
    """Pieces of a transfer that have come, `damaged` of them unfit to sell. The same `key` twice counts once."""

    key: str
    transfer: int
    pieces: int
    damaged: int
    at_ms: int
    booked_by: str


def propose(tx: Tx, proposed: Sequence[Transfer]) -> None:
    """Write new transfers down; they count as on order from now on."""
    rows = [
        (one.id, one.number, one.sku, one.start, one.end, one.pieces, one.need, "proposed", one.because, one.proposed_ms,
         one.proposed_by, one.proposed_ms)
        for one in proposed
    ]  # fmt: skip
    tx.insert(tables.transfers, _INSERTED, rows)
    _on_order(tx, {one: one.pieces for one in proposed})


def proposed(tx: Tx, *, limit: int) -> list[Transfer]:
    """Transfers that nobody has judged yet, oldest first; held until commit where several workers write."""
    locked = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    sql = f"SELECT {COLUMNS} FROM transfers WHERE state = 'proposed' ORDER BY id LIMIT ?{locked}"  # noqa: S608
    return [Transfer(*row) for row in tx.rows(sql, (limit,))]


def hold(tx: Tx, batch: int, *, limit: int, until_ms: int, now_ms: int) -> None:
    """Let a batch have the transfers of which no warehouse is known to have heard and that no other batch has, until then; among
    them those whose goods came all the same, since the answer was lost."""
    locked = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    sql = f"SELECT id FROM transfers WHERE {_UNTOLD} AND not_before_ms <= ? ORDER BY id LIMIT ?{locked}"  # noqa: S608
    rows = [(batch, until_ms, row[0]) for row in tx.rows(sql, (now_ms, limit))]
    tx.run_many("UPDATE transfers SET batch = ?, not_before_ms = ? WHERE id = ?", rows)


def held(tx: Tx, batch: int, *, locked: bool = False) -> list[Transfer]:
    """The transfers that a batch has and of which no warehouse is known to have heard yet; `locked` until commit, if asked for,
    so that nothing of them comes in meanwhile."""
    rest = " FOR UPDATE" if locked and tx.dialect == "postgresql" else ""
    sql = f"SELECT {COLUMNS} FROM transfers WHERE {_UNTOLD} AND batch = ? ORDER BY id{rest}"  # noqa: S608
    return [Transfer(*row) for row in tx.rows(sql, (batch,))]


def numbered(tx: Tx, numbers: Iterable[str]) -> dict[str, Transfer]:
    """Transfers by number; held until commit where several workers write."""
    condition, value = tx.among(sorted(set(numbers)))
    locked = " ORDER BY id FOR UPDATE" if tx.dialect == "postgresql" else ""
    rows = tx.rows(f"SELECT {COLUMNS} FROM transfers WHERE number {condition}{locked}", (value,))  # noqa: S608
    return {one.number: one for one in (Transfer(*row) for row in rows)}


def released_since(tx: Tx, since_ms: int) -> int:
    """Pieces that transfers have taken off shelves since then; what went back is not among them. Nobody else releases any until
    commit."""
    tx.take("transfers.judged")
    sql = "SELECT COALESCE(SUM(pieces), 0) FROM transfers WHERE released_ms > 0 AND released_ms >= ? AND state <> 'cancelled'"
    return int(tx.value(sql, (since_ms,)))


def cancelled_since(tx: Tx, since_ms: int) -> frozenset[tuple[str, str, str]]:
    """(SKU, from, to) of the transfers that were cancelled since then."""
    sql = "SELECT sku, from_warehouse, to_warehouse FROM transfers WHERE state = 'cancelled' AND since_ms >= ?"
    return frozenset((row[0], row[1], row[2]) for row in tx.rows(sql, (since_ms,)))


def release(tx: Tx, some: Sequence[Transfer], *, now_ms: int) -> None:
    """Take the pieces off the books of the place that gives them; the caller has seen under lock that they are there."""
    stock.move(tx, [Move(one.sku, one.start, -one.pieces, "transfer", None, one.number) for one in some], now_ms=now_ms)
    tx.run_many(
        "UPDATE transfers SET state = 'released', released_ms = ?, since_ms = ? WHERE id = ?",
        [(now_ms, now_ms, one.id) for one in some],
    )


def sent(tx: Tx, some: Sequence[Transfer], *, now_ms: int) -> None:
    """Their warehouses have them."""
    tx.run_many(
        "UPDATE transfers SET sent_ms = ?, since_ms = CASE WHEN state = 'released' THEN ? ELSE since_ms END, retry_ms = 0,"
        " state = CASE WHEN state = 'released' THEN 'in_transit' ELSE state END WHERE id = ?",
        [(now_ms, now_ms, one.id) for one in some],
    )


def later(tx: Tx, waits_ms: Mapping[int, int], *, now_ms: int) -> None:
    """Transfers whose warehouse gave no answer: each is tried again after so long."""
    rows = [(wait_ms, now_ms + wait_ms, transfer) for transfer, wait_ms in waits_ms.items()]
    tx.run_many("UPDATE transfers SET retry_ms = ?, not_before_ms = ? WHERE id = ?", rows)


def cancel(tx: Tx, why: Mapping[Transfer, str], *, now_ms: int) -> None:
    """End transfers that have not begun, each for a reason; what was released is back where it was."""
    stock.levels(tx, {one.sku for one in why})  # locked in the one order in which everybody locks them
    back = [Move(one.sku, one.start, one.pieces, "transfer", None, one.number) for one in why if one.state == "released"]
    stock.move(tx, back, now_ms=now_ms)
    _on_order(tx, {one: -one.due for one in why})
    tx.run_many(
        "UPDATE transfers SET state = 'cancelled', because = ?, since_ms = ? WHERE id = ?",
        [(because, now_ms, one.id) for one, because in why.items()],
    )


def known_receipts(tx: Tx, keys: Iterable[str]) -> set[str]:
    """Those of these receipts that are booked already."""
    condition, value = tx.among(sorted(set(keys)))
    return {row[0] for row in tx.rows(f"SELECT key FROM transfer_receipts WHERE key {condition}", (value,))}  # noqa: S608


def book(tx: Tx, receipts: Sequence[Receipt], some: Mapping[int, Transfer], *, by: str, now_ms: int) -> None:
    """Put what has come on the shelf, damaged pieces aside, and end the transfers of which all has come."""
    tx.insert(tables.transfer_receipts, Receipt._fields, receipts)
    came: Counter[int] = Counter()
    arrived: Counter[Place] = Counter()
    for one in receipts:
        came[one.transfer] += one.pieces
        arrived[some[one.transfer].sku, some[one.transfer].end] += one.pieces - one.damaged
    stock.levels(tx, {sku for sku, _ in arrived})  # locked in the one order in which everybody locks them
    stock.receive(tx, arrived, note=by, now_ms=now_ms)
    _on_order(tx, {some[transfer]: -pieces for transfer, pieces in came.items()})
    tx.run_many(
        "UPDATE transfers SET received = received + ? WHERE id = ?", [(pieces, transfer) for transfer, pieces in came.items()]
    )
    _settle(tx, list(came), now_ms=now_ms)


def write_off(tx: Tx, one: Transfer, *, because: str, now_ms: int) -> None:
    """What has not come of a transfer in transit will not: it is on nobody's books any more."""
    _on_order(tx, {one: -one.due})
    tx.run("UPDATE transfers SET lost = ?, because = ? WHERE id = ?", (one.due, because, one.id))
    _settle(tx, [one.id], now_ms=now_ms)


def _settle(tx: Tx, ids: Sequence[int], *, now_ms: int) -> None:
    condition, value = tx.among(ids)
    tx.run(
        "UPDATE transfers SET state = CASE WHEN received > 0 THEN 'received' ELSE 'lost' END, since_ms = ?"  # noqa: S608
        f" WHERE id {condition} AND pieces <= received + lost",
        (now_ms, value),
    )


def _on_order(tx: Tx, change: Mapping[Transfer, int]) -> None:
    """Pieces more (or fewer) that are on their way to where these transfers go."""
    places: Counter[Place] = Counter()
    for one, pieces in change.items():
        places[one.sku, one.end] += pieces
    purchases.on_order(tx, places)

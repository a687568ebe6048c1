"""One whole case: an order with all that was done about it, by whom and why, its money, stock, parcels and documents."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from afterclick.domain.order import Address, Order
from afterclick.domain.stock import Reservation
from afterclick.orders.cases.stopped import Stopped, stopped
from afterclick.orders.inbox.tasks import COLUMNS, Task, task, tasks
from afterclick.orders.records import load
from afterclick.store.transaction import Row, Tx

__all__ = ["Case", "Step", "Task", "case", "task", "tasks", "told"]

T = TypeVar("T")
MOST_EVENTS: Final = 2_000
"""A timeline is shown up to here; an order with more has been tried again and again."""


class Step(msgspec.Struct, frozen=True):
    """One event of the timeline: when, by whom at which version and in which mode, what, the verdict and why. `facts` is JSON."""

    at_ms: int
    actor: str
    version: str
    mode: str
    activity: str
    verdict: str
    because: str
    facts: str
    key: str
    block: int
    batch: int | None


class Paid(msgspec.Struct, frozen=True):
    """A payment; amounts in minor units."""

    revision: int
    state: str
    authorised: int
    captured: int
    refunded: int
    currency: str
    authorisation: str
    capture: str
    expires_ms: int


class Document(msgspec.Struct, frozen=True):
    """An invoice or a credit note; amounts in minor units."""

    name: str
    kind: str
    issued_ms: int
    currency: str
    net: int
    tax: int
    rounding: int
    gross: int
    refers_to: str


class Posted(msgspec.Struct, frozen=True):
    """One posting: debit positive, credit negative, in minor units."""

    entry: str
    account: str
    amount: int
    currency: str
    at_ms: int


class Moved(msgspec.Struct, frozen=True):
    """Pieces that came (positive) or went (negative) for this order."""

    at_ms: int
    sku: str
    warehouse: str
    quantity: int
    reason: str
    note: str


class Sent(msgspec.Struct, frozen=True):
    """A parcel; `contents` is SKU → pieces, `cost` in minor units."""

    revision: int
    parcel: int
    warehouse: str
    carrier: str
    tracking: str
    cost: int
    weight_g: int
    state: str
    contents: dict[str, int]


class Asked(msgspec.Struct, frozen=True):
    """What somebody wanted changed about the order; `change` is JSON."""

    id: int
    action: str
    change: str
    asked_by: str
    asked_ms: int
    state: str
    because: str


class Case(msgspec.Struct, frozen=True):
    """Everything about one order, as of one moment. `parent` and `parts` are order ids where the order was split."""

    order: Order
    names: dict[str, str]
    """SKU → name in the catalogue."""
    waiting_for: str
    because: str
    since_ms: int
    retry_ms: int
    touched: bool
    parent: int | None
    parts: tuple[int, ...]
    timeline: tuple[Step, ...]
    payments: tuple[Paid, ...]
    documents: tuple[Document, ...]
    postings: tuple[Posted, ...]
    reservations: tuple[Reservation, ...]
    moves: tuple[Moved, ...]
    parcels: tuple[Sent, ...]
    amendments: tuple[Asked, ...]
    tasks: tuple[Task, ...]
    stopped: tuple[Stopped, ...]
    """The bots that take orders on and do not work now."""

    @property
    def ship_to(self) -> Address:
        return self.order.particulars.ship_to


def case(tx: Tx, order_id: int) -> Case | None:
    """The whole case of an order, or None; a dozen queries whatever its size."""
    order = load(tx, [order_id]).get(order_id)
    if order is None:
        return None
    standing = tx.rows("SELECT waiting_for, because, since_ms, retry_ms, touched, parent FROM orders WHERE id = ?", (order_id,))[
        0
    ]
    waiting_for, because, since_ms, retry_ms, touched, parent = standing
    among, skus = tx.among([line.sku for line in order.lines])
    return Case(
        order,
        dict(tx.rows(f"SELECT sku, name FROM items WHERE sku {among}", (skus,))),  # noqa: S608
        waiting_for, because, since_ms, retry_ms, bool(touched), parent,
        tuple(row[0] for row in tx.rows("SELECT id FROM orders WHERE parent = ? ORDER BY id", (order_id,))),
        _timeline(tx, order_id), *_money(tx, order_id), *_goods(tx, order_id), *_people(tx, order_id), stopped(tx),
    )  # fmt: skip


def told(timeline: Sequence[Step]) -> list[Step]:
    """The timeline as people read it: that an order left its batch is not said again where the verdict before it says so."""
    return [
        step
        for before, step in zip((None, *timeline), timeline, strict=False)
        if before is None or step.activity != f"left.{before.activity}" or step.because != before.because
    ]


def _timeline(tx: Tx, order_id: int) -> tuple[Step, ...]:
    rows = tx.rows(
        "SELECT b.at_ms, b.actor, b.version, b.mode, e.activity, e.verdict, e.because, e.facts, COALESCE(e.key, ''), b.number,"
        " b.batch"
        " FROM events e JOIN blocks b ON b.number = e.block WHERE e.order_id = ? ORDER BY e.block, e.seq LIMIT ?",
        (order_id, MOST_EVENTS),
    )
    return tuple(Step(*row) for row in rows)


def _money(tx: Tx, order_id: int) -> tuple[tuple[Paid, ...], tuple[Document, ...], tuple[Posted, ...]]:
    paid = _all(
        tx, Paid, "SELECT revision, state, authorised, captured, refunded, currency, authorisation, capture, expires_ms"
        " FROM payments WHERE order_id = ? ORDER BY revision", order_id,
    )  # fmt: skip
    rows = tx.rows(
        "SELECT series, number, kind, issued_ms, currency, net, tax, rounding, gross, refers_to FROM invoices WHERE order_id = ?"
        " ORDER BY issued_ms, series DESC, number",
        (order_id,),
    )
    documents = tuple(Document(*row) for row in _named(rows))
    # Entries are found by name: postings have no index on the order, since it would cost every order as much as the rows.
    names = [one.name for one in documents] + [f"{kind}-{order_id}-{one.revision}" for one in paid for kind in ("CAP", "REF")]
    among, value = tx.among(names)
    sql = f"SELECT entry, account, amount, currency, at_ms FROM postings WHERE entry {among} ORDER BY at_ms, entry, line"  # noqa: S608
    return paid, documents, tuple(Posted(*row) for row in tx.rows(sql, (value,)))


def _named(rows: Sequence[Row]) -> list[Row]:
    """Rows that begin with series and number, with the document's name in place of the two."""
    return [(f"{row[0]}-{row[1]:06d}", *row[2:]) for row in rows]


def _goods(tx: Tx, order_id: int) -> tuple[tuple[Reservation, ...], tuple[Moved, ...], tuple[Sent, ...]]:
    reserved = _all(
        tx, Reservation, "SELECT order_id, line_no, sku, warehouse, quantity, revision, state, expires_ms FROM reservations"
        " WHERE order_id = ? ORDER BY revision, line_no, sku, warehouse", order_id,
    )  # fmt: skip
    moved = _all(
        tx,
        Moved,
        "SELECT at_ms, sku, warehouse, quantity, reason, note FROM stock_moves WHERE order_id = ? ORDER BY id",
        order_id,
    )
    rows = tx.rows(
        "SELECT revision, parcel, warehouse, carrier, tracking, cost, weight_g, state, contents FROM shipments WHERE order_id = ?"
        " ORDER BY revision, parcel",
        (order_id,),
    )
    return (
        reserved,
        moved,
        tuple(Sent(*row[:8], contents=msgspec.json.decode(row[8] or "{}", type=dict[str, int])) for row in rows),
    )


def _people(tx: Tx, order_id: int) -> tuple[tuple[Asked, ...], tuple[Task, ...]]:
    asked = _all(
        tx,
        Asked,
        "SELECT id, action, change, asked_by, asked_ms, state, because FROM amendments WHERE order_id = ? ORDER BY id",
        order_id,
    )
    return asked, _all(tx, Task, f"SELECT {COLUMNS} FROM tasks WHERE item_kind = 'order' AND item = ? ORDER BY id", order_id)  # noqa: S608


def _all(tx: Tx, kind: Callable[..., T], sql: str, order_id: int) -> tuple[T, ...]:
    return tuple(kind(*row) for row in tx.rows(sql, (order_id,)))

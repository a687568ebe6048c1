"""The plans that an office keeps: what was proposed, why, and where it leads."""

from typing import Final

import msgspec
import numpy as np

from afterclick.procurement.planning.drafting import Drafted
from afterclick.procurement.replenishing.fan import Fan
from afterclick.procurement.replenishing.proposals import Figures, Proposal, Transfer
from afterclick.procurement.transferring.proposing import Made
from afterclick.store import tables
from afterclick.store.stock import Place
from afterclick.store.transaction import Row, Tx

PLANS_KEPT: Final = 60
_LINE: Final = (
    "plan", "no", "sku", "warehouse", "vendor", "pieces", "worth", "source", "state", "because", "figures", "purchase",
)  # fmt: skip
_SHOWN: Final = "no, sku, warehouse, vendor, pieces, worth, source, state, because, figures, purchase"
_PLAN: Final = "id, made_ms, run, items, lines, currency, worth, fan, made_by"


class Line(msgspec.Struct, frozen=True):
    """A line of a plan: pieces to buy (`source` plan) or to move from another place (`source` its id), for `worth` minor units.

    `state` is ordered (a purchase order was proposed for it), moved (a transfer was), or withheld (`because` says why);
    older plans have moves that were only advised. `figures` are what the number is made of.
    """

    no: int
    sku: str
    warehouse: str
    vendor: str
    pieces: int
    worth: int
    source: str
    state: str
    because: str
    figures: Figures | None = None
    purchase: int | None = None


class Fanned(msgspec.Struct, frozen=True):
    """Where the plan leads, week by week: quantiles at `levels` of the cost of goods on hand, of money earned less money paid
    for goods (both minor units), and of the share of wanted pieces served."""

    levels: tuple[float, ...]
    stock: tuple[tuple[float, ...], ...]
    cash: tuple[tuple[float, ...], ...]
    fill: tuple[tuple[float, ...], ...]


class PlanKept(msgspec.Struct, frozen=True):
    """A plan as it was made. `items` places were looked at, `lines` proposed; `worth` is what they cost in minor units."""

    id: int
    made_ms: int
    run: int
    items: int
    lines: int
    currency: str
    worth: int
    fan: Fanned | None
    made_by: str


def fanned(fan: Fan) -> Fanned:
    """The fan as it is kept, to whole minor units."""

    def rows(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], places: int = 0) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(round(float(one), places) for one in week) for week in values)

    return Fanned(fan.levels, rows(fan.stock), rows(fan.cash), rows(fan.fill, 4))


def keep(tx: Tx, drafted: Drafted, fan: Fanned | None, purchases: dict[str, int], moved: Made, *, run: int, currency: str,
         by: str, now_ms: int) -> int:  # fmt: skip
    """Write a plan down; `purchases` are the orders that were proposed, by need, `moved` the transfers. Returns its number."""
    made = drafted.plan
    plan = int(tx.value(
        "INSERT INTO plans (made_ms, run, items, lines, currency, worth, fan, made_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " RETURNING id",
        (now_ms, run, len(drafted.now.rows), len(made.proposals), currency, made.money, _json(fan), by),
    ))  # fmt: skip
    why = {stays.place: stays.because for stays in drafted.stays}
    lines = [_bought(one, drafted, purchases, why) for one in made.proposals]
    lines += [_moved(one, moved) for one in made.transfers]
    proposed = {(one.sku, one.place) for one in made.proposals}
    lines += [
        Line(0, *stays.place, "", 0, 0, "plan", "withheld", stays.because)
        for stays in drafted.stays
        if stays.place not in proposed
    ]
    tx.insert(tables.plan_lines, _LINE, [_row(plan, no, line) for no, line in enumerate(lines, 1)])
    condition = "(SELECT id FROM plans ORDER BY id DESC LIMIT ?)"
    tx.run(f"DELETE FROM plan_lines WHERE plan NOT IN {condition}", (PLANS_KEPT,))  # noqa: S608
    return plan


def latest(tx: Tx, *, plan: int = 0) -> PlanKept | None:
    """The newest plan of the whole office, or the one of that number."""
    where, values = ("WHERE id = ?", (plan,)) if plan else ("", ())
    rows = tx.rows(f"SELECT {_PLAN} FROM plans {where} ORDER BY id DESC LIMIT 1", values)  # noqa: S608
    return _plan(rows[0]) if rows else None


def lines(tx: Tx, plan: int, *, after: int = 0, limit: int = 100, state: str = "") -> list[Line]:
    """The lines of a plan in its order, what saves most first; `after` is the `no` of the last one seen."""
    where, values = ("AND state = ?", (plan, after, state, limit)) if state else ("", (plan, after, limit))
    rows = tx.rows(f"SELECT {_SHOWN} FROM plan_lines WHERE plan = ? AND no > ? {where} ORDER BY no LIMIT ?", values)  # noqa: S608
    return [_line(row) for row in rows]


def of_item(tx: Tx, sku: str) -> list[Line]:
    """What the newest plan that names a SKU says of it."""
    plan = tx.value("SELECT MAX(plan) FROM plan_lines WHERE sku = ?", (sku,))
    if plan is None:
        return []
    return [_line(row) for row in tx.rows(f"SELECT {_SHOWN} FROM plan_lines WHERE sku = ? AND plan = ? ORDER BY no", (sku, plan))]  # noqa: S608


def _bought(one: Proposal, drafted: Drafted, purchases: dict[str, int], why: dict[Place, str]) -> Line:
    wanted, purchase = drafted.wanted.get(one.need), purchases.get(one.need)
    if wanted is None or purchase is None:
        because = why.get((one.sku, one.place), "another need has ordered it meanwhile")
        return Line(
            0, one.sku, one.place, "", one.pieces, one.money, "plan", "withheld", f"{because}; {one.because}", one.figures
        )
    return Line(
        0, one.sku, one.place, wanted.chosen.vendor, wanted.chosen.pieces, wanted.chosen.outlay, "plan", "ordered", one.because,
        one.figures, purchase,
    )  # fmt: skip


def _moved(one: Transfer, moved: Made) -> Line:
    which = (one.sku, one.start, one.end)
    made = moved.transfers.get(which)
    state = "moved" if made is not None else "withheld"
    said = f"{made.number}: {one.because}" if made is not None else f"{moved.left[which]}; {one.because}"
    return Line(0, one.sku, one.end, "", one.pieces, one.saves, one.start, state, said)


def _row(plan: int, no: int, line: Line) -> tuple[str | int | None, ...]:
    figures = _json(line.figures) if line.figures else ""
    return (plan, no, line.sku, line.warehouse, line.vendor, line.pieces, line.worth, line.source, line.state, line.because,
            figures, line.purchase)  # fmt: skip


def _line(row: Row) -> Line:
    no, sku, warehouse, vendor, pieces, worth, source, state, because, figures, purchase = row
    made_of = msgspec.json.decode(figures, type=Figures) if figures else None
    return Line(no, sku, warehouse, vendor, pieces, worth, source, state, because, made_of, purchase)


def _plan(row: Row) -> PlanKept:
    number, made_ms, run, items, count, currency, worth, fan, made_by = row
    return PlanKept(number, made_ms, run, items, count, currency, worth, msgspec.json.decode(fan, type=Fanned | None), made_by)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

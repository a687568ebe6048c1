"""The year that the company has behind it: what it sold, billed and shipped, written down at once."""

from typing import Final

import msgspec
import numpy as np

from afterclick.cli.quarter.office import DAY_MS, SHARES, START_MS
from afterclick.domain.accounts import SALES_REVENUE, TRADE_RECEIVABLES
from afterclick.simulator.demand import Demand, Ints
from afterclick.store import stock, tables
from afterclick.store.stock import Move
from afterclick.store.transaction import Tx

SERIES: Final = "OLD"
COVER_DAYS: Final = 21
"""Opening stock, in days of what was sold in the eight weeks before."""
RECENT_DAYS: Final = 56
_ORDER: Final = (
    "id", "store", "external_id", "placed_ms", "received_ms", "customer", "currency", "total", "country", "state", "particulars",
)  # fmt: skip
_INVOICE: Final = ("series", "number", "kind", "order_id", "issued_ms", "currency", "net", "gross")
_POSTING: Final = ("entry", "line", "account", "amount", "currency", "order_id", "at_ms")
_SHIPMENT: Final = ("order_id", "revision", "parcel", "warehouse", "state", "contents")
_MOVE: Final = ("at_ms", "sku", "warehouse", "quantity", "reason", "order_id")


def write_past(tx: Tx, demand: Demand, *, seed: int) -> None:
    """One wholesale-like order a day and warehouse holds all that was sold there; and the opening stock lies on the shelves.

    Single orders of a year would say no more to forecasts, which look at days and weeks.
    """
    rng = np.random.default_rng((seed, 41))
    first = demand.pieces[:, : demand.past]
    at = {"WH-01": rng.binomial(first, SHARES["WH-01"])}
    at["WH-02"] = first - at["WH-01"]
    _open_shelves(tx, demand, at)
    sold = [(day, warehouse, at[warehouse][:, day]) for day in range(demand.past) for warehouse in SHARES]
    sold = [one for one in sold if one[2].any()]
    number = tx.take("orders", len(sold))
    _write_orders(tx, demand, sold, number)
    tx.insert(tables.counters, ("name", "next"), [(f"series:{SERIES}", len(sold) + 1)])


def recent(demand: Demand, *, upto: int) -> Ints:
    """Pieces of each SKU that were wanted in the `RECENT_DAYS` before day `upto`."""
    return demand.pieces[:, upto - RECENT_DAYS : upto].sum(axis=1)


def _open_shelves(tx: Tx, demand: Demand, at: dict[str, Ints]) -> None:
    """What was sold in the year and the opening stock of today, as if it had all come a year ago."""
    opening: list[Move] = []
    usual = recent(demand, upto=demand.past) / RECENT_DAYS * COVER_DAYS
    for warehouse, share in SHARES.items():
        there = at[warehouse].sum(axis=1) + np.ceil(usual * share).astype(np.int64)
        opening += [
            Move(item.sku, warehouse, pieces, "opening")
            for item, pieces in zip(demand.items, there.tolist(), strict=True) if pieces
        ]  # fmt: skip
    stock.ensure_levels(tx, [(item.sku, warehouse) for item in demand.items for warehouse in SHARES])
    stock.move(tx, opening, now_ms=START_MS - (demand.past + 1) * DAY_MS)


def _write_orders(tx: Tx, demand: Demand, sold: list[tuple[int, str, Ints]], first: int) -> None:
    prices = np.array([item.price for item in demand.items])
    orders: list[tuple[str | int, ...]] = []
    lines: list[tuple[int, int, str, int, int]] = []
    invoices: list[tuple[str | int, ...]] = []
    postings: list[tuple[str | int, ...]] = []
    shipments: list[tuple[str | int, ...]] = []
    moves: list[tuple[str | int, ...]] = []
    for order, (day, warehouse, pieces) in enumerate(sold, first):
        at_ms = START_MS - (demand.past - day) * DAY_MS + DAY_MS // 2
        total, country = int(pieces @ prices), "DE" if warehouse == "WH-01" else "FR"
        basket = [(row, int(pieces[row])) for row in np.flatnonzero(pieces).tolist()]
        orders.append((order, "shop", f"OLD-{order}", at_ms, at_ms, "C-OLD", "EUR", total, country, "shipped", "{}"))
        lines += [(order, no, demand.items[row].sku, some, demand.items[row].price) for no, (row, some) in enumerate(basket, 1)]
        number = order - first + 1
        invoices.append((SERIES, number, "invoice", order, at_ms, "EUR", total, total))
        postings.append((f"{SERIES}-{number}", 1, TRADE_RECEIVABLES, total, "EUR", order, at_ms))
        postings.append((f"{SERIES}-{number}", 2, SALES_REVENUE, -total, "EUR", order, at_ms))
        contents = msgspec.json.encode({demand.items[row].sku: some for row, some in basket}).decode()
        shipments.append((order, 0, 1, warehouse, "handed_over", contents))
        moves += [(at_ms, demand.items[row].sku, warehouse, -some, "shipment", order) for row, some in basket]
    for table, columns, rows in (
        (tables.orders, _ORDER, orders), (tables.order_lines, ("order_id", "no", "sku", "quantity", "unit_price"), lines),
        (tables.invoices, _INVOICE, invoices), (tables.postings, _POSTING, postings), (tables.shipments, _SHIPMENT, shipments),
        (tables.stock_moves, _MOVE, moves),
    ):  # fmt: skip
        tx.insert(table, columns, rows)
    tx.run("UPDATE stock_levels SET on_hand = (SELECT COALESCE(SUM(m.quantity), 0) FROM stock_moves m"
           " WHERE m.sku = stock_levels.sku AND m.warehouse = stock_levels.warehouse)")  # fmt: skip

"""The quarter itself, day by day: customers order, vendors deliver, scales weigh, and people answer what they are asked."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from afterclick.cli.quarter.office import BUYER, DAY_MS, SHARES, START_MS, SupplyOffice
from afterclick.cli.quarter.past import RECENT_DAYS
from afterclick.cli.quarter.scales import WAREHOUSE, Scales
from afterclick.engine.clock import SetClock
from afterclick.engine.engine import Engine
from afterclick.engine.undecidable import NotDecidable
from afterclick.governance import lifecycle
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.inventory.counts import results, tasks
from afterclick.inventory.sensing.evidence import take
from afterclick.orders.intake.arrivals import take_in
from afterclick.procurement import foresee
from afterclick.procurement.buying import decisions
from afterclick.procurement.forecasting import kept
from afterclick.simulator.demand import Demand, Wants
from afterclick.store.transaction import Tx

Rule = Literal["plan", "min/max", "weekly min/max"]
HOUR_MS: Final = 3_600_000
NIGHT: Final = (2.5, 3.1)
"""Hours at which the office is looked at: after 02:20 and 02:50, when forecasts and plans are due."""
OPEN: Final = (8.0, 12.0, 16.0, 21.0)
"""Hours at which what was ordered since comes in."""
PLANNERS: Final = ("procurement.forecast", "procurement.replenish")
COUNTER: Final = "machine:counter"
_ADDRESSES: Final = {"WH-01": ("Berlin", "10115", "DE"), "WH-02": ("Lyon", "69001", "FR")}


class Figures(NamedTuple):
    """What a day came to: pieces wanted and not served at once, and in the evening the cost of the stock, in minor units."""

    wanted: int
    late: int
    stock: int


class Quarter:
    """The days of one company under one rule. The buyer says yes to whatever is asked; the counter counts what is on the list.

    Forecasts are made on Mondays: they rest on whole weeks, so that those of the other nights would be the same.
    """

    def __init__(
        self, office: SupplyOffice, engine: Engine, clock: SetClock, demand: Demand, *, rule: Rule, min_days: int = 14,
        scales: Scales | None = None,
    ) -> None:  # fmt: skip
        self.figures: list[Figures] = []
        self.answers = 0
        self.since_ms = START_MS
        self._office, self._engine, self._clock, self._demand = office, engine, clock, demand
        self._rule, self._min_days, self._scales = rule, min_days, scales
        self._costs = {item.sku: int(cost) for item, cost in zip(demand.items, demand.costs, strict=True)}
        self._waiting: list[tuple[int, Wants]] = []
        self._buyer = Actor(BUYER, "buyer", EVERYTHING)
        with office.database.transaction() as tx:
            for bot in PLANNERS[: 1 if rule == "plan" else 2]:
                lifecycle.take(tx, bot, "pause", who=self._buyer, because="the simulation says when", now_ms=clock.now_ms())
            if scales is not None:
                office.record(tx, scales.install(tx, now_ms=clock.now_ms()), by=BUYER)
        if rule != "plan":
            self._set_points()

    def day(self, number: int) -> Figures:
        """Live through a day, 0 being the first."""
        start_ms = START_MS + number * DAY_MS
        self._waiting += [(start_ms + one.second * 1_000, one) for one in self._demand.orders(self._demand.past + number)]
        monday = number % 7 == 0
        if self._rule == "plan":
            if monday:
                self._foresee(start_ms + int(NIGHT[0] * HOUR_MS))
            self._work(start_ms + int(NIGHT[1] * HOUR_MS))
        elif self._rule == "weekly min/max" and monday:
            self._set_points()
        wanted = late = 0
        for hour in OPEN:
            at_ms = start_ms + int(hour * HOUR_MS)
            if hour == OPEN[0]:
                self._clock.ms = at_ms
                self._decide()
                self._count()
            some, missed = self._serve(at_ms)
            wanted, late = wanted + some, late + missed
        self.figures.append(Figures(wanted, late, self._stock_value()))
        return self.figures[-1]

    def _work(self, at_ms: int) -> None:
        """Let it be that time, with what the scales have said until then, and work until nothing is due."""
        self._clock.ms = at_ms
        if self._scales is not None:
            with self._office.database.transaction() as tx:
                said = self._scales.say(_books(tx), after_ms=self.since_ms, upto_ms=at_ms)
                taken = take(tx, said, limits=self._office.policy.sensing, now_ms=at_ms)
                self._office.record(tx, taken.events, by=BUYER)
        self.since_ms = at_ms
        self._engine.drain()

    def _serve(self, at_ms: int) -> tuple[int, int]:
        """Take in what was ordered up to then; returns pieces wanted, and those of them that were not there at once."""
        self._work(at_ms)
        due = [(placed_ms, one) for placed_ms, one in self._waiting if placed_ms < at_ms]
        self._waiting = self._waiting[len(due) :]
        if not due:
            return 0, 0
        with self._office.database.transaction() as tx:
            newest = int(tx.value("SELECT COALESCE(MAX(id), 0) FROM orders"))
            documents = [self._document(placed_ms, no, one) for no, (placed_ms, one) in enumerate(due, newest + 1)]
            arrived = take_in(tx, documents, store="shop", by="webhook:shop", now_ms=at_ms)
            self._office.record(tx, arrived.events, by="webhook:shop")
        self._engine.drain()
        with self._office.database.reading() as tx:
            late = tx.value(
                "SELECT COALESCE(SUM(l.quantity), 0) FROM orders o JOIN order_lines l ON l.order_id = o.id"
                " WHERE o.id > ? AND o.state <> 'shipped'", (newest,),
            )  # fmt: skip
        return sum(pieces for _, one in due for _, pieces in one.lines), int(late)

    def _document(self, placed_ms: int, number: int, one: Wants) -> bytes:
        """The order as a store would send it, of a customer who lives next to one of the warehouses."""
        near = "WH-01" if (number * 7919) % 100 < SHARES["WH-01"] * 100 else "WH-02"
        city, postcode, country = _ADDRESSES[near]
        items = self._demand.items
        total = sum(pieces * items[row].price for row, pieces in one.lines)
        return msgspec.json.encode({
            "id": f"Q-{number}", "placed_at": _instant(placed_ms), "currency": "EUR",
            "total": _euros(total), "customer": {"id": f"C-{number}", "email": f"c{number}@shop.example"},
            "ship_to": {"name": f"Customer {number}", "line1": f"Weg {number}", "city": city, "postcode": postcode,
                        "country": country},
            "bill_country": country, "ip_country": country, "partial_ok": True,
            "payment": {"token": f"tok-{number}", "card": f"card-{number}"},
            "lines": [{"sku": items[row].sku, "quantity": pieces, "unit_price": _euros(items[row].price)}
                      for row, pieces in one.lines],
        })  # fmt: skip

    def _foresee(self, at_ms: int) -> None:
        self._work(at_ms)
        with self._office.database.transaction() as tx:
            made = foresee.made(tx, country="DE", now_ms=at_ms)
            if not isinstance(made, str):
                kept.keep(tx, made.run, made.forecasts)

    def _set_points(self) -> None:
        """The rule that plans replace: so many days of what was sold lately, in each place."""
        with self._office.database.transaction() as tx:
            sold = {(row[0], row[1]): int(row[2]) for row in tx.rows(
                "SELECT sku, warehouse, -SUM(quantity) FROM stock_moves WHERE reason = 'shipment' AND at_ms >= ?"
                " GROUP BY sku, warehouse", (self._clock.ms - RECENT_DAYS * DAY_MS,),
            )}  # fmt: skip
            tx.run_many(
                "UPDATE stock_levels SET reorder_point = ? WHERE sku = ? AND warehouse = ?",
                [
                    (int(np.ceil(sold.get((item.sku, warehouse), 0) / RECENT_DAYS * self._min_days)), item.sku, warehouse)
                    for item in self._demand.items for warehouse in SHARES
                ],
            )  # fmt: skip

    def _decide(self) -> None:
        """The buyer goes through the inbox in the morning, and says yes."""
        now_ms = self._clock.ms
        with self._office.database.reading() as tx:
            asked = [
                row[0] for row in tx.rows("SELECT id FROM tasks WHERE item_kind = 'purchase' AND state = 'open' ORDER BY id")
            ]
        for task in asked:
            try:
                with self._office.database.transaction() as tx:
                    self._office.record(tx, decisions.approve(tx, task, by=self._buyer, now_ms=now_ms), by=BUYER)
            except NotDecidable:
                continue
            self.answers += 1

    def _count(self) -> None:
        """Somebody counts what is on the list, and finds what is really there."""
        with self._office.database.transaction() as tx:
            books, off = _everywhere(tx), self._scales.off if self._scales else {}
            listed = [one for one in tasks.active(tx) if one.proposed_ms < self._clock.ms]
            found = [
                (one.id, max(0, books[one.sku, one.warehouse] + (off.get(one.sku, 0) if one.warehouse == WAREHOUSE else 0)))
                for one in listed
            ]  # fmt: skip
            entered = results.enter(tx, found, by=COUNTER, limits=self._office.policy.counting, now_ms=self._clock.ms)
            self._office.record(tx, entered.events, by=COUNTER)
            for one in listed:
                if one.id in entered.booked and one.warehouse == WAREHOUSE and one.sku in off:
                    off[one.sku] = 0
            if self._scales is not None:
                self._scales.err(_books(tx))

    def _stock_value(self) -> int:
        with self._office.database.reading() as tx:
            return sum(int(pieces) * self._costs[sku] for (sku, _), pieces in _everywhere(tx).items())


def fill(figures: Sequence[Figures]) -> float:
    """The share of the pieces wanted that was served at once."""
    wanted = sum(one.wanted for one in figures)
    return 1 - sum(one.late for one in figures) / wanted if wanted else 1.0


def _books(tx: Tx) -> dict[str, int]:
    """What the books say lies where the scales are."""
    return {sku: pieces for (sku, warehouse), pieces in _everywhere(tx).items() if warehouse == WAREHOUSE}


def _everywhere(tx: Tx) -> dict[tuple[str, str], int]:
    return {(sku, warehouse): pieces for sku, warehouse, pieces in tx.rows("SELECT sku, warehouse, on_hand FROM stock_levels")}


def _instant(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"

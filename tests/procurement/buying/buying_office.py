"""A small buying office for tests: the real engine and the bots of buying, over pretend vendors and a clock that is set."""

import itertools
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from afterclick.domain.message import Notice
from afterclick.domain.order import Address
from afterclick.domain.purchase import AcknowledgedLine, Acknowledgement, Offer, PriceBreak, ReceiptLine, Vendor
from afterclick.domain.seller import Seller
from afterclick.domain.transfer import TransferRequest
from afterclick.engine.bots import Fleet
from afterclick.engine.checks import prove
from afterclick.engine.clock import SetClock
from afterclick.engine.engine import Engine
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.policy import DEFAULT, Policy
from afterclick.inventory import checks as stock_checks
from afterclick.ports.answer import Answer, Done
from afterclick.ports.goods_in import Arrivals
from afterclick.procurement.buying import checks, records
from afterclick.procurement.buying.buy import buy
from afterclick.procurement.buying.desk import BuyingDesk
from afterclick.procurement.buying.follow import follow
from afterclick.procurement.buying.listen import listen
from afterclick.procurement.buying.proposing import Proposed, Wanted, propose
from afterclick.procurement.buying.receiving import Received, receive
from afterclick.procurement.documents.parties import Buyer
from afterclick.procurement.transferring import checks as transfer_checks
from afterclick.procurement.transferring.move import transfer
from afterclick.procurement.vendors.needs import Chosen
from afterclick.simulator.ledger import Ledger
from afterclick.simulator.vendor_plans import VendorFaults
from afterclick.simulator.vendors import SimulatedVendors
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block
from afterclick.store.tables import metadata

START_MS: Final = 1_795_132_800_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
HOME: Final = Address("Shop", "Markt 1", "", "Berlin", "", "10117", "DE")
BUYER: Final = Buyer(Seller("Shop", HOME, "DE123456789", email="shop@shop.example"), gln="4000001000005")
ANNA: Final = Actor("person:anna", "anna", EVERYTHING)
BERT: Final = Actor("person:bert", "bert", EVERYTHING)
ALONE: Final = Actor("person:solo", "solo", EVERYTHING, alone=True)
PRICES: Final = {"CUP": 250, "PLATE": 400, "SPOON": 80}


class Letters:
    """A mailbox that keeps what is sent."""

    name = "mailbox"

    def __init__(self) -> None:
        self.sent: dict[str, Notice] = {}

    def send(self, notices: Sequence[Notice]) -> list[Done[None]]:
        self.sent |= {one.key: one for one in notices}
        return [Done(None)] * len(notices)


class Shelves:
    """A warehouse system and its docks: it sends what it is told to, unless `says` has another answer; what comes is put in
    `unloaded`, and read from there."""

    name = "warehouse"

    def __init__(self) -> None:
        self.sent: list[TransferRequest] = []
        self.says: Answer[None] = Done(None)
        self.unloaded: list[ReceiptLine] = []

    def transfer(self, requests: Sequence[TransferRequest]) -> list[Answer[None]]:
        self.sent += requests if isinstance(self.says, Done) else []
        return [self.says] * len(requests)

    def arrivals(self, *, cursor: str, limit: int) -> Arrivals:
        first = int(cursor or 0)
        found = self.unloaded[first : first + limit]
        return Arrivals(tuple(found), str(first + len(found)), first + len(found) < len(self.unloaded))


class BuyingOffice:
    """Two warehouses; vendors ACME (endpoint, on the list), MAIL (mailbox, on the list) and NEW (endpoint, not on the list)."""

    def __init__(
        self, url: str, folder: Path, *, faults: VendorFaults | None = None, policy: Policy = DEFAULT, seed: int = 1
    ) -> None:
        self.database, self.clock, self.letters = Database(url), SetClock(START_MS), Letters()
        self.unloaded: list[tuple[str, str, int]] = []
        self.shelves = Shelves()
        self.ledger = Ledger(folder / "vendors.sqlite")
        self.vendors = SimulatedVendors(
            ledger=self.ledger, seed=seed, faults=faults or VendorFaults(), now_ms=self.clock.now_ms, unload=self.unloaded.extend
        )
        metadata.create_all(self.database.engine)
        with self.database.transaction() as tx:
            tx.run_many(
                "INSERT INTO warehouses (id, name, country, latitude, longitude) VALUES (?, ?, 'DE', 52, 13)",
                [("W1", "Berlin"), ("W2", "Hof")],
            )
            tx.run_many(
                "INSERT INTO items (sku, name, category, price, currency) VALUES (?, ?, ?, ?, 'EUR')",
                [("CUP", "Cup", "table", 1000), ("PLATE", "Plate", "table", 1500), ("SPOON", "Spoon", "cutlery", 300)],
            )
            records.save_vendors(tx, [
                Vendor("ACME", "Acme", endpoint="0088:4000001000012", document="ubl", lead_days=5),
                Vendor("MAIL", "Mail", mailbox="orders@mail.example", document="x12", lead_days=5),
                Vendor("NEW", "New", endpoint="0088:4000001000029", document="edifact"),
            ], now_ms=1)  # fmt: skip
            for name in ("ACME", "MAIL"):
                records.allow(tx, name, allowed=True, because="known", now_ms=1)
            records.save_offers(tx, [
                Offer(vendor, sku, (PriceBreak(1, price),)) for vendor in ("ACME", "MAIL", "NEW") for sku, price in PRICES.items()
            ], now_ms=1)  # fmt: skip
        self.engine = self._engine(policy)
        self._needs = itertools.count(1)

    def _engine(self, policy: Policy) -> Engine:
        engine = Engine(
            self.database, Fleet(buy, follow, listen, transfer), policy=policy, executor="test", clock=self.clock,
            ports={
                "vendors": self.vendors, "goods_in": self.vendors.dock, "mailbox": self.letters, "warehouse": self.shelves,
                "goods_in:transfers": self.shelves,
            },
            equipment={BuyingDesk: BuyingDesk(BUYER)},
        )  # fmt: skip
        engine.door._pause = lambda _: None  # nobody waits in a test
        return engine

    def restart(self) -> None:
        """The process ends, and another goes on with what it left behind."""
        self.engine.stop()
        self.engine = self._engine(DEFAULT)
        self.engine.open()
        self.engine.run_until_idle(patience_s=0)

    def propose(self, *needs: Wanted, by: str = "planner") -> Proposed:
        """Propose, and log it."""
        with self.database.transaction() as tx:
            proposed, events = propose(tx, needs, by=by, now_ms=self.clock.ms)
            log.append(tx, Block(self.clock.ms, by, ""), events)
        return proposed

    def want(self, sku: str = "CUP", pieces: int = 10, *, vendor: str = "ACME", warehouse: str = "W1", need: str = "",
             price: int = 0, on_order: int | None = None) -> Wanted:  # fmt: skip
        """A need, each of its own unless one is named."""
        chosen = Chosen(sku, vendor, "", pieces, pieces, price or PRICES.get(sku, 100), 1, "EUR", 0, 0, 5, "the plan says so")
        return Wanted(need or f"plan/{next(self._needs)}", warehouse, chosen, on_order)

    def order(self, *needs: Wanted, by: str = "planner") -> int:
        """Propose needs that make one purchase order, and work; returns its id."""
        (purchase,) = self.propose(*(needs or (self.want(),)), by=by).purchases
        self.run()
        return purchase

    def run(self, *, later_ms: int = 0) -> None:
        """Let time pass, then work until nothing is due."""
        self.clock.ms += later_ms
        self.engine.drain()

    def days(self, count: int, *, hours: int = 8) -> None:
        """Let days pass, working every few hours."""
        for _ in range(count * 24 // hours):
            self.run(later_ms=hours * HOUR_MS)

    def came(self, purchase: int, units: int, *, key: str, line: int = 1, damaged: int = 0) -> Received:
        """Goods are booked at the dock by hand."""
        with self.database.transaction() as tx:
            number = tx.value("SELECT number FROM purchase_orders WHERE id = ?", (purchase,))
            booked = receive(
                tx, [ReceiptLine(number, line, "", units, self.clock.ms, damaged, key=key)], by="person:anna",
                limits=DEFAULT.buying, now_ms=self.clock.ms,
            )  # fmt: skip
            log.append(tx, Block(self.clock.ms, "person:anna", ""), booked.events)
        return booked

    def answers(self, purchase: int, key: str, **line: Any) -> None:
        """A vendor changes the first line of an order, and the answer is taken in."""
        number = self.one("SELECT number FROM purchase_orders WHERE id = ?", purchase)
        said = msgspec.json.encode(Acknowledgement(number, "changed", (AcknowledgedLine(1, "changed", **line),))).decode()
        with self.database.transaction() as tx:
            tx.run(
                "INSERT INTO vendor_replies (key, purchase, vendor, format, said, state, because, at_ms)"
                " VALUES (?, ?, 'ACME', 'json', ?, 'open', '', ?)",
                (f"ACME/{key}", purchase, said, self.clock.ms),
            )
        self.run(later_ms=HOUR_MS)

    def rows(self, sql: str, *values: int | str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self.database.reading() as tx:
            return tx.rows(sql, values)

    def one(self, sql: str, *values: int | str) -> Any:
        """The first column of the first row."""
        found = self.rows(sql, *values)
        return found[0][0] if found else None

    def state(self, purchase: int) -> str:
        """The order's state."""
        return self.one("SELECT state FROM purchase_orders WHERE id = ?", purchase)

    def on_order(self, sku: str = "CUP", warehouse: str = "W1") -> int:
        """Pieces on order at a place."""
        return self.one("SELECT on_order FROM stock_levels WHERE sku = ? AND warehouse = ?", sku, warehouse) or 0

    def task(self) -> tuple[int, str, str]:
        """The one open task: its number, its stage and its reason."""
        ((number, stage, because),) = self.rows("SELECT id, stage, because FROM tasks WHERE state = 'open'")
        return number, stage, because

    def decide(self, decision: Any, task: int, **options: Any) -> None:
        """Decide a task as somebody, and log what else happened."""
        who: Actor = options.pop("by", BERT)
        with self.database.transaction() as tx:
            events = decision(tx, task, by=who, now_ms=self.clock.ms, **options)
            if events:
                log.append(tx, Block(self.clock.ms, who.id, ""), events)

    def events(self, activity: str) -> list[str]:
        """The reasons of events of that name."""
        return [row[0] for row in self.rows("SELECT because FROM events WHERE activity = ? ORDER BY block, seq", activity)]

    def wrong(self) -> list[str]:
        """Every invariant of stock and buying that does not hold."""
        with self.database.reading() as tx:
            proofs = [prove(tx, check) for check in (*checks.checks(), *stock_checks.checks(), *transfer_checks.checks())]
        return [f"{proof.name}: {proof.detail}" for proof in proofs if not proof.ok]


@contextmanager
def buying_office(url: str, folder: Path, **options: Any) -> Generator[BuyingOffice]:
    """A buying office, open for the length of the block."""
    office = BuyingOffice(url, folder, **options)
    office.engine.open()
    try:
        yield office
    finally:
        office.engine.stop()
        office.ledger.close()
        office.database.dispose()


def with_limits(**limits: Any) -> Policy:
    """The default policy with some limits of buying set otherwise."""
    return msgspec.structs.replace(DEFAULT, buying=msgspec.structs.replace(DEFAULT.buying, **limits))

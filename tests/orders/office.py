"""A small office for tests: the real engine and all bots of the orders desk, over systems in memory and a clock that is set."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from msgspec.structs import replace

from afterclick.domain.order import Address, Line, NewOrder, Particulars
from afterclick.domain.seller import Seller
from afterclick.engine.bots import Bot, Fleet
from afterclick.engine.checks import prove
from afterclick.engine.clock import SetClock
from afterclick.engine.engine import Engine
from afterclick.governance.policy import DEFAULT, Policy
from afterclick.inventory import checks as stock_checks
from afterclick.orders import amendments, checks, records
from afterclick.orders.amend import amend
from afterclick.orders.amendments import Action
from afterclick.orders.desk import OrdersDesk
from afterclick.orders.fulfil import fulfil
from afterclick.orders.intake.delivery import Delivery
from afterclick.orders.intake.receive import receive
from afterclick.store.database import Database
from afterclick.store.stock import Move, ensure_levels, move
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx
from tests.orders.ports import Bank, Letters, Post, Shelves, Shop

START_MS: Final = 1_795_132_800_000
DAY_MS: Final = 86_400_000
HOME: Final = Address("Ada Lovelace", "Weg 1", "", "Berlin", "", "10115", "DE")
SKUS: Final = ("CUP", "PLATE", "SPOON")


class SmallOffice:
    """One warehouse `W1` with `pieces` of each SKU, two carriers, and one shop."""

    def __init__(
        self, url: str, *, bots: tuple[Bot[Any], ...] = (), policy: Policy = DEFAULT, pieces: int = 100,
        equipment: Mapping[type[Any], Any] | None = None, more_ports: Mapping[str, object] | None = None,
        lanes: Sequence[str] = ("DE", "FR", "AT"), desk: type[OrdersDesk] = OrdersDesk,
    ) -> None:  # fmt: skip
        self.database = Database(url)
        self.clock = SetClock(START_MS)
        self.bank, self.shelves, self.shop, self.letters = Bank(), Shelves(), Shop(), Letters()
        self.cheap, self.dear = Post("cheap", 300, lanes=lanes), Post("dear", 900, lanes=lanes)
        self.desk = desk(
            seller=Seller("Shop", Address("Shop", "Markt 1", "", "Berlin", "", "10117", "DE"), "DE123456789"),
            tariffs=[self.cheap.tariff(), self.dear.tariff()],
        )
        metadata.create_all(self.database.engine)
        with self.database.transaction() as tx:
            tx.run(
                "INSERT INTO warehouses (id, name, country, latitude, longitude, handling)"
                " VALUES ('W1', 'Berlin', 'DE', 52, 13, 100)"
            )
            rows = [(sku, sku.title(), "table", "standard", 1, 1000, "EUR") for sku in SKUS]
            tx.run_many(
                "INSERT INTO items (sku, name, category, tax_category, weight_g, price, currency) VALUES (?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            self.stock(tx, dict.fromkeys(SKUS, pieces))
        ports: dict[str, object] = {
            "payments": self.bank, "warehouse": self.shelves, "mailbox": self.letters, "store:shop": self.shop,
            "carrier:cheap": self.cheap, "carrier:dear": self.dear,
        }  # fmt: skip
        ports |= more_ports or {}
        self.engine = Engine(
            self.database, Fleet(fulfil, amend, *bots), ports=ports, policy=policy, executor="test",
            equipment={OrdersDesk: self.desk, **(equipment or {})}, clock=self.clock,
        )  # fmt: skip
        self.engine.door._pause = lambda _: None  # nobody waits in a test

    def stock(self, tx: Tx, pieces: Mapping[str, int], *, warehouse: str = "W1") -> None:
        """Put pieces on the shelf."""
        ensure_levels(tx, [(sku, warehouse) for sku in pieces])
        move(tx, [Move(sku, warehouse, count, "opening") for sku, count in pieces.items()], now_ms=self.clock.ms)

    def order(
        self,
        external_id: str,
        *lines: tuple[str, int],
        partial_ok: bool = False,
        discount: int = 0,
        age_ms: int = 1_000,
    ) -> int:
        """Take in an order of (sku, pieces) lines at 10.00 each, and queue it; returns its id."""
        numbered = tuple(Line(no, sku, pieces, 1000) for no, (sku, pieces) in enumerate(lines or (("CUP", 2), ("PLATE", 1)), 1))
        total = sum(line.quantity * line.unit_price for line in numbered) - discount
        home = replace(HOME, line1=f"Weg {external_id}")
        particulars = Particulars(home, "ada@shop.example", "DE", "DE", payment_token="tok", partial_ok=partial_ok)
        new = NewOrder(
            "shop", external_id, self.clock.ms - age_ms, f"C-{external_id}", "EUR", total, numbered, particulars, 0, discount,
            f"card-{external_id}", 5, self.clock.ms + 9 * DAY_MS,
        )  # fmt: skip
        with self.database.transaction() as tx:
            (order_id, _), *_ = receive(tx, [Delivery("", new)], now_ms=self.clock.ms).new
            records.enqueue(tx, [order_id], now_ms=self.clock.ms)
        return order_id

    def amend(self, order_id: int, action: Action, change: Mapping[str, object] | None = None) -> int | None:
        """Ask for an amendment."""
        with self.database.transaction() as tx:
            return amendments.ask(
                tx, order_id, action, change or {}, by="anna", because="the customer called", now_ms=self.clock.ms
            )

    def run(self, *, later_ms: int = 0) -> None:
        """Let time pass, then work until nothing is due."""
        self.clock.ms += later_ms
        self.engine.drain()

    def rows(self, sql: str, *values: int | str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self.database.reading() as tx:
            return tx.rows(sql, values)

    def one(self, sql: str, *values: int | str) -> Any:
        """The first column of the first row."""
        found = self.rows(sql, *values)
        return found[0][0] if found else None

    def state(self, order_id: int) -> str:
        """The order's state."""
        return self.one("SELECT state FROM orders WHERE id = ?", order_id)

    def verdicts(self, order_id: int) -> list[tuple[str, str]]:
        """The amendments of an order: (action, state)."""
        return [tuple(row) for row in self.rows("SELECT action, state FROM amendments WHERE order_id = ? ORDER BY id", order_id)]

    def wrong(self) -> list[str]:
        """Every invariant that does not hold, here and in the systems around."""
        with self.database.reading() as tx:
            proofs = [prove(tx, check) for check in (*checks.checks(tx), *stock_checks.checks())]
        wrong = [f"{proof.name}: {proof.detail}" for proof in proofs if not proof.ok]
        for order_id, state, total in self.rows("SELECT id, state, total FROM orders"):
            if state in ("shipped", "cancelled"):
                due = total if state == "shipped" else 0
                if self.bank.kept(order_id) != due or self.bank.blocked(order_id):
                    wrong.append(f"order {order_id} is {state}, and the bank keeps {self.bank.kept(order_id)} of {due}")
                if (order_id in self.shelves.gone) != (state == "shipped"):
                    wrong.append(f"order {order_id} is {state}, and the warehouse has handed over {self.shelves.gone}")
        live = {key for post in (self.cheap, self.dear) for key in post.labels}
        known = {
            f"{order_id}:{revision}:label:{parcel}:{carrier}"
            for order_id, revision, parcel, carrier in self.rows(
                "SELECT order_id, revision, parcel, carrier FROM shipments WHERE state IN ('labelled', 'handed_over', 'recalled')"
            )
        } | {key for (key,) in self.rows("SELECT label_key FROM doubtful_labels")}
        return wrong + [f"label {key} is live, and nobody knows of it" for key in sorted(live - known)]


@contextmanager
def small_office(url: str, **options: Any) -> Generator[SmallOffice]:
    """A small office, open for the length of the block."""
    office = SmallOffice(url, **options)
    office.engine.open()
    try:
        yield office
    finally:
        office.engine.stop()
        office.database.dispose()

"""No sequence of delays, partial receipts, answers, cancellations and re-runs orders the same need twice: on the real tables."""

from collections import Counter
from typing import Any, Final, cast

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from afterclick.domain.buying_limits import BuyingLimits
from afterclick.domain.purchase import AcknowledgedLine, Acknowledgement, Offer, PriceBreak, ReceiptLine, Vendor
from afterclick.engine.checks import prove
from afterclick.inventory import checks as stock_checks
from afterclick.inventory.receiving import receive as take_in
from afterclick.procurement.buying import applying, checks, decisions, needs, receiving, records
from afterclick.procurement.buying.proposing import Wanted, propose
from afterclick.procurement.buying.purchases import load
from afterclick.procurement.vendors.needs import Chosen
from afterclick.store import purchases, stock
from afterclick.store.database import Database
from afterclick.store.stock import Move
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

TARGET: Final = 100
SKUS: Final = ("CUP", "BOX")
PER_UNIT: Final = {"CUP": 1, "BOX": 6}
LIMITS: Final = BuyingLimits(surplus_most=0.0)
CLEARED: Final = (
    "purchase_orders", "purchase_lines", "receipts", "vendor_replies", "stock_levels", "stock_moves", "replenishments", "tasks",
    "queue",
)  # fmt: skip


class Buying(RuleBasedStateMachine):
    """Plans of some days, run again and again, with what vendors, docks and people do in between, in any order."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.day = 0
        self.wanted: dict[str, Wanted] = {}
        self.now_ms = 1_795_132_800_000
        self.surplus: Counter[str] = Counter()
        with database.transaction() as tx:
            for table in CLEARED:
                tx.run(f"DELETE FROM {table}")
            stock.ensure_levels(tx, [(sku, "W1") for sku in SKUS])

    @rule()
    def plan_a_day(self) -> None:
        """A new plan looks at the position and asks for what is missing of the target."""
        self.day += 1
        with self.database.transaction() as tx:
            for sku in SKUS:
                on_hand, coming = self._position(tx, sku)
                units = (TARGET - on_hand - coming) // PER_UNIT[sku]
                if units > 0:
                    need = f"plan/{self.day}/{sku}@W1"
                    self.wanted[need] = Wanted(need, "W1", self._chosen(sku, units), coming, on_hand)
            self._propose(tx, [one for need, one in self.wanted.items() if need.startswith(f"plan/{self.day}/")])

    @rule(data=st.data())
    def run_an_old_plan_again(self, data: Any) -> None:
        """Whatever was wanted before is put forward once more, as it was seen then, twice in one list and with another vendor."""
        if self.wanted:
            again = data.draw(st.lists(st.sampled_from(sorted(self.wanted)), max_size=5))
            other = [msgspec.structs.replace(self.wanted[need], chosen=self._other(need)) for need in again]
            with self.database.transaction() as tx:
                self._propose(tx, [*(self.wanted[need] for need in again), *other])

    @rule(sku=st.sampled_from(SKUS), pieces=st.integers(1, 60))
    def orders_wait(self, sku: str, pieces: int) -> None:
        """A replenishment is asked for, and what it lacks is put forward, as often as somebody looks."""
        with self.database.transaction() as tx:
            on_hand, _ = self._position(tx, sku)
            if on_hand + pieces <= TARGET:
                stock.ask_replenishment(tx, {(sku, "W1"): (pieces, "orders wait")}, now_ms=self.now_ms)
            for _ in range(2):
                lacking = needs.replenishments(tx)
                wanted = [
                    Wanted(one.need, "W1", self._chosen(one.sku, one.pieces // PER_UNIT[one.sku]), one.on_order)
                    for one in lacking
                    if one.pieces >= PER_UNIT[one.sku] and sum(self._position(tx, one.sku)) + one.pieces <= TARGET
                ]
                self._propose(tx, wanted)

    @rule(data=st.data())
    def send(self, data: Any) -> None:
        """A proposal leaves."""
        with self.database.transaction() as tx:
            if (purchase := self._one(tx, data, "proposed")) is not None:
                tx.run("UPDATE purchase_orders SET state = 'sent', sent_ms = ? WHERE id = ?", (self.now_ms, purchase))

    @rule(data=st.data(), share=st.sampled_from([0.0, 0.5, 1.0]))
    def vendor_answers(self, data: Any, share: float) -> None:
        """Confirmed in full, in part, or refused; also when something has come already."""
        with self.database.transaction() as tx:
            purchase = self._one(tx, data, "sent", "acknowledged", "part_received")
            if purchase is not None:
                order = load(tx, [purchase])[purchase].order
                lines = tuple(
                    AcknowledgedLine(
                        line.no, "refused" if not share else "changed", max(line.received, int(line.quantity * share)), line.price
                    )
                    for line in order.lines
                )
                said = Acknowledgement(order.number, "changed", lines)
                applying.apply(tx, order, applying.OpenReply(0, said), expected={}, now_ms=self.now_ms)

    @rule(data=st.data(), units=st.integers(1, 150), key=st.integers(1, 6))
    def goods_come(self, data: Any, units: int, key: int) -> None:
        """Parts, too much, for closed orders, and the same delivery again."""
        with self.database.transaction() as tx:
            purchase = self._one(tx, data, "sent", "acknowledged", "part_received", "received", "cancelled")
            if purchase is not None:
                number = load(tx, [purchase])[purchase].order.number
                line = ReceiptLine(number, 1, "", units, self.now_ms, key=f"{number}/{key}")
                receiving.receive(tx, [line, line], by="dock", limits=LIMITS, now_ms=self.now_ms)

    @rule(sku=st.sampled_from(SKUS), pieces=st.integers(1, 50))
    def goods_come_without_a_number(self, sku: str, pieces: int) -> None:
        """A delivery file that names no order: what no order expects is stock beyond any plan."""
        with self.database.transaction() as tx:
            before = sum(self._position(tx, sku))
            take_in(tx, [(sku, "W1", pieces)], by="dock", now_ms=self.now_ms)
            self.surplus[sku] += sum(self._position(tx, sku)) - before

    @rule(data=st.data(), for_good=st.booleans())
    def somebody_cancels(self, data: Any, for_good: bool) -> None:
        """Before it leaves it ends at once; at the vendor, when the vendor gives it up."""
        with self.database.transaction() as tx:
            purchase = self._one(tx, data, "proposed", "sent", "acknowledged", "part_received")
            if purchase is not None:
                decisions.cancel(tx, purchase, by="anna", because="changed my mind", for_good=for_good, now_ms=self.now_ms)
                if tx.value("SELECT withdrawal FROM purchase_orders WHERE id = ?", (purchase,)):
                    purchases.close(tx, {purchase: ("cancelled", "given up")}, now_ms=self.now_ms)

    @precondition(lambda self: self.day)
    @rule(sku=st.sampled_from(SKUS), pieces=st.integers(1, 30))
    def sell(self, sku: str, pieces: int) -> None:
        """Stock goes down, so that a later plan wants more."""
        with self.database.transaction() as tx:
            gone = min(pieces, self._position(tx, sku)[0])
            if gone:
                stock.move(tx, [Move(sku, "W1", -gone, "adjustment")], now_ms=self.now_ms)
                self.surplus[sku] = max(0, self.surplus[sku] - gone)

    @invariant()
    def the_books_are_true(self) -> None:
        with self.database.reading() as tx:
            wrong = [found for one in (*checks.checks(), *stock_checks.checks()) if not (found := prove(tx, one)).ok]
        assert not wrong

    @invariant()
    def nothing_is_ordered_twice(self) -> None:
        with self.database.reading() as tx:
            lines = tx.rows("SELECT need, COUNT(*), SUM(quantity - cancelled) FROM purchase_lines WHERE live GROUP BY need")
            positions = {sku: sum(self._position(tx, sku)) for sku in SKUS}
        for need, count, units in lines:
            assert count == 1
            assert need not in self.wanted or units <= self.wanted[need].chosen.quantity
        for sku, position in positions.items():
            assert position <= TARGET + self.surplus[sku], f"{position} of {sku} are there or coming, {TARGET} are wanted"

    def _propose(self, tx: Tx, wanted: list[Wanted]) -> None:
        self.now_ms += 1
        propose(tx, wanted, by="planner", now_ms=self.now_ms)

    def _position(self, tx: Tx, sku: str) -> tuple[int, int]:
        return tx.rows("SELECT on_hand, on_order FROM stock_levels WHERE sku = ? AND warehouse = 'W1'", (sku,))[0]

    def _one(self, tx: Tx, data: Any, *states: str) -> int | None:
        condition, value = tx.among(states)
        found = [row[0] for row in tx.rows(f"SELECT id FROM purchase_orders WHERE state {condition} ORDER BY id", (value,))]
        return data.draw(st.sampled_from(found)) if found else None

    def _chosen(self, sku: str, units: int, vendor: str = "ACME") -> Chosen:
        per_unit = PER_UNIT[sku]
        return Chosen(sku, vendor, "", units, units * per_unit, 100, 1, "EUR", 0, 0, 5, "the plan", per_unit=per_unit)

    def _other(self, need: str) -> Chosen:
        return msgspec.structs.replace(self.wanted[need].chosen, vendor="OTHER")


def test_no_sequence_of_events_orders_a_need_twice(database_url: str) -> None:
    database = Database(database_url)
    metadata.create_all(database.engine)
    with database.transaction() as tx:
        tx.run("INSERT INTO warehouses (id, name, latitude, longitude) VALUES ('W1', 'One', 0, 0)")
        tx.run_many("INSERT INTO items (sku) VALUES (?)", [(sku,) for sku in SKUS])
        records.save_vendors(tx, [Vendor("ACME", "Acme"), Vendor("OTHER", "Other")], now_ms=1)
        records.save_offers(tx, [Offer("ACME", sku, (PriceBreak(1, 100),)) for sku in SKUS], now_ms=1)
    quick = settings(
        max_examples=60, stateful_step_count=25, deadline=None, derandomize=True, print_blob=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip
    run_state_machine_as_test(cast(Any, lambda: Buying(database)), settings=quick)
    with database.reading() as tx:
        assert tx.value("SELECT next FROM counters WHERE name = 'purchases'") > 100  # it has tried enough to mean something
    database.dispose()

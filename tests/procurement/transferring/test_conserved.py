"""Whatever happens to transfers, and in whichever order, no piece is lost, doubled, sold twice or moved twice for one need."""

from collections import Counter
from typing import Any, Final, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from afterclick.domain.purchase import ReceiptLine
from afterclick.domain.transfer import Transfer
from afterclick.engine.checks import prove
from afterclick.engine.undecidable import NotDecidable
from afterclick.inventory import checks as stock_checks
from afterclick.procurement.buying import checks as buying_checks
from afterclick.procurement.transferring import checks, ending, receiving
from afterclick.procurement.transferring.proposing import Moved, propose
from afterclick.store import stock, transfers
from afterclick.store.database import Database
from afterclick.store.stock import Move
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

OPENING: Final = 300
NOW_MS: Final = 1_795_132_800_000
CLEARED: Final = ("transfers", "transfer_receipts", "stock_levels", "stock_moves", "replenishments")
PLACES: Final = ("W1", "W2", "W3")


class Moving(RuleBasedStateMachine):
    """Cups between three warehouses."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.proposed: list[Moved] = []
        self.sold = 0
        with database.transaction() as tx:
            for table in CLEARED:
                tx.run(f"DELETE FROM {table}")
            stock.ensure_levels(tx, [("CUP", place) for place in PLACES])
            stock.move(tx, [Move("CUP", place, OPENING, "opening") for place in PLACES], now_ms=NOW_MS)

    @rule(start=st.sampled_from(PLACES), end=st.sampled_from(PLACES), pieces=st.integers(1, 120), days=st.integers(0, 3))
    def plan(self, start: str, end: str, pieces: int, days: int) -> None:
        """A plan that sees things as they are."""
        if start != end:
            with self.database.transaction() as tx:
                level = stock.levels(tx, ["CUP"])["CUP", end]
                self.proposed.append(Moved("CUP", start, end, pieces, "too many", level.on_hand + level.on_order))
                propose(tx, self.proposed[-1:], by="planner", now_ms=NOW_MS + days * 86_400_000)

    @rule(data=st.data(), days=st.integers(0, 3))
    def an_old_plan_again(self, data: Any, days: int) -> None:
        """Whatever was planned before, as it was seen then."""
        if self.proposed:
            again = data.draw(st.lists(st.sampled_from(self.proposed), max_size=4))
            with self.database.transaction() as tx:
                propose(tx, again, by="planner", now_ms=NOW_MS + days * 86_400_000)

    @rule(sure=st.booleans())
    def release(self, sure: bool) -> None:
        """What is still free goes off the books; the rest, or what is not allowed, is cancelled."""
        with self.database.transaction() as tx:
            for one in transfers.proposed(tx, limit=2):
                if sure and stock.levels(tx, ["CUP"])["CUP", one.start].available >= one.pieces:
                    transfers.release(tx, [one], now_ms=NOW_MS)
                else:
                    transfers.cancel(tx, {one: "no"}, now_ms=NOW_MS)

    @rule(sends=st.booleans())
    def the_warehouse_answers(self, sends: bool) -> None:
        with self.database.transaction() as tx:
            transfers.hold(tx, 1, limit=1, until_ms=NOW_MS, now_ms=NOW_MS)
            for one in transfers.held(tx, 1)[:1]:
                if sends:
                    transfers.sent(tx, [one], now_ms=NOW_MS)
                elif not one.received:  # a warehouse does not decline what it has sent
                    transfers.cancel(tx, {one: "short"}, now_ms=NOW_MS)

    @rule(data=st.data(), pieces=st.integers(-3, 150), damaged=st.integers(0, 5), key=st.integers(1, 5))
    def goods_come(self, data: Any, pieces: int, damaged: int, key: int) -> None:
        """Parts, too many, for transfers that have ended, and the same delivery again."""
        with self.database.transaction() as tx:
            if (one := self._any(tx, data)) is not None:
                line = ReceiptLine(one.number, 1, "CUP", pieces, NOW_MS, damaged, key=f"{one.number}/{key}")
                receiving.receive(tx, [line, line], by="dock", now_ms=NOW_MS)

    @rule(data=st.data())
    def somebody_ends_one(self, data: Any) -> None:
        with self.database.transaction() as tx:
            if (one := self._any(tx, data)) is not None:
                try:
                    ending.end(tx, one.number, by="bert", because="no", now_ms=NOW_MS)
                except NotDecidable as said:
                    assert one.number in str(said)

    @rule(place=st.sampled_from(PLACES), pieces=st.integers(1, 50))
    def customers_buy(self, place: str, pieces: int) -> None:
        with self.database.transaction() as tx:
            sold = min(pieces, stock.levels(tx, ["CUP"])["CUP", place].available)
            stock.move(tx, [Move("CUP", place, -sold, "shipment")], now_ms=NOW_MS)
            self.sold += sold

    @invariant()
    def every_piece_is_somewhere(self) -> None:
        with self.database.reading() as tx:
            on_hand = tx.value("SELECT SUM(on_hand) FROM stock_levels")
            under_way = tx.value(
                "SELECT COALESCE(SUM(pieces - received), 0) FROM transfers WHERE state IN ('released', 'in_transit', 'received')"
            )
            damaged = tx.value("SELECT COALESCE(SUM(damaged), 0) FROM transfer_receipts")
            assert on_hand + under_way + damaged + self.sold == OPENING * len(PLACES)
            proofs = [prove(tx, one) for one in (*checks.checks(), *stock_checks.checks(), *buying_checks.checks())]
            assert [(one.name, one.detail) for one in proofs if not one.ok] == []

    @invariant()
    def no_need_is_moved_twice(self) -> None:
        with self.database.reading() as tx:
            needs = Counter(row[0] for row in tx.rows("SELECT need FROM transfers WHERE state <> 'cancelled'"))
        assert not [need for need, count in needs.items() if count > 1]

    def _any(self, tx: Tx, data: Any) -> Transfer | None:
        numbers = [row[0] for row in tx.rows("SELECT number FROM transfers ORDER BY id")]
        if not numbers:
            return None
        number = data.draw(st.sampled_from(numbers))
        return transfers.numbered(tx, [number])[number]


def test_no_piece_is_lost_and_no_need_is_moved_twice(database_url: str) -> None:
    database = Database(database_url)
    metadata.create_all(database.engine)
    quick = settings(
        max_examples=40, stateful_step_count=25, deadline=None, derandomize=True, print_blob=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip
    run_state_machine_as_test(cast(Any, lambda: Moving(database)), settings=quick)
    with database.reading() as tx:
        assert tx.value("SELECT next FROM counters WHERE name = 'transfers'") > 100  # it has tried enough to mean something
    database.dispose()

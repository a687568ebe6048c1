"""The reconciliation finds what went wrong, each kind of it, and nothing where nothing did."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from afterclick.domain.order import Address
from afterclick.domain.payment import Authorise, Capture, Refund
from afterclick.domain.shipping import HandOver, LabelRequest, Recall, VoidRequest
from afterclick.ports.answer import Done
from afterclick.simulator.day import Placed
from afterclick.simulator.decisions import Judge
from afterclick.simulator.faults import Faults
from afterclick.simulator.reconcile import Reconciliation
from afterclick.simulator.world import World
from tests.simulator.worlds import small_world


class Clerk:
    """Does the office's work by hand, rightly or wrongly."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.orders = list(world.day)
        self.states = {placed.external_id: "shipped" for placed in self.orders}
        self.shelves: dict[str, list[list[str | int]]] = {}
        for sku, warehouse, pieces in world.opening_stock():
            self.shelves.setdefault(sku, []).append([warehouse, pieces])
        for number in range(len(self.orders)):
            if not self.ship(number):
                self.states[self.orders[number].external_id] = "waiting"

    def ship(self, number: int, *, key: str = "0", amount: int | None = None) -> bool:
        parcels = self.parcels(number)
        if parcels is None:
            return False
        order, world = self.orders[number], self.world
        due = order.total if amount is None else amount
        (held,) = world.payments.authorise(
            [Authorise(f"{number}:{key}:a", number, f"tok_{order.external_id}", order.total, "EUR")]
        )
        assert isinstance(held, Done)
        for warehouse in parcels:
            self.label(number, warehouse, key=key)
        full = tuple((warehouse, "Landpost", f"T{number}", contents) for warehouse, contents in parcels.items())
        world.warehouse.hand_over([HandOver(f"{number}:{key}:h", number, order.external_id, full)])
        world.payments.capture([Capture(f"{number}:{key}:c", number, held.answer.reference, due, "EUR")])
        return True

    def label(self, number: int, warehouse: str, *, key: str) -> None:
        self.world.carriers[0].label(
            [LabelRequest(f"{number}:{key}:l:{warehouse}", number, warehouse, Address(country="DE"), 100)]
        )

    def parcels(self, number: int) -> dict[str, dict[str, int]] | None:
        """Takes the pieces off the first shelf with enough; None when a piece is nowhere."""
        items = {item.sku: item for item in self.world.catalogue.items}
        parcels: dict[str, dict[str, int]] = {}
        for line in json.loads(self.orders[number].document)["lines"]:
            for sku, count in (items[line["sku"]].components or {line["sku"]: 1}).items():
                pieces = count * line["quantity"]
                shelf = next((one for one in self.shelves.get(sku, []) if int(one[1]) >= pieces), None)
                if shelf is None:
                    return None
                shelf[1] = int(shelf[1]) - pieces
                contents = parcels.setdefault(str(shelf[0]), {})
                contents[sku] = contents.get(sku, 0) + pieces
        return parcels

    def reconciled(self) -> Reconciliation:
        return self.world.reconcile(states=self.states)


@pytest.fixture
def clerk(tmp_path: Path) -> Clerk:
    return Clerk(small_world(tmp_path))


def found(result: Reconciliation) -> tuple[int, int, int, str, int]:
    return result.duplicate_effects, result.lost_orders, result.oversells, result.tie_out_difference, result.wrong_decisions


def test_a_day_without_mistakes_reconciles(clerk: Clerk) -> None:
    result = clerk.reconciled()
    assert found(result) == (0, 0, 0, "0.00", 0), result.findings
    assert result.by_kind["good"].keys() <= {"shipped", "waiting"} and result.by_kind["good"]["shipped"] > 30


def test_an_order_that_the_office_does_not_know_is_lost(clerk: Clerk) -> None:
    del clerk.states["S-0000003"]
    assert clerk.reconciled().lost_orders == 1


def test_a_second_live_label_is_a_duplicate_and_a_voided_one_is_not(clerk: Clerk) -> None:
    warehouse = next(clerk.world.ledger.rows("SELECT warehouse FROM labels WHERE order_id = 0"))[0]
    clerk.label(0, warehouse, key="again")
    assert clerk.reconciled().duplicate_effects == 1
    clerk.world.carriers[0].void([VoidRequest("v", 0, f"0:again:l:{warehouse}")])
    assert clerk.reconciled().duplicate_effects == 0


def test_an_order_shipped_twice_is_a_duplicate_in_every_respect(clerk: Clerk) -> None:
    assert clerk.ship(0, key="again")
    result = clerk.reconciled()
    assert result.duplicate_effects >= 2 and result.tie_out_difference != "0.00"
    assert any("handed over 2 times" in finding for finding in result.findings)


def test_a_recalled_and_repeated_hand_over_is_none(clerk: Clerk) -> None:
    clerk.world.warehouse.recall([Recall("r", 0)])
    parcels = next(clerk.world.ledger.rows("SELECT parcels FROM hand_overs WHERE order_id = 0"))[0]
    clerk.world.warehouse.hand_over([HandOver("again", 0, "S-0000001", tuple(map(tuple, json.loads(parcels))))])
    assert clerk.reconciled().duplicate_effects == 0


@pytest.mark.parametrize(("refunded", "off"), [(0, "0.00"), (1, "0.01"), (250, "2.50")])
def test_the_tie_out_is_off_by_what_was_refunded_of_a_shipped_order(clerk: Clerk, refunded: int, off: str) -> None:
    if refunded:
        (done,) = clerk.world.payments.capture([Capture("0:0:c", 0, "", 1, "EUR")])
        assert isinstance(done, Done)  # the key is known: the first answer comes again
        clerk.world.payments.refund([Refund("rf", 0, done.answer.reference, refunded, "EUR")])
    assert clerk.reconciled().tie_out_difference == off


def test_money_kept_for_an_order_not_handed_over_is_off(clerk: Clerk) -> None:
    clerk.world.warehouse.recall([Recall("r", 0)])
    result = clerk.reconciled()
    assert float(result.tie_out_difference) * 100 == pytest.approx(clerk.orders[0].total)


def test_an_agreed_new_total_is_what_is_due(clerk: Clerk) -> None:
    total = clerk.orders[0].total
    result = clerk.world.reconcile(states=clerk.states, totals={"S-0000001": total - 100})
    assert (result.tie_out_difference, result.duplicate_effects) == ("1.00", 1)


def test_asking_for_more_than_was_on_record_is_an_oversell(clerk: Clerk) -> None:
    sku, shelves = next((sku, shelves) for sku, shelves in clerk.shelves.items())
    warehouse, left = shelves[0]
    clerk.world.warehouse.hand_over([HandOver("o", 900, "S-0000001", ((str(warehouse), "L", "T", {sku: int(left) + 7}),))])
    assert clerk.reconciled().oversells == 7


def test_a_shelf_short_because_its_record_was_wrong_is_no_oversell_and_a_count_tells_the_truth(tmp_path: Path) -> None:
    world = small_world(tmp_path, faults=Faults(wrong_stock=1.0))
    sku, warehouse, recorded = max(world.opening_stock(), key=lambda row: row[2])
    (answer,) = world.warehouse.hand_over([HandOver("o", 1, "S-0000001", ((warehouse, "L", "T", {sku: recorded}),))])
    assert not isinstance(answer, Done)
    states = {placed.external_id: "waiting" for placed in world.day}
    assert world.reconcile(states=states).oversells == 0
    there = world.warehouse.count([(sku, warehouse)])[0][2]
    assert 0 <= there < recorded
    world.warehouse.hand_over([HandOver("p", 2, "S-0000002", ((warehouse, "L", "T", {sku: there + 1}),))])
    assert world.reconcile(states=states).oversells == 1


def placed(external_id: str, kind: str = "good", group: str = "", allowed: int = 0) -> Placed:
    return Placed(external_id, 0, 1000, kind, group, allowed, b"")


ALONE = [placed("A")]
BAD = [placed("A", "wrong_price", "A")]
TWINS = [placed("A", "good", "B", 1), placed("B", "double", "B", 1)]
BURST = [placed(letter, "card_velocity", "g", 2) for letter in "ABCD"]

DECISIONS: list[tuple[str, list[Placed], dict[str, str], str, tuple[int, int]]] = [
    ("a good order ships", ALONE, {"A": "shipped"}, "", (0, 0)),
    ("a good order waits for a person", ALONE, {"A": "inbox"}, "", (0, 0)),
    ("a good order is refused by the machine", ALONE, {"A": "refused"}, "", (0, 1)),
    ("a good order is cancelled by a person", ALONE, {"A": "cancelled"}, "A", (0, 0)),
    ("a bad order ships by itself", BAD, {"A": "shipped"}, "", (1, 0)),
    ("a bad order ships by a person's word", BAD, {"A": "shipped"}, "A", (0, 0)),
    ("a bad order is refused", BAD, {"A": "refused"}, "", (0, 0)),
    ("both twins ship", TWINS, {"A": "shipped", "B": "shipped"}, "", (1, 0)),
    ("the first twin ships", TWINS, {"A": "shipped", "B": "inbox"}, "", (0, 0)),
    ("the second twin ships instead", TWINS, {"A": "refused", "B": "shipped"}, "", (0, 0)),
    ("neither twin ships", TWINS, {"A": "refused", "B": "refused"}, "", (0, 1)),
    ("a person lets the second twin go", TWINS, {"A": "shipped", "B": "shipped"}, "B", (0, 0)),
    ("a burst is seen in time", BURST, {"A": "shipped", "B": "shipped", "C": "inbox", "D": "refused"}, "", (0, 0)),
    ("a burst is not seen", BURST, dict.fromkeys("ABCD", "shipped"), "", (2, 0)),
]


@pytest.mark.parametrize(
    ("orders", "states", "touched", "wrong"), [case[1:] for case in DECISIONS], ids=[case[0] for case in DECISIONS]
)
def test_decisions(orders: list[Placed], states: dict[str, str], touched: str, wrong: tuple[int, int]) -> None:
    said: list[str] = []
    note: Callable[[str], None] = said.append
    judge = Judge(states=states, touched=frozenset(touched), note=note)
    for order in orders:
        judge.see(order, shipped=states[order.external_id] == "shipped", payable=True)
    judge.close()
    assert (judge.shipped, judge.stopped) == wrong
    assert bool(said) == (sum(wrong) > 0)


def test_a_good_order_that_could_not_be_paid_for_may_be_cancelled() -> None:
    judge = Judge(states={"A": "cancelled"}, touched=frozenset(), note=list[str]().append)
    judge.see(ALONE[0], shipped=False, payable=False)
    judge.close()
    assert judge.stopped == 0


def test_the_reconciliation_knows_which_payments_were_declined(tmp_path: Path) -> None:
    world = small_world(tmp_path, faults=Faults(payment_declined=1.0))
    world.payments.authorise(
        [Authorise(f"{i}:a", i, f"tok_{order.external_id}", 100, "EUR") for i, order in enumerate(world.day)]
    )
    states = {order.external_id: "cancelled" for order in world.day}
    assert world.reconcile(states=states).wrong_decisions == 0

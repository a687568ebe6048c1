"""Goods of purchase orders come in: in parts, damaged, too many, and for orders that were taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from afterclick.procurement.buying import decisions, stopping
from tests.procurement.buying.buying_office import BERT, HOUR_MS, BuyingOffice, buying_office


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[BuyingOffice]:
    with buying_office(database_url, tmp_path) as made:
        yield made


def test_goods_in_parts_damaged_and_too_many_are_booked_as_they_are(office: BuyingOffice) -> None:
    purchase = office.order(office.want(pieces=100))
    office.came(purchase, 40, key="a")
    office.came(purchase, 40, key="a")  # the same delivery, reported twice
    assert (office.state(purchase), office.on_order()) == ("part_received", 60)
    booked = office.came(purchase, 80, key="b", damaged=5)
    assert (booked.pieces, booked.surplus) == (60, 15)  # 100 were ordered, 5 more are taken in, 5 are unfit
    assert (office.state(purchase), office.on_order()) == ("received", 0)
    task, stage, because = office.task()
    assert stage == "surplus" and "15 units of CUP" in because
    office.decide(decisions.approve, task)
    assert office.one("SELECT on_hand FROM stock_levels WHERE sku = 'CUP' AND warehouse = 'W1'") == 115
    assert office.wrong() == []


def test_a_surplus_that_is_not_wanted_never_gets_onto_the_books(office: BuyingOffice) -> None:
    purchase = office.order()
    office.came(purchase, 30, key="a")
    office.decide(decisions.reject, office.task()[0], note="send it back")
    assert office.one("SELECT on_hand FROM stock_levels WHERE sku = 'CUP' AND warehouse = 'W1'") == 10
    assert office.events("purchase.surplus_returned") == ["20 units go back: send it back"]


def test_what_stands_at_the_dock_is_booked_before_an_order_is_taken_back(office: BuyingOffice) -> None:
    """The vendor gives up what has not left it, which is nothing; what it has brought would come on top of a new order."""
    need = office.want(need="replenishment/7")
    purchase = office.order(need)
    office.days(1)
    with office.database.transaction() as tx:
        decisions.cancel(tx, purchase, by=BERT.id, because="a mistake", now_ms=office.clock.ms)
    office.run(later_ms=9 * 24 * HOUR_MS)  # it has come by now, and nobody has looked
    assert office.propose(need).purchases == ()
    office.run(later_ms=HOUR_MS)
    assert (office.state(purchase), office.on_order(), office.rows("SELECT id FROM tasks")) == ("received", 0, [])
    assert office.rows("SELECT quantity, surplus, pieces FROM receipts") == [(10, 0, 10)]
    assert office.wrong() == []


def test_goods_of_an_order_that_was_taken_back_may_be_kept_beside_the_new_order(office: BuyingOffice) -> None:
    """That is a person's decision, and no need ordered twice."""
    purchase = office.order(office.want(need="plan/1"))
    with office.database.transaction() as tx:
        decisions.cancel(tx, purchase, by=BERT.id, because="a mistake", now_ms=office.clock.ms)
    office.run()
    office.order(office.want(need="plan/1"))
    office.came(purchase, 10, key="all the same")
    office.decide(decisions.approve, office.task()[0])
    assert office.one("SELECT on_hand FROM stock_levels WHERE sku = 'CUP' AND warehouse = 'W1'") == 10
    assert (office.state(purchase), office.on_order(), office.wrong()) == ("cancelled", 10, [])


def test_of_a_surplus_that_is_kept_what_is_damaged_is_not_put_on_the_shelf(office: BuyingOffice) -> None:
    purchase = office.order()
    office.came(purchase, 10, key="a")
    booked = office.came(purchase, 8, key="b", damaged=3)
    assert (booked.pieces, booked.surplus) == (0, 8)
    office.decide(decisions.approve, office.task()[0])
    assert office.rows("SELECT quantity, damaged, surplus, pieces FROM receipts WHERE key = 'b'") == [(8, 3, 0, 5)]
    assert office.one("SELECT on_hand FROM stock_levels WHERE sku = 'CUP' AND warehouse = 'W1'") == 15
    assert office.wrong() == []


def test_goods_that_come_before_their_order_may_leave_end_it(office: BuyingOffice) -> None:
    """Else it would be sent after all, and stay on order for ever."""
    purchase = office.order(office.want(pieces=20_000))
    assert office.task()[1] == "may_leave"
    office.came(purchase, 20_000, key="a")
    ((surplus,),) = office.rows("SELECT id FROM tasks WHERE stage = 'surplus' AND state = 'open'")
    office.decide(decisions.approve, surplus)
    assert (office.state(purchase), office.on_order()) == ("received", 0)
    assert office.rows("SELECT stage, state FROM tasks ORDER BY id") == [("may_leave", "withdrawn"), ("surplus", "approved")]
    office.run(later_ms=HOUR_MS)
    assert (sent(office), office.wrong()) == (0, [])


def test_an_order_of_which_all_came_while_buying_was_stopped_is_not_sent(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        stopping.stop(tx, by="person:anna", because="an audit", now_ms=office.clock.ms)
    purchase = office.order()
    office.came(purchase, 10, key="a")
    with office.database.transaction() as tx:
        stopping.go(tx, by="person:anna", because="it is over", now_ms=office.clock.ms)
    office.run(later_ms=HOUR_MS)
    assert (office.state(purchase), office.on_order(), sent(office), office.wrong()) == ("received", 0, 0, [])


def sent(office: BuyingOffice) -> int:
    """How many orders vendors got."""
    return next(iter(office.ledger.rows("SELECT COUNT(*) FROM purchases")))[0]

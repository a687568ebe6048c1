"""Stock that comes in wakes those orders that it is enough for, the oldest first."""

from collections.abc import Iterator

import pytest

from afterclick.inventory.receiving import receive
from afterclick.orders.desk import OrdersDesk
from afterclick.orders.sourcing.allocation import Sourcing
from afterclick.orders.wake import wake
from afterclick.store.transaction import Tx
from tests.orders.office import SmallOffice, small_office

MINUTE_MS = 61_000


class Interrupted(OrdersDesk):
    """A desk at which, while one bot looks up what sending costs, another worker cancels every order."""

    interrupts = False

    def sourcing(self, tx: Tx) -> Sourcing:
        if self.interrupts:
            tx.run("UPDATE orders SET state = 'cancelled', waiting_for = '', because = 'the customer called', stage = ''")
        return super().sourcing(tx)


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url, bots=(wake,), pieces=0) as opened:
        yield opened


def arrive(office: SmallOffice, sku: str, pieces: int) -> None:
    with office.database.transaction() as tx:
        receive(tx, [(sku, "W1", pieces)], by="anna", now_ms=office.clock.ms)


def test_the_oldest_orders_are_served_first_and_the_others_sleep_on(office: SmallOffice) -> None:
    orders = [office.order(f"A{age}", ("CUP", 2), age_ms=age * 1000) for age in (1, 3, 2)]
    office.run()
    arrive(office, "CUP", 5)
    office.run(later_ms=MINUTE_MS)
    assert [office.state(order) for order in orders] == ["waiting", "shipped", "shipped"]
    assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'woken'") == 2
    office.run(later_ms=MINUTE_MS)
    assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'woken'") == 2
    assert office.wrong() == []


def test_an_order_that_still_lacks_a_line_is_not_woken(office: SmallOffice) -> None:
    office.order("A", ("CUP", 1), ("PLATE", 1))
    office.run()
    arrive(office, "CUP", 5)
    office.run(later_ms=MINUTE_MS)
    assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'woken'") == 0


def test_an_order_that_may_ship_in_part_is_woken_for_a_part(office: SmallOffice) -> None:
    order = office.order("A", ("CUP", 1), ("PLATE", 1), partial_ok=True, discount=100)
    office.run()
    arrive(office, "CUP", 5)
    office.run(later_ms=MINUTE_MS)
    assert office.state(order) == "shipped"
    assert office.rows("SELECT external_id, state, total FROM orders ORDER BY id") == [
        ("A", "shipped", 950),
        ("A/2", "waiting", 950),
    ]
    arrive(office, "PLATE", 1)
    office.run(later_ms=MINUTE_MS)
    assert office.one("SELECT COUNT(*) FROM orders WHERE state = 'shipped'") == 2
    assert office.wrong() == []


def test_a_bundle_is_woken_by_its_parts(office: SmallOffice) -> None:
    with office.database.transaction() as tx:
        tx.run(
            "INSERT INTO items (sku, name, category, tax_category, price, currency, components)"
            " VALUES ('SET', 'Set', 'table', 'standard', 1000, 'EUR', '{\"CUP\":2,\"PLATE\":1}')"
        )
    order = office.order("A", ("SET", 2))
    office.run()
    arrive(office, "CUP", 4)
    office.run(later_ms=MINUTE_MS)
    assert office.state(order) == "waiting"
    assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'woken'") == 0
    arrive(office, "PLATE", 2)
    office.run(later_ms=MINUTE_MS)
    assert office.state(order) == "shipped"
    assert office.wrong() == []


def test_an_order_that_another_worker_cancels_meanwhile_is_not_sent_on(database_url: str) -> None:
    with small_office(database_url, bots=(wake,), pieces=0, desk=Interrupted) as office:
        office.order("A", ("CUP", 2))
        office.run()
        assert isinstance(office.desk, Interrupted)
        office.desk.interrupts = True
        arrive(office, "CUP", 5)
        office.run(later_ms=MINUTE_MS)
        assert office.rows("SELECT state, stage FROM orders") == [("cancelled", "")]
        assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'woken'") == 0


def test_an_order_that_no_carrier_reaches_from_where_the_goods_are_does_not_starve_those_behind_it(database_url: str) -> None:
    with small_office(database_url, bots=(wake,), pieces=0, lanes=("DE>FR", "DE>DE", "ES>DE")) as office:
        with office.database.transaction() as tx:
            tx.run(
                "INSERT INTO warehouses (id, name, country, latitude, longitude, handling)"
                " VALUES ('W2', 'Madrid', 'ES', 40, -3, 100)"
            )
        far, near = office.order("F", ("CUP", 3), age_ms=9_000), office.order("N", ("CUP", 3))
        with office.database.transaction() as tx:
            tx.run("UPDATE orders SET country = 'FR' WHERE id = ?", (far,))
        office.run()
        assert [office.state(far), office.state(near)] == ["waiting", "waiting"]
        with office.database.transaction() as tx:
            office.stock(tx, {"CUP": 4}, warehouse="W2")
        office.run(later_ms=MINUTE_MS)
        assert [office.state(far), office.state(near)] == ["waiting", "shipped"]
        assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'woken'") == 1
        assert office.wrong() == []

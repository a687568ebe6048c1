"""Reservations under pressure: many batches at once want the same last pieces."""

from concurrent.futures import ThreadPoolExecutor

from afterclick.engine import queue
from afterclick.inventory.counting import count
from afterclick.orders.wake import wake
from tests.orders.office import small_office


def test_of_a_hundred_orders_for_the_last_ten_pieces_exactly_ten_are_reserved_and_shipped(database_url: str) -> None:
    with small_office(database_url, pieces=10) as office:
        orders = [office.order(f"A-{number}", ("CUP", 1)) for number in range(100)]
        with office.database.transaction() as tx:
            tx.run("DELETE FROM queue")
            batches = [
                queue.open_batch(
                    tx, "orders.fulfil", "1", orders[start : start + 5], executor=office.engine.executor, now_ms=office.clock.ms
                )
                for start in range(0, 100, 5)
            ]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(office.engine.runtime.run, batches))
        states = office.rows("SELECT state, COUNT(*) FROM orders GROUP BY state ORDER BY state")
        assert states == [("shipped", 10), ("waiting", 90)]
        assert office.one("SELECT COUNT(*) FROM reservations") == 10
        assert office.rows("SELECT on_hand, reserved FROM stock_levels WHERE sku = 'CUP'") == [(0, 0)]
        assert office.wrong() == []


def test_a_paid_order_is_not_parted_when_its_pieces_are_gone_after_a_new_address(database_url: str) -> None:
    with small_office(database_url, bots=(wake,)) as office:
        order = office.order("A", ("CUP", 6), ("PLATE", 2), partial_ok=True)
        office.run()

        def plates_are_broken() -> None:
            with office.database.transaction() as tx:
                count(tx, [("PLATE", "W1", 1)], by="carl", now_ms=office.clock.ms)

        office.cheap.during = plates_are_broken  # while its label is taken back
        office.amend(order, "address", {"line1": "Allee 7"})
        office.run()
        office.run(later_ms=60_000)
        assert office.rows("SELECT id, state, waiting_for FROM orders") == [(order, "waiting", "stock")]
        assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'woken'") == 0, "a part of it is no reason to wake it"
        with office.database.transaction() as tx:
            office.stock(tx, {"PLATE": 9})
        office.run(later_ms=60_000)
        assert office.rows("SELECT id, state FROM orders") == [(order, "shipped")]
        assert office.bank.taken == {"ca-1-1": 8000}
        assert office.wrong() == []

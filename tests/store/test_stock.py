"""The stock ledger: on hand is the sum of the moves, reserved the sum of the open reservations, and nothing goes twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afterclick.domain.stock import Reservation
from afterclick.store import stock
from afterclick.store.database import Database
from afterclick.store.stock import Move
from afterclick.store.transaction import Tx

PLACES = [("A", "W1"), ("A", "W2"), ("B", "W1")]


def reservation(order_id: int, place: tuple[str, str], quantity: int) -> Reservation:
    return Reservation(order_id, 1, *place, quantity, 0, "open", 0)


def held_and_there(tx: Tx) -> tuple[bool, bool]:
    """Whether on hand is what the moves say, and reserved what the open reservations say."""
    there: Counter[tuple[str, str]] = Counter()
    for sku, warehouse, quantity in tx.rows("SELECT sku, warehouse, quantity FROM stock_moves"):
        there[sku, warehouse] += quantity
    held: Counter[tuple[str, str]] = Counter()
    for sku, warehouse, quantity in tx.rows("SELECT sku, warehouse, quantity FROM reservations WHERE state = 'open'"):
        held[sku, warehouse] += quantity
    levels = stock.levels(tx, ["A", "B"])
    return (
        all(level.on_hand == there[place] for place, level in levels.items()),
        all(level.reserved == held[place] for place, level in levels.items()),
    )


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["move", "reserve", "ship", "release"]), st.sampled_from(PLACES), st.integers(1, 9)),
        max_size=15,
    )
)
def test_whatever_happens_levels_are_what_moves_and_reservations_say(
    database: Database, acts: list[tuple[str, tuple[str, str], int]]
) -> None:
    with database.transaction() as tx:
        for table in ("stock_levels", "stock_moves", "reservations"):
            tx.run(f"DELETE FROM {table}")
        stock.ensure_levels(tx, PLACES)
        for number, (act, place, pieces) in enumerate(acts):
            if act == "move":
                stock.move(tx, [Move(*place, pieces, "receipt"), Move(*place, -1, "count")], now_ms=number)
            elif act == "reserve":
                stock.reserve(tx, [reservation(number, place, pieces)])
            elif act == "ship":
                stock.ship(tx, list(range(0, number, pieces)), now_ms=number)
            else:
                stock.release(tx, list(range(0, number, pieces)))
        assert held_and_there(tx) == (True, True)


def test_reservations_are_closed_once(database: Database) -> None:
    with database.transaction() as tx:
        stock.ensure_levels(tx, PLACES)
        stock.reserve(tx, [reservation(1, PLACES[0], 3), reservation(2, PLACES[0], 4)])
        assert [one.quantity for one in stock.held(tx, [1, 2, 3])] == [3, 4]
        stock.ship(tx, [1], now_ms=1)
        stock.ship(tx, [1], now_ms=2)
        assert tx.rows("SELECT order_id, quantity FROM stock_moves WHERE reason = 'shipment'") == [(1, -3)]
        assert stock.release(tx, [1]) == set()
        level = stock.levels(tx, ["A"])[PLACES[0]]
        assert (level.reserved, level.on_hand) == (4, -3)
        assert stock.release(tx, [1, 2]) == {2}


def test_a_place_is_given_a_level_once(database: Database) -> None:
    with database.transaction() as tx:
        stock.ensure_levels(tx, PLACES)
        stock.move(tx, [Move("A", "W1", 5, "receipt")], now_ms=1)
        stock.ensure_levels(tx, [*PLACES, ("C", "W1")])
        assert tx.value("SELECT COUNT(*) FROM stock_levels") == 4
        assert stock.levels(tx, ["A"])["A", "W1"].on_hand == 5


def test_a_replenishment_is_asked_for_once_while_it_is_open(database: Database) -> None:
    with database.transaction() as tx:
        assert stock.ask_replenishment(tx, {("A", "W1"): (10, "low"), ("A", "W2"): (5, "low")}, now_ms=1) == 2
        assert stock.ask_replenishment(tx, {("A", "W1"): (10, "low"), ("B", "W1"): (5, "low")}, now_ms=2) == 1
        assert stock.ask_replenishment(tx, {}, now_ms=3) == 0
        assert stock.asked_for(tx) == set(PLACES)
        tx.run("UPDATE replenishments SET state = 'closed' WHERE warehouse = 'W2'")
        assert stock.ask_replenishment(tx, {("A", "W2"): (5, "low")}, now_ms=4) == 1


def test_of_a_hundred_that_want_the_last_ten_pieces_exactly_ten_get_one(database: Database) -> None:
    with database.transaction() as tx:
        stock.ensure_levels(tx, [("A", "W1")])
        stock.move(tx, [Move("A", "W1", 10, "receipt")], now_ms=1)

    def reserve(order_id: int) -> bool:
        with database.transaction() as tx:
            if stock.levels(tx, ["A"])["A", "W1"].available < 1:
                return False
            stock.reserve(tx, [reservation(order_id, ("A", "W1"), 1)])
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(reserve, range(100))) == 10
    with database.transaction() as tx:
        level = stock.levels(tx, ["A"])["A", "W1"]
        assert (level.on_hand, level.reserved, level.available) == (10, 10, 0)
        assert len(stock.held(tx, range(100))) == 10

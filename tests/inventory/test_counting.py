"""A count brings the books to what is there, and says what it breaks."""

from collections.abc import Iterator

import pytest

from afterclick.domain.stock import Reservation
from afterclick.inventory.counting import count
from afterclick.inventory.places import UnknownPlace
from afterclick.store import stock
from afterclick.store.database import Database
from afterclick.store.stock import Move
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    database = Database(database_url)
    metadata.create_all(database.engine)
    with database.transaction() as transaction:
        transaction.run("INSERT INTO warehouses (id, name, latitude, longitude) VALUES ('W1', 'One', 0, 0)")
        transaction.run_many("INSERT INTO items (sku) VALUES (?)", [("A",)])
        stock.ensure_levels(transaction, [("A", "W1")])
        stock.move(transaction, [Move("A", "W1", 10, "opening")], now_ms=1)
        stock.reserve(transaction, [Reservation(1, 1, "A", "W1", 6)])
        yield transaction
    database.dispose()


@pytest.mark.parametrize(
    ("counted", "moved", "said"),
    [
        (10, [], [("stock.counted", "Pass", "10 as booked")]),
        (8, [-2], [("stock.counted", "Pass", "8 there, 10 booked: -2")]),
        (12, [2], [("stock.counted", "Pass", "12 there, 10 booked: +2"), ("stock.arrived", "", "2 more than booked")]),
        (
            4,
            [-6],
            [
                ("stock.counted", "Pass", "4 there, 10 booked: -6"),
                ("stock.short", "Ask", "4 of A are in W1, 6 are reserved: 2 too many"),
            ],
        ),
    ],
)
def test_the_difference_is_booked_and_said(tx: Tx, counted: int, moved: list[int], said: list[tuple[str, str, str]]) -> None:
    events = count(tx, [("A", "W1", counted)], by="anna", now_ms=9)
    assert [(event.activity, event.verdict, event.because) for event in events] == said
    assert [row[0] for row in tx.rows("SELECT quantity FROM stock_moves WHERE reason = 'count'")] == moved
    assert tx.value("SELECT on_hand FROM stock_levels") == counted


def test_two_shelves_of_one_place_are_summed(tx: Tx) -> None:
    count(tx, [("A", "W1", 7), ("A", "W1", 5)], by="anna", now_ms=9)
    assert tx.value("SELECT on_hand FROM stock_levels") == 12


def test_less_than_nothing_cannot_be_counted(tx: Tx) -> None:
    with pytest.raises(UnknownPlace, match="-1 pieces"):
        count(tx, [("A", "W1", -1)], by="anna", now_ms=9)

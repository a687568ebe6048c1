"""From an instant to the first row of that time."""

from collections.abc import Iterator

import pytest

from afterclick.store.database import Database
from afterclick.store.in_order_of_time import first_since
from afterclick.store.tables import metadata


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    metadata.create_all(made.engine)
    yield made
    made.dispose()


def test_the_first_row_of_an_instant_is_found_whatever_numbers_are_missing(database: Database) -> None:
    asked = {3: 10, 4: 10, 9: 20, 10: 30, 40: 30, 41: 50}
    with database.transaction() as tx:
        assert first_since(tx, "tasks", "id", "asked_ms", 10) == 1
        tx.run_many("INSERT INTO tasks (id, asked_ms) VALUES (?, ?)", list(asked.items()))
        for at_ms in range(60):
            first = first_since(tx, "tasks", "id", "asked_ms", at_ms)
            assert {number for number in asked if number >= first} == {one for one, since in asked.items() if since >= at_ms}


def test_rows_whose_time_says_nothing_are_passed_over(database: Database) -> None:
    orders = [(1, 10, None), (2, 20, None), (3, 10, 1), (4, 30, None), (5, 20, 2)]
    with database.transaction() as tx:
        tx.run_many(
            "INSERT INTO orders (id, store, external_id, received_ms, parent) VALUES (?, 's', ?, ?, ?)",
            [(number, f"A-{number}", received_ms, parent) for number, received_ms, parent in orders],
        )
        found = [first_since(tx, "orders", "id", "received_ms", at_ms, among="parent IS NULL") for at_ms in (10, 20, 25, 31)]
    assert found[0] <= 1
    assert found[1] == 2
    assert found[2] in (3, 4)  # only a part lies between
    assert found[3] == 5

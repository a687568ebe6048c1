"""The list of stock levels: its conditions, its pages, and names that cannot be."""

from collections.abc import Iterator

import pytest

from afterclick.control_room.server import Room, build
from afterclick.governance.policy import DEFAULT
from afterclick.inventory.counts.pages import Counting
from afterclick.inventory.pages import pages
from afterclick.inventory.shelves import Unlisted, listed
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from tests.control_room.browser import Browser, signed_in

LEVELS = [("A", "W1", 5, 0, 9), ("A", "W2", 3, 3, 0), ("B", "W1", 1, 4, 0), ("B", "W2", 50, 1, 9), ("C'%_", "W1", 9, 0, 9)]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    metadata.create_all(made.engine)
    with made.transaction() as tx:
        tx.run_many("INSERT INTO stock_levels (sku, warehouse, on_hand, reserved, reorder_point) VALUES (?, ?, ?, ?, ?)", LEVELS)
        tx.run("INSERT INTO replenishments (sku, warehouse, quantity, state) VALUES ('A', 'W2', 40, 'open')")
        tx.run("INSERT INTO replenishments (sku, warehouse, quantity, state) VALUES ('A', 'W1', 40, 'closed')")
    yield made
    made.dispose()


@pytest.mark.parametrize(
    ("only", "warehouse", "q", "found"),
    [
        ("", "", "", ["A/W1", "A/W2", "B/W1", "B/W2", "C'%_/W1"]),
        ("low", "", "", ["A/W1", "C'%_/W1"]),
        ("none", "", "", ["A/W2", "B/W1"]),
        ("over", "", "", ["B/W1"]),
        ("asked", "", "", ["A/W2"]),
        ("", "W2", "", ["A/W2", "B/W2"]),
        ("", "", "C'", ["C'%_/W1"]),
        ("", "", "%", []),
    ],
)
def test_a_list_holds_what_it_says(database: Database, only: str, warehouse: str, q: str, found: list[str]) -> None:
    with database.reading() as tx:
        page = listed(tx, only=only, warehouse=warehouse, q=q)
    assert [f"{one.sku}/{one.warehouse}" for one in page.levels] == found


def test_pages_follow_each_other_without_a_gap(database: Database) -> None:
    seen: list[str] = []
    cursor = ""
    with database.reading() as tx:
        while True:
            page = listed(tx, cursor=cursor, limit=2)
            seen += [f"{one.sku}/{one.warehouse}" for one in page.levels]
            cursor = page.next
            if not cursor:
                break
    assert seen == [f"{row[0]}/{row[1]}" for row in LEVELS]


def test_a_list_that_cannot_be_is_refused(database: Database) -> None:
    with database.reading() as tx:
        for only, q, cursor in (("nonsense", "", ""), ("", "\0", ""), ("", "", "\0")):
            with pytest.raises(Unlisted):
                listed(tx, only=only, q=q, cursor=cursor)


def test_the_page_names_the_state_of_each_place(database: Database) -> None:
    room = Room("Shop", database, lambda: 0, lambda _request: signed_in(), lambda: None)
    client = Browser(build(room, [pages(room, Counting(lambda: DEFAULT, lambda _tx, _events, _by: None))]))
    page = client.get("/stock").text
    assert 'class="pill over"' in page
    assert 'class="pill low"' in page
    assert "No such stock" in client.get("/stock?q=nothing").text
    assert client.get("/stock?only=nonsense").status_code == 422
    assert client.get("/stock?q=%00").status_code == 422

"""The verbs of a transaction: the same on SQLite and PostgreSQL, in sets, all or nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afterclick.store import tables
from afterclick.store.database import Database
from afterclick.store.transaction import Tx

ITEM = ("sku", "name", "price")
LEVEL = ("sku", "warehouse", "on_hand", "reserved")
AWKWARD = ["", " ", "a\tb\nc\\N", "%s", "?", "''", '"', "ü✓😀", "\\.", "null", "100 %"]


def items(tx: Tx) -> list[tuple[object, ...]]:
    return tx.rows("SELECT sku, name, price FROM items ORDER BY price")


def test_rows_are_inserted_in_bulk_and_read_back_as_they_were(database: Database) -> None:
    rows = [(f"S{number}", text, number) for number, text in enumerate(AWKWARD)]
    with database.transaction() as tx:
        tx.insert(tables.items, ITEM, rows)
        tx.insert(tables.items, ITEM, [])
    with database.reading() as tx:
        assert items(tx) == rows


def test_rows_by_the_thousand_are_read_as_one_value(database: Database) -> None:
    rows = [(f"S{number}", text, 2**62 + number) for number, text in enumerate(AWKWARD)]
    with database.transaction() as tx:
        assert tx.packed(ITEM, "items") == []
        tx.insert(tables.items, ITEM, rows)
        assert sorted(tx.packed(ITEM, "items")) == sorted(rows)
        assert tx.packed(("price", "sku"), "items WHERE name = ?", ("%s",)) == [(2**62 + 3, "S3")]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), st.integers(0, 2**62)), max_size=20
    )
)
def test_any_text_and_any_amount_come_back_the_same(database: Database, values: list[tuple[str, int]]) -> None:
    with database.transaction() as tx:
        tx.run("DELETE FROM items")
        tx.insert(tables.items, ITEM, [(f"S{number}", text, amount) for number, (text, amount) in enumerate(values)])
        found = tx.rows("SELECT sku, name, price FROM items")
    assert {(int(sku[1:]), name, price) for sku, name, price in found} == {(n, *value) for n, value in enumerate(values)}


def test_many_rows_are_set_at_once(database: Database) -> None:
    with database.transaction() as tx:
        tx.insert(tables.items, ITEM, [("A", "a", 1), ("B", "b", 2), ("C", "c", 3)])
        tx.update(tables.items, keys=("sku",), sets=("name", "price"), rows=[("x", 10, "A"), ("%s?", 20, "B"), ("gone", 0, "Z")])
        tx.update(tables.items, keys=("sku",), sets=("name",), rows=[])
        assert items(tx) == [("C", "c", 3), ("A", "x", 10), ("B", "%s?", 20)]


@pytest.mark.parametrize("count", [1, 15, 16, 17, 159, 160, 161, 339])
def test_as_many_rows_are_inserted_as_were_given(database: Database, count: int) -> None:
    with database.transaction() as tx:
        tx.insert(tables.items, ITEM, [(f"S{number}", "", number) for number in range(count)])
        assert [price for _, _, price in items(tx)] == list(range(count))


def test_rows_that_are_set_alike_get_their_values_and_no_others_do(database: Database) -> None:
    with database.transaction() as tx:
        tx.insert(tables.items, ITEM, [(f"S{number}", "", number) for number in range(40)])
        alike = [("same", 1000 + number % 2, f"S{number}") for number in range(38)]
        tx.update(tables.items, keys=("sku",), sets=("name", "price"), rows=alike)
        tx.update(tables.items, keys=("sku",), sets=("price",), rows=[(5, f"S{number}") for number in range(8)], add=True)
        found = {sku: (name, price) for sku, name, price in items(tx)}
    assert found == {f"S{n}": ("same", 1000 + n % 2 + 5 * (n < 8)) if n < 38 else ("", n) for n in range(40)}


def test_values_are_added_to_what_is_there_by_a_key_of_two_columns(database: Database) -> None:
    with database.transaction() as tx:
        tx.insert(tables.stock_levels, LEVEL, [("A", "W1", 5, 1), ("A", "W2", 5, 1), ("B", "W1", 5, 1)])
        tx.update(
            tables.stock_levels, keys=("sku", "warehouse"), sets=("on_hand", "reserved"), add=True,
            rows=[(3, -1, "A", "W1"), (-5, 1, "B", "W1")],
        )  # fmt: skip
        found = tx.rows("SELECT sku, warehouse, on_hand, reserved FROM stock_levels ORDER BY sku, warehouse")
    assert found == [("A", "W1", 8, 0), ("A", "W2", 5, 1), ("B", "W1", 0, 2)]


@pytest.mark.parametrize(("wanted", "found"), [([], []), (["A"], ["A"]), (["A", "C", "nobody"], ["A", "C"]), (AWKWARD, [])])
def test_rows_are_found_among_any_number_of_values(database: Database, wanted: list[str], found: list[str]) -> None:
    with database.transaction() as tx:
        tx.insert(tables.items, ITEM, [("A", "a", 1), ("B", "b", 2), ("C", "c", 3)])
        condition, value = tx.among(wanted)
        assert [row[0] for row in tx.rows(f"SELECT sku FROM items WHERE sku {condition} ORDER BY sku", (value,))] == found


def test_numbers_are_taken_without_a_gap_and_given_back_when_it_fails(database: Database) -> None:
    with database.transaction() as tx:
        assert [tx.take("invoice"), tx.take("invoice", 3), tx.take("invoice"), tx.take("other")] == [1, 2, 5, 1]
    with pytest.raises(ValueError, match="no"), database.transaction() as tx:
        assert tx.take("invoice") == 6
        raise ValueError("no")
    with database.transaction() as tx:
        assert tx.take("invoice") == 6


def test_threads_that_take_numbers_at_once_get_each_number_once(database: Database) -> None:
    def take(_turn: int) -> int:
        with database.transaction() as tx:
            return tx.take("invoice")

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(40))) == list(range(1, 41))


def test_a_block_that_fails_is_undone_and_the_rest_stays(database: Database) -> None:
    with database.transaction() as tx:
        tx.insert(tables.items, ITEM, [("A", "a", 1)])
        with pytest.raises(Exception, match=r"(?i)unique"), tx.savepoint():
            tx.insert(tables.items, ITEM, [("B", "b", 2), ("A", "again", 3)])
        with tx.savepoint(kept=False):
            tx.insert(tables.items, ITEM, [("C", "c", 3)])
        with tx.savepoint(), tx.savepoint():
            tx.insert(tables.items, ITEM, [("D", "d", 4)])
    with database.reading() as tx:
        assert [row[0] for row in items(tx)] == ["A", "D"]


def test_what_is_written_in_a_view_is_not_kept(database: Database) -> None:
    with database.reading() as tx:
        tx.run("INSERT INTO items (sku) VALUES ('A')")
    with database.reading() as tx:
        assert items(tx) == []


def test_a_view_stays_as_it_was_while_others_write(database: Database) -> None:
    with database.reading() as view:
        assert items(view) == []
        with database.transaction() as tx:
            tx.insert(tables.items, ITEM, [("A", "a", 1)])
        assert items(view) == []
    with database.reading() as tx:
        assert items(tx) == [("A", "a", 1)]


def test_a_statement_says_how_many_rows_it_touched(database: Database) -> None:
    with database.transaction() as tx:
        tx.run_many("INSERT INTO items (sku, price) VALUES (?, ?)", [("A", 1), ("B", 2)])
        tx.run_many("INSERT INTO items (sku, price) VALUES (?, ?)", [])
        assert tx.run("UPDATE items SET price = price + 1 WHERE price % 2 = ?", (0,)) == 1
        assert tx.value("SELECT price FROM items WHERE sku = 'nobody'") is None

"""The ledger takes entries that balance, and no others."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afterclick.domain.invoice import Posting
from afterclick.store import ledger
from afterclick.store.database import Database
from afterclick.store.ledger import Unbalanced


def posting(entry: str, amount: int, account: str = "1200") -> Posting:
    return Posting(entry=entry, account=account, amount=amount, currency="EUR", order_id=7)


def test_an_entry_that_balances_is_written_line_by_line(database: Database) -> None:
    with database.transaction() as tx:
        ledger.post(tx, [posting("A", 119), posting("B", 5), posting("A", -100), posting("A", -19), posting("B", -5)], now_ms=3)
        ledger.post(tx, [], now_ms=3)
        found = tx.rows("SELECT entry, line, amount, at_ms FROM postings ORDER BY entry, line")
    assert found == [("A", 1, 119, 3), ("A", 2, -100, 3), ("A", 3, -19, 3), ("B", 1, 5, 3), ("B", 2, -5, 3)]


def test_an_entry_that_does_not_balance_is_refused_and_nothing_is_written(database: Database) -> None:
    with database.transaction() as tx:
        with pytest.raises(Unbalanced, match="entry B does not balance: its postings sum to 1"):
            ledger.post(tx, [posting("A", 1), posting("A", -1), posting("B", 1)], now_ms=3)
        assert tx.value("SELECT COUNT(*) FROM postings") == 0


def test_two_entries_cannot_make_up_for_each_other(database: Database) -> None:
    with database.transaction() as tx, pytest.raises(Unbalanced):
        ledger.post(tx, [posting("A", 1), posting("B", -1)], now_ms=3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=8))
def test_whatever_is_posted_the_books_sum_to_zero(database: Database, amounts: list[int]) -> None:
    with database.transaction() as tx:
        tx.run("DELETE FROM postings")
        if sum(amounts):
            with pytest.raises(Unbalanced):
                ledger.post(tx, [posting("A", amount) for amount in amounts], now_ms=3)
        ledger.post(tx, [posting("B", amount) for amount in (*amounts, -sum(amounts))], now_ms=3)
        assert tx.value("SELECT SUM(amount) FROM postings") == 0

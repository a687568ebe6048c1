"""One whole case, and lists of orders: everything is there, from a fixed number of queries."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from afterclick.app import Office
from afterclick.orders.cases import case as cases
from afterclick.orders.cases.case import Step, told
from afterclick.orders.overview import BadCursor, listed, resting, tally
from afterclick.store.transaction import Row, Tx, Value
from tests.orders.worked import ORDERS, worked_office


class Counting(Tx):
    """A transaction that counts its queries."""

    count = 0

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        self.count += 1
        return super().rows(sql, values)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = worked_office(tmp_path / "office", database=database_url, faults="all")
    yield made
    made.close()


def test_a_case_has_everything_about_an_order_and_asks_a_fixed_number_of_questions(office: Office) -> None:
    counts: list[int] = []
    with office.database.reading() as tx:
        shipped = listed(tx, state="shipped", limit=100).orders
        for one in shipped:
            counting = Counting(tx.connection)
            found = cases.case(counting, one.id)
            counts.append(counting.count)
            assert found is not None
            total = found.order.total
            assert sum(p.captured - p.refunded for p in found.payments) == total
            assert sum(d.gross for d in found.documents) == total
            assert sum(p.amount for p in found.postings) == 0
            assert found.parcels
            assert all(parcel.state == "handed_over" and parcel.contents for parcel in found.parcels)
            assert sum(r.quantity for r in found.reservations) == -sum(m.quantity for m in found.moves) > 0
            assert {step.activity for step in found.timeline} >= {"received", "reserve", "invoice", "carrier.label"}
            assert all(step.version for step in found.timeline if step.actor == "orders.fulfil")
            assert set(found.names) == {line.sku for line in found.order.lines}
        assert cases.case(tx, 10**9) is None
    assert len(shipped) > ORDERS / 2
    assert set(counts) == {15}


def test_an_order_in_the_inbox_has_its_question_with_the_facts(office: Office) -> None:
    with office.database.reading() as tx:
        asked = cases.tasks(tx)
        found = cases.case(tx, asked[0].item)
        assert cases.task(tx, asked[0].id) == asked[0]
        assert cases.task(tx, 10**9) is None
    assert found is not None
    assert found.order.state == "inbox"
    assert found.because == asked[0].because
    assert asked[0] in found.tasks
    assert asked[0].facts.startswith("{")


def test_pages_of_orders_name_every_order_once(office: Office) -> None:
    with office.database.reading() as tx:
        for state in ("", "waiting", "inbox", "shipped"):
            seen: list[int] = []
            cursor, pages = "", 0
            while pages == 0 or cursor:
                page = listed(tx, state=state, cursor=cursor, limit=7)
                seen += [one.id for one in page.orders]
                cursor, pages = page.next, pages + 1
            where = " WHERE state = ?" if state else ""
            known = [row[0] for row in tx.rows(f"SELECT id FROM orders{where}", (state,) if state else ())]
            assert sorted(seen) == sorted(known)
        with pytest.raises(BadCursor, match="first page"):
            listed(tx, cursor="1; DROP TABLE orders")
        with pytest.raises(ValueError, match="there is no state"):
            listed(tx, state="sold")


def test_the_tally_adds_up_and_counts_only_untouched_orders_as_touchless(office: Office) -> None:
    with office.database.transaction() as tx:
        found = tally(tx)
        counted = resting(tx)
        states = (found.shipped, found.waiting, found.inbox, found.refused, found.cancelled, found.held, found.moving)
        assert sum(states) == found.received == counted["received"]
        assert (counted["waiting"], counted["inbox"]) == (found.waiting, found.inbox)
        assert found.touchless == found.shipped
        assert found.touchless_rate == round(found.shipped / found.received, 4)
        with tx.savepoint(kept=False):
            tx.run("UPDATE orders SET touched = true WHERE id = (SELECT MIN(id) FROM orders WHERE state = 'shipped')")
            assert tally(tx).touchless == found.touchless - 1
        with tx.savepoint(kept=False):
            tx.run("UPDATE orders SET parent = 1 WHERE id = (SELECT MAX(id) FROM orders)")
            assert resting(tx)["received"] == found.received - 1, "a part of a split order came in with that order"


def test_leaving_is_not_told_again_where_the_verdict_before_says_why() -> None:
    def step(activity: str, because: str) -> Step:
        return Step(0, "orders.fulfil", "1", "live", activity, "Ask", because, "", "", 1, 1)

    timeline = [step("genuine", "why"), step("left.genuine", "why"), step("left.label", "no carrier")]
    assert [one.activity for one in told(timeline)] == ["genuine", "left.label"]
    assert told([]) == []

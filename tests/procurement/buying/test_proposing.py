"""Needs become purchase orders by vendor and warehouse, each need once, and none by a plan that is out of date."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from afterclick.domain.order import Address
from afterclick.domain.purchase import Offer, PriceBreak, ReceiptLine
from afterclick.domain.vendor_messages import Reply
from afterclick.procurement.buying import decisions, listing, needs, records
from afterclick.procurement.buying.desk import BuyingDesk
from afterclick.procurement.buying.proposing import propose
from afterclick.procurement.buying.receiving import receive
from afterclick.store import purchases, stock
from afterclick.store.stock import Move
from tests.procurement.buying.buying_office import BUYER, BuyingOffice, buying_office, with_limits
from tests.procurement.planning.past import sell


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[BuyingOffice]:
    with buying_office(database_url, tmp_path) as made:
        yield made


def test_a_warehouse_abroad_is_not_sent_to_the_shops_own_town(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        tx.run("UPDATE warehouses SET country = 'PL', name = 'Poznań' WHERE id = 'W2'")
        found = BuyingDesk(BUYER).deliver_to(tx)
    assert (found["W1"].city, found["W1"].country) == ("Berlin", "DE")
    assert found["W2"] == Address("Poznań", "", "", "", "", "", "PL")


def test_needs_are_grouped_by_vendor_and_warehouse_and_counted_on_order(office: BuyingOffice) -> None:
    made = office.propose(
        office.want("CUP", 10),
        office.want("PLATE", 5),
        office.want("CUP", 3, warehouse="W2"),
        office.want("SPOON", 2, vendor="MAIL"),
    )
    with office.database.reading() as tx:
        rows = listing.listed(tx, state="proposed").purchases
    assert sorted((one.vendor, one.warehouse, one.lines, one.net) for one in rows) == [
        ("ACME", "W1", 2, 4_500), ("ACME", "W2", 1, 750), ("MAIL", "W1", 1, 160),
    ]  # fmt: skip
    assert len(made.purchases) == 3 and {one.number for one in rows} == {f"PO-2026-{no:06d}" for no in (1, 2, 3)}
    assert (office.on_order(), office.on_order("CUP", "W2"), office.on_order("SPOON")) == (10, 3, 2)


def test_the_same_needs_again_make_nothing_and_say_why(office: BuyingOffice) -> None:
    wanted = [office.want("CUP", 10), office.want("PLATE", 5)]
    office.propose(*wanted)
    again = office.propose(*wanted, *wanted)
    assert again.purchases == ()
    assert {one.because for one in again.left} == {"it is on purchase order PO-2026-000001 already"}
    assert office.on_order() == 10


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"need": ""}, "names no need"),
        ({"warehouse": "W9"}, "there is no warehouse 'W9'"),
        ({"chosen.vendor": "GHOST"}, "there is no vendor 'GHOST'"),
        ({"chosen.quantity": 0}, "nothing is wanted"),
    ],
)
def test_a_need_that_cannot_be_met_is_left_and_the_others_go_on(
    office: BuyingOffice, change: dict[str, object], because: str
) -> None:
    ((field, value),) = change.items()
    wanted = office.want()
    chosen = field.removeprefix("chosen.")
    wrong = replace(wanted, chosen=replace(wanted.chosen, **{chosen: value})) if chosen != field else replace(wanted, **change)
    made = office.propose(wrong, office.want("PLATE"))
    assert len(made.purchases) == 1 and because in made.left[0].because


def test_a_plan_that_saw_less_than_there_is_proposes_nothing(office: BuyingOffice) -> None:
    stale, stale_too = (replace(office.want(on_order=0), on_hand=0) for _ in range(2))
    first = office.order(office.want(on_order=0))
    assert "10 more pieces are there or coming" in office.propose(stale).left[0].because
    with office.database.transaction() as tx:
        number = tx.value("SELECT number FROM purchase_orders WHERE id = ?", (first,))
        line = ReceiptLine(number, 1, "CUP", 10, office.clock.ms, key="r")
        receive(tx, [line], by="dock", limits=with_limits().buying, now_ms=office.clock.ms)
    assert office.on_order() == 0
    assert "10 more pieces are there or coming" in office.propose(stale_too).left[0].because  # on the shelf by now


def test_what_came_without_a_number_is_set_against_the_order_that_is_due_first(office: BuyingOffice) -> None:
    first, second = office.order(office.want(pieces=10)), office.order(office.want(pieces=10))
    with office.database.transaction() as tx:
        assert purchases.match(tx, {("CUP", "W1"): 14}, key="file/1", by="anna", now_ms=office.clock.ms) == 14
        stock.receive(tx, {("CUP", "W1"): 14}, note="anna", now_ms=office.clock.ms)
    assert (office.state(first), office.state(second), office.on_order()) == ("received", "part_received", 6)
    assert office.wrong() == []


def test_a_replenishment_covers_all_orders_that_wait_and_not_only_the_first(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        stock.ensure_levels(tx, [("CUP", "W1")])
        stock.move(tx, [Move("CUP", "W1", 5, "opening")], now_ms=1)
        sell(tx, [(1, "CUP", 20)] * 10, state="waiting")
        tx.run("UPDATE orders SET waiting_for = 'stock'")
        stock.ask_replenishment(tx, {("CUP", "W1"): (15, "order 1 lacks 15")}, now_ms=1)
    with office.database.reading() as tx:
        assert [(one.sku, one.pieces) for one in needs.replenishments(tx)] == [("CUP", 195)]


def test_a_need_below_a_vendors_minimum_says_so(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        records.save_vendors(tx, [replace(one, minimum_value=50_000) for one in records.vendors(tx).values()], now_ms=2)
        lacking = [needs.by_hand(tx, sku="CUP", warehouse="W1", pieces=15, because="", by="anna")]
        _, left = needs.chosen(tx, lacking, currency="EUR", now_ms=office.clock.ms)
    assert "takes no order below 500.00 EUR, and this is 37.50 EUR" in left[0].because


def test_open_replenishments_ask_for_what_is_not_on_order_yet(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        stock.ensure_levels(tx, [("CUP", "W1"), ("PLATE", "W1")])
        stock.ask_replenishment(tx, {("CUP", "W1"): (30, "orders wait"), ("PLATE", "W1"): (5, "low")}, now_ms=1)
    office.propose(office.want("CUP", 20))
    with office.database.transaction() as tx:
        lacking = needs.replenishments(tx)
        assert [(one.sku, one.pieces) for one in lacking] == [("CUP", 10), ("PLATE", 5)]
        wanted, left = needs.chosen(tx, lacking, currency="EUR", now_ms=office.clock.ms)
        assert left == [] and {one.chosen.vendor for one in wanted} <= {"ACME", "MAIL"}  # NEW is not on the list
        propose(tx, wanted, by="planner", now_ms=office.clock.ms)
        assert needs.replenishments(tx) == []


def test_a_scraped_price_counts_after_two_readings(office: BuyingOffice) -> None:
    page = Offer(
        "ACME", "CUP", (PriceBreak(1, 240),), source="page", source_name="https://acme.example/cup", read_ms=office.clock.ms
    )
    for readings, state in ((1, "asked"), (2, "sent")):
        with office.database.transaction() as tx:
            assert records.save_offers(tx, [page], readings={("ACME", "CUP"): readings}, now_ms=office.clock.ms) == 1
        assert office.state(office.order(office.want(price=240))) == state


def test_the_limits_of_a_day_hold_within_a_batch_and_start_anew_at_midnight(office: BuyingOffice) -> None:
    office.propose(
        *(office.want("CUP", 700, vendor=vendor, warehouse=place) for vendor in ("ACME", "MAIL") for place in ("W1", "W2"))
    )
    office.run()  # 1,750.00 each: two of a vendor stay below its 5,000, all four exceed the category's 5,000
    assert office.rows("SELECT state, COUNT(*) FROM purchase_orders GROUP BY state ORDER BY state") == [("asked", 2), ("sent", 2)]
    office.run(later_ms=86_400_000)
    assert office.state(office.order(office.want("CUP", 700))) == "sent"


def test_a_vendor_cannot_answer_for_another_nor_to_an_order_that_is_not_ours(office: BuyingOffice) -> None:
    purchase = office.order()
    number = office.one("SELECT number FROM purchase_orders WHERE id = ?", purchase)
    forged = Reply("x1", "NEW", "json", b'{"order": "%s", "answer": "refused"}' % number.encode(), office.clock.ms)
    broken = Reply("x2", "ACME", "edifact", b"UNB+broken", office.clock.ms)
    strange = Reply("x3", "ACME", "json", b'{"order": "PO-1999-1", "answer": "accepted"}', office.clock.ms)
    listened = office.vendors.replies
    office.vendors.replies = lambda *, cursor, limit: replace(
        listened(cursor=cursor, limit=limit), replies=(forged, broken, strange)
    )
    office.run(later_ms=60_000)
    reasons = " | ".join(office.events("reply.set_aside"))
    assert "answers to an order at ACME" in reasons and "cannot be read" in reasons and "not ours" in reasons
    assert (office.state(purchase), office.on_order()) == ("sent", 10)


def test_one_order_is_shown_whole_and_lists_go_on_where_they_stopped(office: BuyingOffice) -> None:
    ids = [office.order(office.want(pieces=1)) for _ in range(3)]
    with office.database.reading() as tx:
        first = listing.listed(tx, vendor="ACME", sku="CUP", limit=2)
        rest = listing.listed(tx, cursor=first.next, limit=2)
        assert [one.id for one in (*first.purchases, *rest.purchases)] == ids[::-1] and rest.next == ""
        found = listing.whole(tx, ids[0])
        assert found is not None
        assert {"purchase.proposed", "vendors.order", "purchase.sent"} <= {one.activity for one in found.story}
        assert listing.find(tx, "po-2026-000001") == ids[0] and listing.find(tx, "nothing") is None
        with pytest.raises(listing.Unlisted):
            listing.listed(tx, state="lost")
        with pytest.raises(listing.Unlisted):
            listing.listed(tx, cursor="x")


def test_an_order_in_hand_or_closed_cannot_be_cancelled(office: BuyingOffice) -> None:
    purchase = office.order()
    with office.database.transaction() as tx:
        tx.run("UPDATE purchase_orders SET batch = 1 WHERE id = ?", (purchase,))
        with pytest.raises(decisions.NotDecidable, match="in a moment"):
            decisions.cancel(tx, purchase, by="anna", because="x", now_ms=1)
        tx.run("UPDATE purchase_orders SET batch = NULL, state = 'received' WHERE id = ?", (purchase,))
        with pytest.raises(decisions.NotDecidable, match="received already"):
            decisions.cancel(tx, purchase, by="anna", because="x", now_ms=1)
        with pytest.raises(decisions.NotDecidable, match="no purchase order 99"):
            decisions.cancel(tx, 99, by="anna", because="x", now_ms=1)

"""A purchase order from the need to the receipt, through the real engine and pretend vendors."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from afterclick.domain.purchase import Offer, PriceBreak
from afterclick.engine.undecidable import NotDecidable
from afterclick.procurement.buying import decisions, records
from afterclick.procurement.buying.decisions import OwnProposal
from afterclick.simulator.vendor_plans import VendorFaults
from tests.procurement.buying.buying_office import ALONE, ANNA, BERT, HOUR_MS, BuyingOffice, buying_office


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[BuyingOffice]:
    with buying_office(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def faulty(database_url: str, tmp_path: Path) -> Iterator[Any]:
    """Opens an office whose vendors have one fault; closed when the test is over."""
    opened: list[Any] = []

    def make(**rates: float) -> BuyingOffice:
        opened.append(buying_office(database_url, tmp_path, faults=VendorFaults(**rates)))
        return opened[0].__enter__()

    yield make
    for one in opened:
        one.__exit__(None, None, None)


def test_a_need_within_the_limits_is_ordered_confirmed_and_received_without_anybody(office: BuyingOffice) -> None:
    purchase = office.order()
    assert (office.state(purchase), office.on_order()) == ("sent", 10)
    office.run(later_ms=5 * HOUR_MS)
    assert office.state(purchase) == "acknowledged"
    office.days(7, hours=24)
    assert (office.state(purchase), office.on_order()) == ("received", 0)
    assert office.one("SELECT on_hand FROM stock_levels WHERE sku = 'CUP' AND warehouse = 'W1'") == 10
    assert office.unloaded == [("CUP", "W1", 10)]
    assert office.rows("SELECT id FROM tasks") == []
    assert office.wrong() == []


def test_a_vendor_without_an_endpoint_gets_the_document_by_mail(office: BuyingOffice) -> None:
    purchase = office.order(office.want(vendor="MAIL"))
    (letter,) = office.letters.sent.values()
    assert (office.state(purchase), letter.to, letter.template) == ("sent", "orders@mail.example", "purchase_order")
    (document,) = letter.attachments
    assert document.content.startswith(b"ISA") and document.name.endswith(".x12")
    assert office.rows("SELECT order_id, object FROM events WHERE activity = 'mailbox.send'") == [(None, f"purchase/{purchase}")]


def test_what_is_over_a_limit_waits_for_a_person_and_leaves_when_they_say_yes(office: BuyingOffice) -> None:
    purchase = office.order(office.want(pieces=900))
    task, stage, because = office.task()
    assert (office.state(purchase), stage) == ("asked", "may_leave") and "2,250.00 EUR is over the limit" in because
    assert office.on_order() == 900  # so that no plan orders it again meanwhile
    assert '"value":225000' in office.one("SELECT facts FROM tasks WHERE id = ?", task)
    office.decide(decisions.approve, task)
    office.run()
    assert office.state(purchase) == "sent"
    assert office.one("SELECT approved_by FROM purchase_orders WHERE id = ?", purchase) == "person:bert"
    assert office.wrong() == []


def test_who_proposed_it_does_not_approve_it_unless_alone(office: BuyingOffice) -> None:
    first = office.order(office.want(pieces=900), by=ANNA.id)
    task = office.task()[0]
    with pytest.raises(OwnProposal, match="somebody else"):
        office.decide(decisions.approve, task, by=ANNA)
    office.decide(decisions.approve, task)
    office.run()
    second = office.order(office.want(pieces=900), by=ALONE.id)
    office.decide(decisions.approve, office.task()[0], by=ALONE)
    office.run()
    assert [office.state(one) for one in (first, second)] == ["sent", "sent"]
    assert office.one("SELECT note FROM tasks WHERE decided_by = ?", ALONE.id) == "no second person: the shop is run alone"


def test_an_edited_order_is_judged_again_and_is_not_approved_by_its_editor(office: BuyingOffice) -> None:
    purchase = office.order(office.want(pieces=900), office.want("PLATE", 10))
    office.decide(decisions.edit, office.task()[0], units={1: 850, 2: 0})
    office.run()
    task, _, because = office.task()
    assert "2,125.00 EUR" in because and (office.on_order(), office.on_order("PLATE")) == (850, 0)
    with pytest.raises(OwnProposal):
        office.decide(decisions.approve, task)
    office.decide(decisions.edit, task, units={1: 100}, by=ANNA)
    office.run()
    assert (office.state(purchase), office.on_order()) == ("sent", 100)
    assert office.one("SELECT net FROM purchase_orders WHERE id = ?", purchase) == 25_000
    assert office.wrong() == []


def test_an_edited_order_keeps_the_vendors_packs_and_a_price_only_in_its_own_unit(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        records.save_offers(tx, [Offer("ACME", "CUP", (PriceBreak(12, 250),), minimum=12, pack=12)], now_ms=2)
    purchase = office.order(office.want(pieces=960))
    for units in (7, 30):
        with pytest.raises(NotDecidable, match="ACME sells CUP from 12 on, in packs of 12, and not"):
            office.decide(decisions.edit, office.task()[0], units={1: units})
    with office.database.transaction() as tx:
        records.save_offers(tx, [Offer("ACME", "CUP", (PriceBreak(1, 25_000),), price_basis=100)], now_ms=3)
    office.decide(decisions.edit, office.task()[0], units={1: 24})
    office.run()
    assert office.rows("SELECT quantity, price, price_basis FROM purchase_lines") == [(24, 250, 1)]
    assert (office.state(purchase), "no offer on record asks the price" in office.task()[2]) == ("asked", True)


def test_a_rejected_order_ends_and_its_replenishment_with_it(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        tx.run("INSERT INTO replenishments (sku, warehouse, quantity, because, state) VALUES ('CUP', 'W1', 900, 'low', 'open')")
    purchase = office.order(office.want(pieces=900, need="replenishment/1"))
    office.decide(decisions.reject, office.task()[0], note="too many")
    assert (office.state(purchase), office.on_order()) == ("cancelled", 0)
    assert office.one("SELECT state FROM replenishments") == "closed"
    assert office.wrong() == []


def test_an_order_whose_answer_got_lost_is_placed_once(faulty: Any) -> None:
    office = faulty(answer_lost=1.0)
    purchase = office.order()
    assert office.state(purchase) == "sent"  # the door asks again under the same key
    assert next(iter(office.ledger.rows("SELECT COUNT(*) FROM purchases"))) == (1,)


def test_a_vendor_who_takes_no_orders_is_a_question_and_a_second_try_has_a_key_of_its_own(faulty: Any) -> None:
    office = faulty(declines=1.0)
    purchase = office.order()
    task, stage, because = office.task()
    assert (office.state(purchase), stage) == ("asked", "send") and "takes no orders" in because
    office.decide(decisions.approve, task)
    office.run()
    keys = [row[0] for row in office.rows("SELECT key FROM events WHERE activity = 'vendors.order' ORDER BY block")]
    assert keys == [f"purchase:{purchase}:0:order", f"purchase:{purchase}:1:order"]
    office.decide(decisions.reject, office.task()[0])
    assert (office.state(purchase), office.on_order(), office.wrong()) == ("cancelled", 0, [])


@pytest.mark.parametrize(("fault", "because"), [("dearer", "would cost"), ("later", "days later"), ("fewer", "are confirmed")])
def test_a_change_beyond_the_policy_asks_and_holds_when_accepted(faulty: Any, fault: str, because: str) -> None:
    office = faulty(**{fault: 1.0})
    purchase = office.order()
    office.run(later_ms=5 * HOUR_MS)
    task, stage, said = office.task()
    assert stage == "as_agreed" and because in said
    office.decide(decisions.approve, task)
    office.run()
    assert office.state(purchase) == "acknowledged"
    confirmed = office.one("SELECT acknowledged FROM purchase_lines WHERE purchase = ?", purchase)
    assert office.on_order() == confirmed and (confirmed < 10) == (fault == "fewer")
    office.days(40, hours=120)
    assert (office.state(purchase), office.on_order(), office.wrong()) == ("received", 0, [])


def test_a_change_that_is_rejected_takes_the_order_back(faulty: Any) -> None:
    office = faulty(dearer=1.0)
    purchase = office.order()
    office.run(later_ms=5 * HOUR_MS)
    office.decide(decisions.reject, office.task()[0], note="too dear")
    office.run()
    assert (office.state(purchase), office.on_order(), office.wrong()) == ("cancelled", 0, [])
    assert next(iter(office.ledger.rows("SELECT COUNT(*) FROM vendor_events"))) == (1,)  # the answer; no delivery will come


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ([{"price": 255}, {"price": 260}], "would cost 4.0% more"),
        ([{"quantity": 90}, {"quantity": 81}], "only 81 of 90 of CUP"),
        ([{"deliver_on": date(2026, 11, 28)}, {"deliver_on": date(2026, 12, 1)}], "would come 6 days later"),
        ([{"price": 260, "quantity": 80}, {"price": 250, "quantity": 80}], ""),
    ],
)
def test_several_small_changes_are_held_against_what_was_ordered(faulty: Any, changes: Any, because: str) -> None:
    office = faulty(silent=1.0)
    purchase = office.order(office.want(pieces=100))
    for number, change in enumerate(changes):
        office.answers(purchase, f"{number}", **change)
        if number == 0 and not because:
            office.decide(decisions.approve, office.task()[0])
        office.run(later_ms=HOUR_MS)
    asked = office.rows("SELECT because FROM tasks WHERE state = 'open'")
    assert (because in asked[0][0]) if because else asked == []


def test_a_refused_line_goes_back_to_the_plan_without_a_question(faulty: Any) -> None:
    office = faulty(refuses_line=1.0)
    purchase = office.order(office.want(need="plan/1"))
    office.run(later_ms=5 * HOUR_MS)
    assert (office.state(purchase), office.on_order(), office.rows("SELECT id FROM tasks")) == ("cancelled", 0, [])
    again = office.order(office.want(need="plan/1", vendor="MAIL"))  # the need is free again
    assert office.state(again) == "sent" and office.wrong() == []


def test_a_silent_vendor_is_reminded_and_then_answers(faulty: Any) -> None:
    office = faulty(silent=1.0)
    purchase = office.order()
    office.days(3, hours=24)
    office.run(later_ms=2 * HOUR_MS)
    assert (office.state(purchase), len(office.events("purchase.reminded"))) == ("acknowledged", 1)


def test_what_is_late_is_chased_twice_and_then_a_person_is_asked(office: BuyingOffice) -> None:
    purchase = office.order(office.want(vendor="MAIL"))
    office.days(20, hours=24)
    task, stage, because = office.task()
    assert stage == "chase" and "reminded 2 times" in because
    assert [one.template for one in office.letters.sent.values()].count("purchase_reminder") == 2
    office.decide(decisions.approve, task, note="they called")
    office.run(later_ms=4 * 24 * HOUR_MS)
    assert len(office.events("purchase.reminded")) == 3  # a new round
    office.came(purchase, 10, key="by-hand")
    assert (office.state(purchase), office.wrong()) == ("received", [])


def test_a_reminder_is_on_record_where_the_process_ended_behind_it_and_the_goods_came_in_before_the_next(faulty: Any) -> None:
    class Gone(BaseException):
        """The process ends here."""

    office = faulty(late=1.0)
    purchase, remind = office.order(), office.vendors.remind

    def once(requests: Any) -> None:
        office.vendors.remind = remind
        remind(requests)
        raise Gone

    office.vendors.remind = once
    with pytest.raises(Gone):
        office.days(20, hours=24)
    office.came(purchase, 10, key="by-hand")
    office.restart()
    told = [row[0] for row in office.ledger.rows("SELECT key FROM vendor_words WHERE kind = 'deliver'")]
    assert told == [row[0] for row in office.rows("SELECT key FROM events WHERE activity = 'vendors.remind'")] != []
    assert (office.state(purchase), office.wrong()) == ("received", [])


def test_an_order_is_taken_back_at_the_vendor_unless_the_goods_are_on_their_way(office: BuyingOffice) -> None:
    early, late = office.order(), office.order()
    with office.database.transaction() as tx:
        decisions.cancel(tx, early, by=BERT.id, because="a mistake", now_ms=office.clock.ms)
    office.run()
    assert (office.state(early), office.on_order()) == ("cancelled", 10)
    due_ms = next(iter(office.ledger.rows("SELECT at_ms FROM vendor_events WHERE kind = 'delivery'")))[0]
    office.run(later_ms=due_ms - HOUR_MS - office.clock.ms)
    with office.database.transaction() as tx:
        decisions.cancel(tx, late, by=BERT.id, because="too late", now_ms=office.clock.ms)
    office.run()
    assert (office.state(late), office.events("purchase.not_cancelled")) == ("acknowledged", ["the goods are on their way"])
    office.run(later_ms=2 * HOUR_MS)
    assert (office.state(late), office.on_order(), office.wrong()) == ("received", 0, [])


def test_a_vendor_who_cancels_frees_the_need(faulty: Any) -> None:
    office = faulty(cancels=1.0)
    purchase = office.order(office.want(need="plan/7"))
    office.days(4, hours=24)
    assert (office.state(purchase), office.on_order()) == ("cancelled", 0)
    assert len(office.propose(office.want(need="plan/7")).purchases) == 1


def test_all_faults_at_once_leave_the_books_true(faulty: Any) -> None:
    office = faulty(**dict.fromkeys(VendorFaults.__struct_fields__, 0.3))
    for day in range(6):
        office.propose(*(office.want(sku, 10 + day, vendor=vendor) for sku in ("CUP", "PLATE") for vendor in ("ACME", "MAIL")))
        office.days(1, hours=12)
        for task, stage in office.rows("SELECT id, stage FROM tasks WHERE state = 'open'"):
            with office.database.reading() as tx:
                busy = tx.value("SELECT o.batch FROM tasks t JOIN purchase_orders o ON o.id = t.item WHERE t.id = ?", (task,))
            assert busy is None
            office.decide(decisions.approve if (task + day) % 2 or stage == "chase" else decisions.reject, task)
        assert office.wrong() == []
    office.days(24, hours=72)
    assert office.wrong() == []
    assert (
        office.one("SELECT COUNT(*) FROM (SELECT key FROM events WHERE key IS NOT NULL GROUP BY key HAVING COUNT(*) > 1) t") == 0
    )

"""A transfer from proposal to shelf: off one set of books, told to the warehouse, on the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from afterclick.domain.planning_limits import PlanningLimits
from afterclick.domain.purchase import ReceiptLine
from afterclick.engine.undecidable import NotDecidable
from afterclick.governance.policy import DEFAULT
from afterclick.ports.answer import Answer, Declined, Done, Unavailable
from afterclick.procurement.transferring import ending
from afterclick.procurement.transferring.proposing import Made, Moved, propose
from afterclick.store import log, stock, transfers
from afterclick.store.log import Block
from afterclick.store.stock import Move
from tests.procurement.buying.buying_office import BERT, HOUR_MS, BuyingOffice, buying_office

LIMITS = PlanningLimits(transfer_most=60, transfer_day_most=100)


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[BuyingOffice]:
    """A hundred cups in W1, none in W2."""
    with buying_office(database_url, tmp_path, policy=replace(DEFAULT, planning=LIMITS)) as made:
        with made.database.transaction() as tx:
            stock.ensure_levels(tx, [("CUP", "W1"), ("CUP", "W2")])
            stock.move(tx, [Move("CUP", "W1", 100, "opening")], now_ms=made.clock.ms)
        yield made


def move(office: BuyingOffice, pieces: int = 40, *, there: int = 0) -> Made:
    """A plan moves cups from W1 to W2, where it saw so many."""
    with office.database.transaction() as tx:
        made, events = propose(tx, [Moved("CUP", "W1", "W2", pieces, "too many", there)], by="planner", now_ms=office.clock.ms)
        log.append(tx, Block(office.clock.ms, "planner", ""), events)
    return made


def came(office: BuyingOffice, pieces: int, *, key: str = "a", number: str = "TO-2026-000001", damaged: int = 0) -> None:
    """W2's dock unloads, and the office hears of it."""
    office.shelves.unloaded.append(ReceiptLine(number, 1, "CUP", pieces, office.clock.ms, damaged, "W2", "", key))
    office.run(later_ms=HOUR_MS)


def shelf(office: BuyingOffice, warehouse: str) -> tuple[int, int]:
    """Pieces on hand and on order."""
    return office.rows("SELECT on_hand, on_order FROM stock_levels WHERE sku = 'CUP' AND warehouse = ?", warehouse)[0]


def state(office: BuyingOffice, transfer: int = 1) -> tuple[str, str]:
    return office.rows("SELECT state, because FROM transfers WHERE id = ?", transfer)[0]


def end(office: BuyingOffice, because: str = "not wanted") -> None:
    with office.database.transaction() as tx:
        events = ending.end(tx, "TO-2026-000001", by=BERT.id, because=because, now_ms=office.clock.ms)
        log.append(tx, Block(office.clock.ms, BERT.id, ""), events)


def test_goods_leave_one_warehouse_and_come_to_the_other_in_parts(office: BuyingOffice) -> None:
    made = move(office)
    assert [one.number for one in made.transfers.values()] == ["TO-2026-000001"]
    assert (shelf(office, "W1"), shelf(office, "W2")) == ((100, 0), (0, 40)), "what is proposed counts as on order"
    office.run()
    (asked,) = office.shelves.sent
    assert (asked.key, asked.start, asked.end, asked.pieces) == ("transfer:1", "W1", "W2", 40)
    assert (state(office)[0], shelf(office, "W1"), shelf(office, "W2")) == ("in_transit", (60, 0), (0, 40))
    came(office, 25, key="a")
    came(office, 25, key="a")
    assert (state(office)[0], shelf(office, "W2")) == ("in_transit", (25, 15)), "the same delivery twice counts once"
    came(office, 15, key="b", damaged=5)
    assert (state(office)[0], shelf(office, "W2")) == ("received", (35, 0)), "five are unfit to sell"
    assert office.wrong() == []


def test_the_same_need_is_moved_once_a_day(office: BuyingOffice) -> None:
    move(office)
    again = move(office, there=40)
    assert list(again.left.values()) == ["it is on transfer TO-2026-000001 already"]
    office.run()
    assert len(office.shelves.sent) == 1


def test_a_plan_that_is_out_of_date_moves_nothing(office: BuyingOffice) -> None:
    office.order(office.want(warehouse="W2", pieces=10))
    assert "10 more pieces are there or coming" in next(iter(move(office).left.values()))
    assert "W1 has 100 to spare by now, not 101" in next(iter(move(office, 101, there=10).left.values()))


def test_what_was_sold_meanwhile_is_not_moved(office: BuyingOffice) -> None:
    move(office)
    with office.database.transaction() as tx:
        stock.move(tx, [Move("CUP", "W1", -70, "shipment")], now_ms=office.clock.ms)
    office.run()
    assert state(office) == ("cancelled", "W1 has 30 of CUP to spare by now, not 40")
    assert (shelf(office, "W1"), shelf(office, "W2"), office.shelves.sent) == ((30, 0), (0, 0), [])
    assert office.wrong() == []


def test_limits_hold_for_one_transfer_and_for_a_day(office: BuyingOffice) -> None:
    move(office, 61)
    office.run()
    assert state(office) == ("cancelled", "61 pieces are over the limit of 60 for one transfer")
    with office.database.transaction() as tx:
        stock.ensure_levels(tx, [("PLATE", "W1")])
        stock.move(tx, [Move("PLATE", "W1", 90, "opening")], now_ms=office.clock.ms)
        wanted = [Moved(sku, "W1", "W2", 55, "too many", 0) for sku in ("CUP", "PLATE")]
        propose(tx, wanted, by="planner", now_ms=office.clock.ms)
    office.run(later_ms=HOUR_MS)
    assert state(office, 2)[0] == "in_transit"
    assert state(office, 3) == ("cancelled", "with it 110 pieces would be moved today, over the limit of 100")
    assert office.wrong() == []


def test_a_warehouse_that_does_not_send_keeps_its_goods(office: BuyingOffice) -> None:
    office.shelves.says = Declined("short: 3 there")
    move(office)
    office.run()
    assert state(office) == ("cancelled", "W1 does not send it: short: 3 there")
    assert (shelf(office, "W1"), shelf(office, "W2")) == ((100, 0), (0, 0))
    assert office.events("stock.arrived") == ["40 pieces stay"]
    assert office.wrong() == []


def test_a_silent_warehouse_is_asked_again_and_less_and_less_often(office: BuyingOffice) -> None:
    office.shelves.says = Unavailable("timeout")
    move(office)
    office.run()
    office.run(later_ms=301_000)
    assert office.rows("SELECT state, retry_ms FROM transfers") == [("released", 600_000)]
    assert shelf(office, "W1") == (60, 0), "nobody sells what may be on its way"
    office.shelves.says = type(office.shelves)().says
    office.run(later_ms=HOUR_MS)
    assert (state(office)[0], len(office.shelves.sent)) == ("in_transit", 1)
    assert office.wrong() == []


@pytest.mark.parametrize("answer", [Done(None), Declined("no such transfer")])
def test_what_came_before_the_answer_was_booked_ends_the_transfer(office: BuyingOffice, answer: Answer[None]) -> None:
    """The warehouse sends, its answer is lost, and the goods are there before it is asked again."""
    office.shelves.says = Unavailable("timeout")
    move(office)
    office.run()
    came(office, 40)
    assert (state(office)[0], shelf(office, "W2")) == ("received", (40, 0))
    office.shelves.says = answer
    office.run(later_ms=HOUR_MS)
    assert (state(office)[0], shelf(office, "W1"), shelf(office, "W2")) == ("received", (60, 0), (40, 0))
    assert len(office.rows("SELECT key FROM events WHERE activity = 'warehouse.transfer'")) == 1, "what was asked is on record"
    office.run(later_ms=HOUR_MS)
    assert len(office.rows("SELECT 1 FROM events WHERE activity = 'transfer.sent'")) == 1
    assert office.wrong() == []


@pytest.mark.parametrize(("line", "because"), [
    (ReceiptLine("TO-2026-000009", 1, "CUP", 5, 0, key="x"), "there is no transfer 'TO-2026-000009'"),
    (ReceiptLine("TO-2026-000001", 1, "PLATE", 5, 0, key="x"), "TO-2026-000001 moves CUP, not PLATE"),
    (ReceiptLine("TO-2026-000001", 1, "CUP", 5, 0, 0, "W1", key="x"), "goes to W2, not to W1"),
    (ReceiptLine("TO-2026-000001", 1, "CUP", 5, 2**70, key="x"), "a dock's line needs a key"),
    (ReceiptLine("TO-2026-000001", 1, "CUP", 5, 0), "a dock's line needs a key"),
    (ReceiptLine("TO-2026-000001", 1, "CUP", 5, 0, key="x" * 9_999), "a dock's line needs a key"),
    (ReceiptLine("TO-2026-000001", 1, "CUP\0", 5, 0, key="x"), "a dock's line needs a key"),
    (ReceiptLine("TO-2026-000001", 1, "CUP", -5, 0, key="x"), "-5 pieces"),
    (ReceiptLine("TO-2026-000001", 1, "CUP", 5, 0, 6, key="x"), "6 of them damaged"),
])  # fmt: skip
def test_what_cannot_be_booked_says_why_and_books_nothing(office: BuyingOffice, line: ReceiptLine, because: str) -> None:
    move(office)
    office.run()
    office.shelves.unloaded.append(line)
    office.run(later_ms=HOUR_MS)
    (said,) = office.events("receipt.unbooked")
    assert because in said
    assert (shelf(office, "W2"), office.wrong()) == ((0, 40), [])


def test_a_person_cancels_what_has_not_begun_and_writes_off_what_does_not_come(office: BuyingOffice) -> None:
    move(office)
    end(office)
    assert (state(office)[0], shelf(office, "W2")) == ("cancelled", (0, 0))
    with pytest.raises(NotDecidable, match="is cancelled already"):
        end(office)
    move(office)
    office.run()
    came(office, 30, number="TO-2026-000002")
    with office.database.transaction() as tx:
        ending.end(tx, "TO-2026-000002", by=BERT.id, because="the van burnt", now_ms=office.clock.ms)
    assert office.rows("SELECT state, received, lost FROM transfers WHERE id = 2") == [("received", 30, 10)]
    assert (shelf(office, "W1"), shelf(office, "W2"), office.wrong()) == ((60, 0), (30, 0), [])


def test_a_warehouse_that_is_just_being_told_is_not_interrupted(office: BuyingOffice) -> None:
    office.shelves.says = Unavailable("timeout")
    move(office)
    office.run()
    with pytest.raises(NotDecidable, match="being told"):
        end(office)


def test_two_batches_do_not_have_the_same_transfer(office: BuyingOffice) -> None:
    """Two workers begin at the same moment: what one has the other leaves alone, until the first has had it for too long."""
    made = list(move(office).transfers.values())
    now_ms = office.clock.ms
    with office.database.transaction() as tx:
        transfers.release(tx, made, now_ms=now_ms)
        for batch in (1, 2):
            transfers.hold(tx, batch, limit=9, until_ms=now_ms + 1, now_ms=now_ms)
        assert [len(transfers.held(tx, batch)) for batch in (1, 2)] == [1, 0]
        transfers.hold(tx, 2, limit=9, until_ms=now_ms + 9, now_ms=now_ms + 1)
        assert [len(transfers.held(tx, batch)) for batch in (1, 2)] == [0, 1]


def test_more_than_was_sent_is_booked_up_to_what_was_sent(office: BuyingOffice) -> None:
    move(office)
    office.run()
    came(office, 41)
    assert (state(office)[0], shelf(office, "W2")) == ("received", (40, 0))
    came(office, 3, key="b")
    assert office.events("receipt.unbooked") == [
        "1 more came of TO-2026-000001 than were sent; count CUP at W2",
        "TO-2026-000001 is received; book the goods with `afterclick stock import`",
    ]
    assert office.wrong() == []


def test_what_was_refused_uses_up_neither_the_day_nor_the_pieces(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        wanted = [Moved("CUP", "W1", place, pieces, "too many", 0) for place, pieces in (("W2", 61), ("W3", 50))]
        propose(tx, wanted, by="planner", now_ms=office.clock.ms)
    office.run(later_ms=HOUR_MS)
    assert [state(office, one)[0] for one in (1, 2)] == ["cancelled", "in_transit"]


def test_the_day_is_the_one_on_which_goods_leave(office: BuyingOffice) -> None:
    """What a night has proposed begins after midnight, and counts for that day."""
    with office.database.transaction() as tx:
        stock.move(tx, [Move("CUP", "W1", 400, "opening")], now_ms=office.clock.ms)
        for place in ("W2", "W3", "W4"):
            propose(tx, [Moved("CUP", "W1", place, 50, "too many", 0)], by="planner", now_ms=office.clock.ms)
    office.run(later_ms=25 * HOUR_MS)
    assert [state(office, one)[0] for one in (1, 2, 3)] == ["in_transit", "in_transit", "cancelled"]


def test_a_transfer_of_which_its_warehouse_says_nothing_can_be_ended_after_a_day(office: BuyingOffice) -> None:
    office.shelves.says = Unavailable("timeout")
    move(office)
    office.run()
    office.run(later_ms=25 * HOUR_MS)
    end(office, "the system is gone")
    assert (state(office)[0], shelf(office, "W1"), shelf(office, "W2")) == ("cancelled", (100, 0), (0, 0))
    assert office.wrong() == []


def test_what_a_silent_warehouse_has_sent_in_part_is_written_off_for_the_rest(office: BuyingOffice) -> None:
    office.shelves.says = Unavailable("timeout")
    move(office)
    office.run()
    came(office, 10)
    assert state(office)[0] == "released"
    office.run(later_ms=25 * HOUR_MS)
    end(office, "nothing more will come")
    assert office.rows("SELECT state, received, lost FROM transfers") == [("received", 10, 30)]
    assert (shelf(office, "W1"), shelf(office, "W2"), office.wrong()) == ((60, 0), (10, 0), [])


def test_a_transfer_does_not_end_without_a_reason(office: BuyingOffice) -> None:
    move(office)
    with pytest.raises(NotDecidable, match="say why"):
        end(office, "  ")

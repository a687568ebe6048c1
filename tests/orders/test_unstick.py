"""What stands still is said, pushed, or given to a person; labels and stock that nobody needs go back."""

from collections.abc import Iterator, Sequence

import pytest

from afterclick.governance import lifecycle
from afterclick.governance.policy import DEFAULT
from afterclick.inventory.counting import count
from afterclick.orders import lapsing, stuck
from afterclick.orders.inbox import decisions
from afterclick.orders.stuck import Standing
from afterclick.orders.unstick import unstick
from afterclick.store.transaction import Row, Tx, Value
from tests.control_room.browser import signed_in
from tests.orders.office import DAY_MS, SmallOffice, small_office

HOUR_MS = 3_600_000


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url, bots=(unstick,)) as opened:
        yield opened


def said(office: SmallOffice, order: int) -> list[tuple[str, str]]:
    return [
        tuple(row) for row in office.rows("SELECT verdict, because FROM events WHERE activity = 'stuck' AND order_id = ?", order)
    ]


def test_an_order_that_fell_out_of_the_queue_is_queued_again(office: SmallOffice) -> None:
    order = office.order("A")
    with office.database.transaction() as tx:
        tx.run("DELETE FROM queue")
    office.run()
    assert office.state(order) == "received"
    office.run(later_ms=HOUR_MS)
    assert office.state(order) == "shipped"
    assert said(office, order) == [("Wait", "received for 1 h and not begun; queued again")]


def test_the_reason_is_said_once_a_day_and_names_the_system(office: SmallOffice) -> None:
    office.bank.down = True
    order = office.order("A")
    for _ in range(5):
        office.run(later_ms=HOUR_MS)
    assert len(said(office, order)) == 1
    assert said(office, order)[0][1].startswith("waits for payments for ")
    office.bank.down = False
    office.run(later_ms=HOUR_MS)
    assert office.state(order) == "shipped"


def test_after_some_days_a_person_is_asked_and_can_let_it_try_again(office: SmallOffice) -> None:
    office.bank.down = True
    order = office.order("A")
    for _ in range(120):
        office.run(later_ms=HOUR_MS)
        if office.state(order) == "inbox":
            break
    assert [verdict for verdict, _ in said(office, order)] == ["Wait"] * 3 + ["Ask"]
    office.bank.down = False
    with office.database.transaction() as tx:
        decisions.approve(tx, office.one("SELECT id FROM tasks"), by="anna", now_ms=office.clock.ms)
    office.run(later_ms=HOUR_MS)
    assert office.state(order) == "shipped"
    assert office.wrong() == []


def test_an_amendment_that_nobody_does_is_queued_again(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    office.amend(order, "cancel")
    with office.database.transaction() as tx:
        tx.run("DELETE FROM queue")
    office.run()
    office.run(later_ms=HOUR_MS)
    assert office.state(order) == "cancelled"


def test_a_doubtful_label_is_taken_back_and_forgotten(office: SmallOffice) -> None:
    office.cheap.deaf = True
    order = office.order("A")
    office.run()
    assert office.state(order) == "shipped"
    assert len(office.dear.labels) == 1
    assert office.one("SELECT COUNT(*) FROM doubtful_labels") == 1, "it did not say whether it has taken the label back"
    office.cheap.deaf = False
    office.run(later_ms=HOUR_MS)
    assert not office.cheap.labels
    assert office.one("SELECT COUNT(*) FROM doubtful_labels") == 0
    assert office.wrong() == []


def test_an_expired_reservation_goes_back_and_is_made_anew(office: SmallOffice) -> None:
    office.bank.declines = "insufficient funds"
    order = office.order("A")
    office.run()
    assert office.one("SELECT SUM(reserved) FROM stock_levels") == 3
    office.run(later_ms=8 * DAY_MS)
    assert office.one("SELECT SUM(reserved) FROM stock_levels") == 0
    assert office.state(order) == "inbox"
    office.bank.declines = ""
    with office.database.transaction() as tx:
        decisions.approve(tx, office.one("SELECT id FROM tasks WHERE state = 'open'"), by="anna", now_ms=office.clock.ms)
    office.run()
    assert office.state(order) == "shipped"
    assert office.wrong() == []


def test_pieces_that_a_count_did_not_find_are_taken_from_the_newest_order(office: SmallOffice) -> None:
    office.cheap.down = office.dear.down = True
    old, new = (office.order(name, ("CUP", 10), age_ms=age) for name, age in (("old", 9000), ("new", 1000)))
    office.run()
    with office.database.transaction() as tx:
        events = count(tx, [("CUP", "W1", 15)], by="anna", now_ms=office.clock.ms)
    assert [event.activity for event in events] == ["stock.counted", "stock.short"]
    office.run(later_ms=31_000)
    assert office.rows("SELECT id, waiting_for FROM orders ORDER BY id") == [(old, "carrier"), (new, "stock")]
    office.cheap.down = False
    office.run(later_ms=HOUR_MS)
    assert [office.state(old), office.state(new)] == ["shipped", "waiting"]
    assert office.wrong() == []


def counted(office: SmallOffice, cups: int) -> None:
    with office.database.transaction() as tx:
        count(tx, [("CUP", "W1", cups)], by="anna", now_ms=office.clock.ms)


def test_pieces_are_not_taken_from_an_order_that_another_worker_has_shipped_meanwhile(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    with office.database.transaction() as tx:
        assert lapsing.lapse(tx, [order], carriers=["cheap"], because="it was found before it shipped", now_ms=1) == []
    assert office.rows("SELECT state, stage, revision FROM orders") == [("shipped", "tell", 0)]


def test_an_order_whose_hand_over_was_not_answered_keeps_its_pieces_and_is_asked_for_under_the_same_key(
    office: SmallOffice,
) -> None:
    office.shelves.deaf = True
    order = office.order("A", ("CUP", 6))
    office.run()
    counted(office, 4)
    office.run(later_ms=8 * DAY_MS)
    office.amend(order, "hold")
    office.run()
    office.run(later_ms=8 * DAY_MS)
    assert office.rows("SELECT state, stage, revision FROM orders") == [("held", "hand_over", 0)]
    office.shelves.deaf = False
    office.amend(order, "release")
    office.run(later_ms=HOUR_MS)
    assert office.state(order) == "shipped"
    assert [key for key in office.shelves.answered if "hand_over" in key] == [f"{order}:0:hand_over"]


def test_an_order_whose_money_may_be_blocked_without_our_knowing_keeps_its_pieces(office: SmallOffice) -> None:
    office.bank.deaf = True
    order = office.order("A", ("CUP", 6))
    office.run(later_ms=8 * DAY_MS)
    office.run(later_ms=8 * DAY_MS)
    assert office.one("SELECT revision FROM orders") == 0
    office.bank.deaf = False
    office.run(later_ms=HOUR_MS)
    assert office.state(order) == "shipped"
    assert office.wrong() == []


def test_an_order_that_the_warehouse_has_declined_gives_its_pieces_back(office: SmallOffice) -> None:
    office.shelves.declines = "the shelf is empty"
    office.order("A", ("CUP", 6))
    office.run()
    counted(office, 4)
    office.run(later_ms=HOUR_MS)
    assert office.rows("SELECT state, stage, revision FROM orders") == [("inbox", "reserve", 1)]
    assert office.wrong() == []


def test_an_order_that_is_being_cancelled_keeps_its_place(office: SmallOffice) -> None:
    office.shelves.down = True
    order = office.order("A", ("CUP", 60))
    office.run()
    office.shelves.down, office.bank.down = False, True
    office.amend(order, "cancel")
    office.run()
    counted(office, 2)
    office.run(later_ms=60_000)
    assert office.one("SELECT stage FROM orders") == "give_back"
    office.bank.down = False
    office.run(later_ms=HOUR_MS)
    assert office.state(order) == "cancelled"
    assert office.wrong() == []


def test_a_label_that_was_not_answered_is_taken_back_when_the_reservation_lapses(office: SmallOffice) -> None:
    office.cheap.deaf = office.dear.down = True
    order = office.order("A", ("CUP", 6))
    office.run()
    assert office.state(order) == "waiting"
    counted(office, 4)
    office.run(later_ms=31_000)
    office.cheap.deaf = office.dear.down = False
    office.run(later_ms=HOUR_MS)
    assert not office.cheap.labels
    assert office.wrong() == []


def test_a_cancellation_that_was_only_rehearsed_is_done_when_the_bot_is_live(office: SmallOffice) -> None:
    office.cheap.down = office.dear.down = True
    order = office.order("A")
    office.run()
    with office.database.transaction() as tx:
        lifecycle.set_mode(tx, "orders.amend", "shadow", who=signed_in(), now_ms=office.clock.ms)
    office.amend(order, "cancel")
    for _ in range(6):
        office.run(later_ms=HOUR_MS)
    with office.database.transaction() as tx:
        lifecycle.set_mode(tx, "orders.amend", "live", who=signed_in(), now_ms=office.clock.ms)
    for _ in range(3):
        office.run(later_ms=HOUR_MS)
    assert office.state(order) == "cancelled"
    assert office.wrong() == []


def test_an_order_that_no_push_helps_is_given_to_a_person(office: SmallOffice) -> None:
    order = office.order("A")
    with office.database.transaction() as tx:
        tx.run("DELETE FROM queue")
        tx.run("UPDATE orders SET stage = 'nowhere'")
    for _ in range(2 * 24 * 4):
        office.run(later_ms=HOUR_MS // 2)
    assert said(office, order)[-1][0] == "Ask"
    assert len(said(office, order)) < 2 * 24 * 4


class Taken(Tx):
    """A transaction in which another worker takes every order before the queue is read."""

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        if "FROM queue" in sql:
            self.run("UPDATE orders SET state = 'running', batch = 99")
        return super().rows(sql, values)


def test_nobody_is_asked_about_an_order_that_another_worker_has_taken_meanwhile(office: SmallOffice) -> None:
    office.bank.down = True
    order = office.order("A")
    while len(said(office, order)) < 3:
        office.run(later_ms=HOUR_MS)
    with office.database.transaction() as tx:
        events = stuck.sweep(Taken(tx.connection), DEFAULT.stuck, now_ms=office.clock.ms + 3 * DAY_MS, answer_hours=24)
    assert "Ask" not in [event.verdict for event in events]
    assert office.state(order) == "running"


def test_a_task_that_nobody_decides_goes_to_the_manager_once(office: SmallOffice) -> None:
    order = office.order("A", ("NOSUCH", 1))
    office.run()
    for _ in range(3):
        office.run(later_ms=2 * DAY_MS)
    assert office.rows("SELECT who, state FROM tasks") == [("manager", "open")]
    assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'escalated' AND order_id = ?", order) == 1


def test_a_batch_that_runs_too_long_is_said_once(office: SmallOffice) -> None:
    with office.database.transaction() as tx:
        tx.run("INSERT INTO batches (id, bot, items, started_ms) VALUES (99, 'other.bot', '[1,2]', 1)")
    for _ in range(2):
        office.run(later_ms=HOUR_MS)
    found = office.rows("SELECT because FROM events WHERE object = 'batch/99'")
    assert len(found) == 1
    assert "with 2 orders" in found[0][0]


@pytest.mark.parametrize(
    ("state", "waiting_for", "because", "said_so"),
    [
        ("received", "", "", "received for 3 h and not begun"),
        ("waiting", "carrier", "Landpost:\ntimeout", "waits for carrier for 3 h: Landpost: timeout"),
        ("inbox", "finance", "no tax rate", "waits for 3 h for finance to decide: no tax rate"),
        ("held", "", "held by anna", "held for 3 h: held by anna"),
    ],
)
def test_the_reason_is_one_line(state: str, waiting_for: str, because: str, said_so: str) -> None:
    assert stuck.why(Standing(1, state, "label", waiting_for, because, 0, 5), 3 * HOUR_MS) == said_so

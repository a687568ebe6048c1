"""The customer's money: blocked before anything is bought, taken at hand-over, asked for again when the block has lapsed."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from afterclick.domain.payment import Payment
from afterclick.governance.policy import DEFAULT
from afterclick.orders.amendments import Action
from afterclick.ports.answer import Done
from tests.orders.office import DAY_MS, SmallOffice, small_office

HOUR_MS = 3_600_000


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


def test_an_authorisation_that_expired_while_carriers_were_down_is_asked_for_again(office: SmallOffice) -> None:
    office.bank.until_ms = office.clock.ms + DAY_MS
    office.cheap.down = office.dear.down = True
    order = office.order("A")
    office.run()
    assert office.state(order) == "waiting"
    lapsed = set(office.bank.held)
    office.bank.held.clear()  # the provider lets go of the block
    office.bank.until_ms = office.clock.ms + 9 * DAY_MS
    office.cheap.down = office.dear.down = False
    office.run(later_ms=2 * DAY_MS)
    office.run(later_ms=600_000)
    assert office.state(order) == "shipped"
    assert not lapsed & set(office.bank.held)
    assert office.wrong() == []


@pytest.mark.parametrize(
    ("act", "amount"), [("authorise", 1500), ("capture", 1000), ("capture", 0), ("capture", -5), ("refund", 1)]
)
def test_an_answer_with_another_amount_than_was_asked_for_counts_as_none(office: SmallOffice, act: str, amount: int) -> None:
    setattr(office.bank, act, lambda requests: [Done(Payment("x", amount)) for _ in requests])
    order = office.order("A")
    office.run()
    if act == "refund":
        office.amend(order, "cancel")
        office.run()
    assert office.rows("SELECT state, waiting_for FROM orders") == [("waiting", "payments")]
    assert f"{amount} instead of 3000" in office.one("SELECT because FROM orders")


def test_an_authorisation_without_a_reference_counts_as_none(office: SmallOffice) -> None:
    office.bank.authorise = lambda requests: [Done(Payment("", one.amount)) for one in requests]
    office.order("A")
    office.run()
    assert office.rows("SELECT state, waiting_for FROM orders") == [("waiting", "payments")]


@pytest.mark.parametrize("action", ["cancel", "quantity", "address"])
@pytest.mark.parametrize("lost", ["authorise", "capture"])
def test_money_of_which_the_answer_was_lost_is_found_when_the_order_changes(
    office: SmallOffice, lost: str, action: Action
) -> None:
    order = office.order("A", ("CUP", 6))

    def answers_are_lost() -> None:
        office.bank.deaf = True

    (office.shelves if lost == "capture" else office.bank).during = answers_are_lost
    office.run()
    assert office.rows("SELECT state, stage FROM orders") == [("waiting", lost)]
    office.bank.deaf = False
    office.amend(order, action, {"quantity": {"lines": {"1": 1}}, "address": {"line1": "Allee 7"}}.get(action))
    office.run(later_ms=40_000)  # the breaker has rested
    office.run(later_ms=2 * HOUR_MS)
    assert office.state(order) == ("cancelled" if action == "cancel" else "shipped")
    assert office.one("SELECT COUNT(*) FROM payments") == (2 if action == "quantity" else 1)
    assert office.bank.held == {}
    assert office.wrong() == []


@pytest.mark.parametrize("action", ["cancel", "quantity"])
def test_a_block_that_has_lapsed_by_itself_need_not_be_given_back(office: SmallOffice, action: Action) -> None:
    office.bank.until_ms = office.clock.ms + DAY_MS
    office.shelves.down = True
    order = office.order("A", ("CUP", 6))
    office.run()
    office.shelves.down = False
    office.bank.held.clear()
    office.bank.until_ms = 0
    office.amend(order, action, {"lines": {"1": 1}} if action == "quantity" else {})
    office.run(later_ms=DAY_MS)
    office.run(later_ms=2 * HOUR_MS)
    assert office.state(order) == ("cancelled" if action == "cancel" else "shipped")
    assert office.rows("SELECT state FROM payments WHERE revision = 0") == [("expired",)]
    assert office.wrong() == []


def test_a_block_that_lapses_when_the_parcel_is_out_is_asked_for_again_and_nothing_goes_twice(office: SmallOffice) -> None:
    office.bank.until_ms = office.clock.ms + DAY_MS
    order = office.order("A", ("CUP", 6))

    def payments_are_down() -> None:
        office.bank.down = True

    office.shelves.during = payments_are_down
    office.run()
    assert office.rows("SELECT state, stage FROM orders") == [("waiting", "capture")]
    office.bank.held.clear()
    office.bank.down, office.bank.until_ms, office.shelves.left = False, 0, True
    office.run(later_ms=DAY_MS)
    office.run(later_ms=HOUR_MS)
    assert office.rows("SELECT state, revision FROM orders") == [("shipped", 1)]
    assert [key for key in office.shelves.answered if "hand_over" in key] == [f"{order}:0:hand_over"]
    assert office.one("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == 94
    assert office.wrong() == []


def test_a_parcel_that_is_out_does_not_count_as_paid_while_nothing_can_be_blocked(office: SmallOffice) -> None:
    office.bank.until_ms = office.clock.ms + DAY_MS
    order = office.order("A")

    def payments_are_down() -> None:
        office.bank.down = True

    office.shelves.during = payments_are_down
    office.run()
    office.bank.held.clear()
    office.bank.down, office.bank.until_ms, office.shelves.left = False, 0, True
    office.bank.declines = "expired: ask the customer"
    office.run(later_ms=DAY_MS)
    office.run(later_ms=HOUR_MS)
    assert office.rows("SELECT state, stage FROM orders") == [("inbox", "authorise")]
    office.amend(order, "cancel")  # refused, since the parcel has left
    office.run()
    assert office.verdicts(order) == [("cancel", "refused")]
    office.run(later_ms=HOUR_MS)
    assert office.rows("SELECT state, stage FROM orders") == [("inbox", "authorise")]


def test_a_declined_capture_of_a_parcel_that_has_left_asks_a_person_and_cancels_once(database_url: str) -> None:
    policy = replace(DEFAULT, payments=replace(DEFAULT.payments, declined="cancel"))
    with small_office(database_url, policy=policy) as office:
        order = office.order("A")

        def stolen() -> None:
            office.bank.declines, office.shelves.left = "card stolen", True

        office.shelves.during = stolen
        office.run()
        assert office.verdicts(order) == [("cancel", "refused")]
        assert office.rows("SELECT state, stage, waiting_for FROM orders") == [("inbox", "capture", "payments")]
        assert office.rows("SELECT who, because FROM tasks WHERE state = 'open'") == [
            ("payments", "capture was declined: card stolen")
        ]


def test_a_lapsed_block_does_not_send_a_parcel_twice_whose_hand_over_was_not_answered(office: SmallOffice) -> None:
    office.bank.until_ms = office.clock.ms + DAY_MS
    order = office.order("A")
    office.shelves.deaf = True
    office.run()
    office.amend(order, "hold")
    office.run()
    office.shelves.deaf, office.bank.until_ms = False, 0
    office.run(later_ms=DAY_MS)
    office.amend(order, "release")
    office.run()
    office.run(later_ms=HOUR_MS)
    assert [key for key in office.shelves.answered if "hand_over" in key] == [f"{order}:0:hand_over"]
    assert office.state(order) == "shipped"
    assert office.wrong() == []

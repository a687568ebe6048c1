"""What people wish for an order: what makes no sense is refused, and several wishes are done in their order."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from afterclick.domain.money import LARGEST_AMOUNT
from afterclick.domain.order import Order
from afterclick.orders.amendments import Asked, UnknownOrder
from afterclick.orders.changing import Plan, plan
from tests.orders.invoice_examples import order as order_of
from tests.orders.office import SmallOffice, small_office

HOUR_MS = 3_600_000


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


SENSELESS: list[tuple[Any, dict[str, Any], str]] = [
    ("release", {}, "not held"),
    ("address", {}, "already"),
    ("address", {"country": "Germany"}, "ISO 3166"),
    ("address", {"line1": "x\x00y"}, "plain characters"),
    ("address", {"planet": "Mars"}, "planet"),
    ("quantity", {"lines": {"1": 2}}, "already"),
    ("quantity", {"lines": {"9": 2}}, "no line 9"),
    ("quantity", {"lines": {"1": -1}}, "between 0"),
    ("quantity", {"lines": {"1": 10**18}}, "between 0"),
    ("quantity", {"lines": {"1": 0, "2": 0}}, "cancel the order"),
    ("quantity", {"lines": {}}, "no line"),
    ("split", {"lines": [1, 2]}, "both sides"),
    ("split", {"lines": ["x"]}, "int"),
]


def test_what_makes_no_sense_is_refused_and_the_order_goes_on(office: SmallOffice) -> None:
    for number, (action, change, because) in enumerate(SENSELESS):
        order = office.order(f"A{number}")
        office.cheap.during = lambda order=order, action=action, change=change: office.amend(order, action, change)
        office.run()
        assert office.verdicts(order) == [(action, "refused")]
        assert because in office.one("SELECT because FROM amendments WHERE order_id = ?", order)
        assert office.state(order) == "shipped"
        assert (
            office.one("SELECT verdict FROM events WHERE activity = ? AND order_id = ?", f"refused.{action}", order) == "Refuse"
        )
    assert office.wrong() == []


def test_a_refused_wish_leaves_a_task_in_the_inbox(office: SmallOffice) -> None:
    order = office.order("A", ("NOSUCH", 1))
    office.run()
    office.amend(order, "release")
    office.run()
    assert office.state(order) == "inbox"
    assert office.one("SELECT state FROM tasks") == "open"


def test_cancelling_an_order_in_the_inbox_withdraws_its_task(office: SmallOffice) -> None:
    order = office.order("A", ("NOSUCH", 1))
    office.run()
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert office.one("SELECT state FROM tasks") == "withdrawn"


def test_nothing_is_left_to_amend_of_a_cancelled_order(office: SmallOffice) -> None:
    order = office.order("A")
    for _ in range(2):
        office.amend(order, "cancel")
        office.run()
    assert office.verdicts(order) == [("cancel", "done"), ("cancel", "refused")]
    assert office.shop.told == {"A": ["cancelled"]}


def test_several_wishes_are_done_in_the_order_in_which_they_were_asked(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    office.amend(order, "address", {"line1": "Allee 7"})
    office.amend(order, "quantity", {"lines": {"1": 5}})
    office.amend(order, "cancel")
    office.amend(order, "hold")
    office.run()
    assert [state for _, state in office.verdicts(order)] == ["done", "done", "done", "refused"]
    assert office.state(order) == "cancelled"
    assert office.wrong() == []


def test_a_wish_that_comes_while_another_is_done_is_done_after_it(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    office.amend(order, "address", {"line1": "Allee 7"})
    office.cheap.during = lambda: office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert office.verdicts(order) == [("address", "done"), ("cancel", "done")]
    assert office.wrong() == []


def test_a_refused_wish_does_not_stop_what_the_store_is_yet_to_be_told(office: SmallOffice) -> None:
    order = office.order("A")
    office.amend(order, "split", {"lines": [2]})
    office.shop.down = True
    office.run()
    office.amend(order, "split", {"lines": [2]})
    office.run()
    office.shop.down = False
    office.run(later_ms=2 * HOUR_MS)
    assert office.verdicts(order) == [("split", "done"), ("split", "refused")]
    assert office.shop.told["A"] == ["changed", "shipped"]
    assert office.wrong() == []


def test_the_same_wish_twice_is_one(office: SmallOffice) -> None:
    order = office.order("A")
    assert office.amend(order, "cancel") is not None
    assert office.amend(order, "cancel") is None


def test_a_wish_for_an_order_that_does_not_exist_is_an_error(office: SmallOffice) -> None:
    with pytest.raises(UnknownOrder, match="no order 99"):
        office.amend(99, "cancel")
    with pytest.raises(ValueError, match="'burn'"):
        office.amend(office.order("A"), "burn")  # type: ignore[arg-type]


def test_a_group_queued_before_the_change_does_not_go_on_with_the_order(office: SmallOffice) -> None:
    order = office.order("A")
    office.cheap.down = office.dear.down = True
    office.run()  # now a group `at:label` is due in a while
    office.amend(order, "quantity", {"lines": {"1": 1}})
    office.shop.down = True
    office.run()
    office.cheap.down = office.dear.down = office.shop.down = False
    for _ in range(4):
        office.run(later_ms=HOUR_MS)
    assert office.state(order) == "shipped"
    assert office.one("SELECT COUNT(*) FROM invoices") == 1
    assert office.wrong() == []


def placed(*lines: tuple[str, int, int], shipping: int, discount: int, problems: tuple[str, ...] = ()) -> Order:
    found = order_of(*lines, shipping=shipping, discount=discount)
    return replace(found, particulars=replace(found.particulars, problems=problems))


def counted(order: Order, quantities: dict[str, int]) -> Plan:
    change = msgspec.json.encode({"lines": quantities}).decode()
    return plan(order, [Asked(1, order.id, "quantity", change, "anna", "")])


@pytest.mark.parametrize(("quantities", "total"), [({"1": 2, "2": 0}, 0), ({"1": 3}, 2000), ({"1": 0}, 0), ({"2": 0}, 0)])
def test_a_voucher_that_pays_the_shipping_too_still_does_when_the_goods_change(quantities: dict[str, int], total: int) -> None:
    order = placed(("CUP", 1, 1000), ("PLATE", 1, 1000), shipping=500, discount=2500)
    assert counted(order, quantities).order.total == total


def test_a_line_goes_only_when_the_wish_says_so() -> None:
    order = placed(("CUP", 3, 1000), ("PLATE", 0, 1000), shipping=0, discount=0)
    assert [(line.no, line.quantity) for line in counted(order, {"1": 1}).order.lines] == [(1, 1), (2, 0)]


def test_quantities_do_not_change_while_a_price_or_another_quantity_could_not_be_read() -> None:
    for problem in ("line 2: unit_price is missing", "line 2: quantity is missing", "discount is missing"):
        order = placed(("CUP", 3, 1000), ("PLATE", 0, 1000), shipping=0, discount=0, problems=(problem,))
        assert counted(order, {"1": 1}).refused == {
            1: f"quantity is not possible: {problem}; the total cannot be worked out before that is known"
        }
    order = placed(("CUP", 3, 1000), ("PLATE", 0, 1000), shipping=0, discount=0, problems=("line 2: quantity is missing",))
    assert counted(order, {"2": 1}).order.total == 4000


def test_no_line_becomes_worth_more_than_the_largest_amount() -> None:
    order = placed(("CUP", 1, LARGEST_AMOUNT // 3), ("PLATE", 1, 1000), shipping=0, discount=0)
    assert counted(order, {"1": 3}).order.lines[0].quantity == 3
    assert "worth more than any order is" in counted(order, {"1": 4}).refused[1]

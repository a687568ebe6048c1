"""What people decide in the inbox: once, by name, and with its effect on the order."""

from collections.abc import Iterator

import pytest

from afterclick.governance.policy import DoorLimits, Policy
from afterclick.orders import decisions
from afterclick.orders.decisions import NotDecidable
from tests.orders.office import SmallOffice, small_office


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


def task(office: SmallOffice, order: int) -> int:
    return office.one("SELECT id FROM tasks WHERE item = ? AND state = 'open'", order)


def decide(office: SmallOffice, what: str, task_id: int, *more: object, note: str = "known customer") -> None:
    with office.database.transaction() as tx:
        getattr(decisions, what)(tx, task_id, *more, by="anna", note=note, now_ms=office.clock.ms)


def asked_for_its_quantity(office: SmallOffice, name: str = "A") -> int:
    order = office.order(name, ("CUP", 20_000))
    office.run()
    assert office.state(order) == "inbox"
    return order


def test_an_approved_order_goes_on_after_the_rule_that_asked(office: SmallOffice) -> None:
    order = asked_for_its_quantity(office)
    with office.database.transaction() as tx:
        office.stock(tx, {"CUP": 30_000})
    for _ in range(2):  # each rule asks for itself
        decide(office, "approve", task(office, order))
        office.run()
    assert office.state(order) == "shipped"
    assert office.one("SELECT touched FROM orders")
    decided = office.rows(
        "SELECT DISTINCT b.actor, e.verdict, e.because FROM events e JOIN blocks b ON b.number = e.block"
        " WHERE e.activity LIKE 'decided%'"
    )
    assert decided == [("anna", "approved", "known customer")]
    assert office.wrong() == []


def test_a_rejected_order_is_cancelled_with_the_note(office: SmallOffice) -> None:
    order = asked_for_its_quantity(office)
    decide(office, "reject", task(office, order), note="a joke")
    office.run()
    assert office.state(order) == "cancelled"
    assert "a joke" in office.one("SELECT because FROM orders")
    assert office.wrong() == []


def test_an_edited_order_is_judged_again(office: SmallOffice) -> None:
    order = asked_for_its_quantity(office)
    decide(office, "edit", task(office, order), {"quantity": {"lines": {"1": 2}}, "address": {"line1": "Allee 7"}})
    office.run()
    assert office.state(order) == "shipped"
    assert office.rows("SELECT total, revision FROM orders") == [(2000, 1)]
    assert office.wrong() == []


def test_an_edit_that_changes_too_little_asks_again(office: SmallOffice) -> None:
    order = asked_for_its_quantity(office)
    decide(office, "edit", task(office, order), {"quantity": {"lines": {"1": 19_999}}})
    office.run()
    assert office.state(order) == "inbox"
    assert task(office, order) is not None


def test_a_task_is_decided_once(office: SmallOffice) -> None:
    order = asked_for_its_quantity(office)
    asked = task(office, order)
    decide(office, "approve", asked)
    for what, more in (("approve", ()), ("reject", ()), ("edit", ({"address": {"line1": "x"}},))):
        with pytest.raises(NotDecidable, match="approved already by anna"):
            decide(office, what, asked, *more)
    assert office.verdicts(order) == []


def test_what_cannot_be_decided_is_said(office: SmallOffice) -> None:
    with pytest.raises(NotDecidable, match="no task 7"):
        decide(office, "approve", 7)
    order = asked_for_its_quantity(office)
    with pytest.raises(NotDecidable, match="'price' cannot be edited"):
        decide(office, "edit", task(office, order), {"price": {}})
    with pytest.raises(NotDecidable, match="nothing is to be changed"):
        decide(office, "edit", task(office, order), {})
    asked = task(office, order)
    office.amend(order, "cancel")
    office.run()
    with pytest.raises(NotDecidable, match="withdrawn already"):
        decide(office, "approve", asked)


def test_a_declined_payment_is_tried_again_under_a_new_key(office: SmallOffice) -> None:
    office.bank.declines = "insufficient funds"
    order = office.order("A")
    office.run()
    assert office.state(order) == "inbox"
    office.bank.declines = ""
    decide(office, "approve", task(office, order))
    office.run()
    assert office.state(order) == "shipped"
    assert office.wrong() == []


def test_a_declined_label_is_tried_again_and_its_parcel_found(office: SmallOffice) -> None:
    office.cheap.declines = office.dear.declines = "no such street"
    order = office.order("A")
    office.run()
    assert office.state(order) == "inbox"
    office.cheap.declines = ""
    decide(office, "approve", task(office, order))
    office.run()
    assert office.state(order) == "shipped"
    assert office.wrong() == []


def test_an_act_over_its_limit_is_done_once_approved(database_url: str) -> None:
    limits = DoorLimits({"payments.refund": 2000, "payments.capture": 2000})
    with small_office(database_url, policy=Policy(door=limits)) as office:
        order = office.order("A")
        office.run()
        assert office.state(order) == "inbox"
        decide(office, "approve", task(office, order))
        office.run()
        assert office.state(order) == "shipped"
        office.amend(order, "cancel")
        office.run()
        with pytest.raises(NotDecidable, match="half undone"):
            decide(office, "reject", task(office, order))
        decide(office, "approve", task(office, order))
        office.run()
        assert office.state(order) == "cancelled"
        assert office.wrong() == []

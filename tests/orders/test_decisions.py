"""What people decide in the inbox: once, by name, and with its effect on the order."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from afterclick.governance.actor import ALONE, EVERYTHING, Actor
from afterclick.governance.people import accounts, tokens
from afterclick.governance.people.accounts import NewPerson
from afterclick.governance.people.tokens import NewToken
from afterclick.governance.policy import DoorLimits, Policy
from afterclick.orders.inbox import bulk, decisions, proposals
from afterclick.orders.inbox.decisions import NotDecidable, OwnProposal
from afterclick.orders.inbox.recipients import standing
from afterclick.orders.records import load
from afterclick.orders.unstick import unstick
from tests.orders.office import SmallOffice, small_office


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


def task(office: SmallOffice, order: int) -> int:
    return office.one("SELECT id FROM tasks WHERE item = ? AND state = 'open'", order)


def decide(
    office: SmallOffice, what: str, task_id: int, *more: object, note: str = "known customer", by: Actor | str = "anna"
) -> None:
    with office.database.transaction() as tx:
        getattr(decisions, what)(tx, task_id, *more, by=by, note=note, now_ms=office.clock.ms)


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


def test_nobody_approves_what_they_changed_themselves_unless_they_run_the_shop_alone(office: SmallOffice) -> None:
    order = asked_for_its_quantity(office)
    decide(office, "edit", task(office, order), {"quantity": {"lines": {"1": 19_999}}})
    office.run()
    asked = task(office, order)
    anna = Actor("person:anna", "Anna", EVERYTHING, also=frozenset({"anna"}))
    for by in ("anna", anna):
        with pytest.raises(OwnProposal, match="somebody else must approve it"):
            decide(office, "approve", asked, by=by)
    decide(office, "approve", asked, by=replace(anna, alone=True))
    said = office.one("SELECT because FROM events WHERE activity = 'decided.approved'")
    assert said == f"known customer; {ALONE}"


@pytest.mark.parametrize("way", ["one", "in bulk"])
def test_the_log_marks_a_proposal_that_its_own_proposer_approves(office: SmallOffice, way: str) -> None:
    order = office.order("A")
    anna = Actor("person:anna", "Anna", EVERYTHING, also=frozenset({"token:helper"}))
    helper = Actor("token:helper", "helper", EVERYTHING)
    with office.database.transaction() as tx:
        asked = proposals.propose(tx, order, "hold", {}, by=helper, because="odd", now_ms=office.clock.ms)
    with pytest.raises(OwnProposal, match="somebody else must approve it"):
        decide(office, "approve", asked, by=anna)
    alone = replace(anna, alone=True)
    if way == "one":
        decide(office, "approve", asked, by=alone)
    else:
        now_ms, writing = office.clock.ms, office.database.transaction
        assert not bulk.decide(writing, [asked], "approve", by=alone, note="known customer", to_whom="", now_ms=now_ms)[0].because
    assert office.one("SELECT because FROM events WHERE activity = 'decided.approved'") == f"known customer; {ALONE}"


def test_the_log_marks_what_is_approved_in_bulk_by_whoever_asked_for_it(office: SmallOffice) -> None:
    order = asked_for_its_quantity(office)
    anna = Actor("person:anna", "Anna", EVERYTHING, alone=True)
    decide(office, "edit", task(office, order), {"quantity": {"lines": {"1": 19_999}}}, by=anna)
    office.run()
    bulk.decide(
        office.database.transaction, [task(office, order)], "approve", by=anna, note="", to_whom="", now_ms=office.clock.ms
    )
    assert ALONE in office.one("SELECT because FROM events WHERE activity = 'decided.approved'")


def test_by_a_link_nobody_approves_what_their_token_proposed(office: SmallOffice) -> None:
    with office.database.transaction() as tx:
        owner = Actor("machine:owner", "owner", EVERYTHING)
        anna = accounts.add(tx, NewPerson("Anna", "anna@x.example", ["operator"]), by=owner, now_ms=1)
        made = NewToken("helper", ["orders.read"])
        tokens.make(tx, made, by=accounts.as_actor(anna), maker=anna, now_ms=1)
    with office.database.reading() as tx:
        found = standing(tx, "person:anna", mail_to=())
    assert found is not None
    assert not found.may_second("token:helper")


def test_a_bot_proposes_nothing_since_its_card_alone_says_what_it_may(office: SmallOffice) -> None:
    order = office.order("A")
    with office.database.transaction() as tx, pytest.raises(proposals.NotOnCard, match="a bot's token only reads"):
        it = Actor("token:x", "x", EVERYTHING, only=frozenset({"orders.read"}), bot="orders.fulfil")
        proposals.propose(tx, order, "hold", {}, by=it, because="odd", now_ms=1)
    assert office.one("SELECT COUNT(*) FROM tasks") == 0


def test_to_try_again_is_no_approval_of_ones_own_change(office: SmallOffice) -> None:
    office.bank.declines = "insufficient funds"
    order = office.order("A")
    office.amend(order, "address", {"line1": "Allee 7"})
    office.run()
    office.bank.declines = ""
    decide(office, "approve", task(office, order))
    office.run()
    assert office.state(order) == "shipped"


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
        with pytest.raises(OwnProposal, match="asked for this change yourself"):
            decide(office, "approve", task(office, order))
        decide(office, "approve", task(office, order), by="ben")
        office.run()
        assert office.state(order) == "cancelled"
        let_past = office.rows("SELECT because FROM events WHERE activity = 'door.approved' ORDER BY block")
        assert [because.rpartition("; ")[2] for (because,) in let_past] == ["approved by anna", "approved by ben"]
        assert office.wrong() == []


def test_an_order_that_is_split_in_the_answer_that_corrects_its_address_goes_there_with_both_parts(office: SmallOffice) -> None:
    order = asked_for_its_quantity(office)
    address = {"line1": "Allee 7", "country": "AT", "postcode": "1010", "city": "Wien"}
    change = {"address": address, "quantity": {"lines": {"1": 2}}, "split": {"lines": [2]}}
    with office.database.transaction() as tx:
        tx.run("INSERT INTO order_lines (order_id, no, sku, quantity, unit_price) VALUES (?, 2, 'PLATE', 1, 1000)", (order,))
    decide(office, "edit", task(office, order), change)
    office.run()
    with office.database.reading() as tx:
        parts = load(tx, [order, order + 1]).values()
    assert [(one.external_id, one.state, one.country, one.particulars.ship_to.line1) for one in parts] == [
        ("A", "shipped", "AT", "Allee 7"),
        ("A/2", "shipped", "AT", "Allee 7"),
    ]
    assert len({one.address_key for one in parts}) == 1
    assert office.wrong() == []


@pytest.mark.parametrize("system", ["bank", "cheap", "shelves"])
def test_what_was_never_answered_is_tried_again_under_the_same_key(database_url: str, system: str) -> None:
    with small_office(database_url, bots=(unstick,)) as office:
        deaf = getattr(office, system)
        deaf.deaf, office.dear.down = True, system == "cheap"
        order = office.order("A")
        for _ in range(100):
            if office.state(order) == "inbox":
                break
            office.run(later_ms=3_600_000)
        deaf.deaf = office.dear.down = False
        decide(office, "approve", task(office, order))
        office.run(later_ms=3_600_000)
        assert office.rows("SELECT state, revision FROM orders") == [("shipped", 0)]
        assert office.wrong() == []


def test_an_edit_that_is_refused_asks_again(office: SmallOffice) -> None:
    order = asked_for_its_quantity(office)
    decide(office, "edit", task(office, order), {"quantity": {"lines": {"9": 1}}})
    office.run()
    assert office.verdicts(order) == [("quantity", "refused")]
    assert office.state(order) == "inbox"
    assert task(office, order) is not None
    assert office.wrong() == []

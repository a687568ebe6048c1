"""Amendments at any stage end with money, stock, parcels, documents and messages in step."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterclick.engine.door import Door
from afterclick.governance.policy import DoorLimits, Policy
from afterclick.orders import amendments
from afterclick.orders.amendments import UnknownOrder
from tests.orders.office import SmallOffice, small_office

HOUR_MS = 3_600_000


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


def documents(office: SmallOffice, order_id: int) -> list[tuple[str, int]]:
    return [
        tuple(row)
        for row in office.rows("SELECT kind, gross FROM invoices WHERE order_id = ? ORDER BY kind DESC, number", order_id)
    ]


def test_an_order_that_nobody_amends_ships(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    assert office.state(order) == "shipped"
    assert office.wrong() == []


def test_cancelling_an_order_before_anything_was_done(office: SmallOffice) -> None:
    order = office.order("A")
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert office.verdicts(order) == [("cancel", "done")]
    assert office.shop.told == {"A": ["cancelled"]}
    assert office.letters.sent == [(order, "order_cancelled")]
    assert office.wrong() == []


def test_cancelling_a_shipped_order_takes_everything_back(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert documents(office, order) == [("invoice", 3000), ("credit_note", 3000)]
    assert office.bank.kept(order) == 0
    assert office.one("SELECT SUM(on_hand) FROM stock_levels") == 300
    assert not office.cheap.labels
    assert office.shop.told == {"A": ["shipped", "cancelled"]}
    assert office.wrong() == []


def test_a_parcel_that_has_left_stays_shipped_and_the_wish_is_refused(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    office.shelves.left = True
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "shipped"
    assert office.verdicts(order) == [("cancel", "refused")]
    assert "return" in office.one("SELECT because FROM amendments")
    assert office.shop.told == {"A": ["shipped"]}
    assert office.wrong() == []


SYSTEMS = ("bank", "cheap", "shelves", "letters", "shop")


def test_cancelling_while_a_system_is_asked_undoes_what_it_then_did(office: SmallOffice) -> None:
    for system in SYSTEMS:
        order = office.order(system)
        getattr(office, system).during = lambda order=order: office.amend(order, "cancel")
        office.run()
        assert office.state(order) == "cancelled", system
        assert office.wrong() == []


def test_cancelling_an_order_that_waits_for_a_system(office: SmallOffice) -> None:
    for system in SYSTEMS:
        order = office.order(system)
        office.dear.down = system == "cheap"
        getattr(office, system).down = True
        office.run()
        assert office.state(order) == "waiting", system
        office.amend(order, "cancel")
        office.run()
        getattr(office, system).down = office.dear.down = False
        office.run(later_ms=2 * HOUR_MS)
        assert office.state(order) == "cancelled", system
        assert office.wrong() == []


def test_a_label_whose_answer_was_lost_is_remembered_when_the_order_is_cancelled(office: SmallOffice) -> None:
    order = office.order("A")
    office.cheap.deaf = office.dear.deaf = True
    office.run()
    assert len(office.cheap.labels) == 1
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert office.one("SELECT COUNT(*) FROM doubtful_labels WHERE carrier = 'cheap'") == 1


def test_a_hand_over_whose_answer_was_lost_is_recalled(office: SmallOffice) -> None:
    order = office.order("A")
    office.shelves.deaf = True
    office.run()
    assert order in office.shelves.gone
    office.shelves.deaf = False
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert office.wrong() == []


def test_a_new_address_before_shipping_keeps_the_authorisation(office: SmallOffice) -> None:
    order = office.order("A")
    office.cheap.down = office.dear.down = True
    office.run()
    blocked = dict(office.bank.held)
    office.amend(order, "address", {"line1": "Allee 7", "postcode": "10999"})
    office.run()
    assert office.bank.held == blocked
    office.cheap.down = False
    office.run(later_ms=HOUR_MS)
    assert office.state(order) == "shipped"
    assert office.one("SELECT COUNT(*) FROM payments") == 1
    assert office.shop.told == {"A": ["changed", "shipped"]}
    assert office.wrong() == []


def test_a_new_country_after_shipping_is_invoiced_again_and_the_money_stays(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    office.amend(order, "address", {"country": "AT", "postcode": "1010", "city": "Wien"})
    office.run()
    assert office.state(order) == "shipped"
    assert documents(office, order) == [("invoice", 3000), ("invoice", 3000), ("credit_note", 3000)]
    assert office.one("SELECT COUNT(*) FROM payments") == 1
    assert office.one("SELECT country FROM orders") == "AT"
    assert office.wrong() == []


def test_fewer_pieces_after_shipping_are_charged_as_such(office: SmallOffice) -> None:
    order = office.order("A", ("CUP", 3), ("PLATE", 1), discount=400)
    office.run()
    office.amend(order, "quantity", {"lines": {"1": 1, "2": 0}})
    office.run()
    assert office.state(order) == "shipped"
    assert office.one("SELECT total FROM orders") == 1000 - 100
    assert office.bank.kept(order) == 900
    assert office.one("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == 99
    assert office.wrong() == []


def test_a_split_makes_two_orders_that_both_ship(office: SmallOffice) -> None:
    order = office.order("A", ("CUP", 1), ("PLATE", 1), ("SPOON", 1), discount=300)
    office.amend(order, "split", {"lines": [2, 3]})
    office.run()
    assert office.rows("SELECT external_id, state, total FROM orders ORDER BY id") == [
        ("A", "shipped", 900),
        ("A/2", "shipped", 1800),
    ]
    assert office.wrong() == []


def test_a_held_order_rests_with_all_it_has_until_it_is_released(office: SmallOffice) -> None:
    order = office.order("A")
    office.cheap.during = lambda: office.amend(order, "hold")
    office.run()
    assert office.state(order) == "held"
    assert office.one("SELECT stage FROM orders") == "hand_over"
    assert len(office.bank.held) == len(office.cheap.labels) == 1
    office.amend(order, "release")
    office.run()
    assert office.state(order) == "shipped"
    assert office.verdicts(order) == [("hold", "done"), ("release", "done")]
    assert office.one("SELECT COUNT(*) FROM invoices") == 1
    assert office.wrong() == []


def test_an_order_held_before_it_began_is_judged_when_it_is_released(office: SmallOffice) -> None:
    order = office.order("A", ("NOSUCH", 1))
    office.amend(order, "hold")
    office.run()
    assert office.state(order) == "held"
    office.amend(order, "release")
    office.run()
    assert office.state(order) == "inbox"


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


def test_a_refund_over_the_limit_waits_for_a_person(database_url: str) -> None:
    with small_office(database_url, policy=Policy(door=DoorLimits({"payments.refund": 2000}))) as office:
        assert isinstance(office.engine.door, Door)
        order = office.order("A")
        office.run()
        office.amend(order, "cancel")
        office.run()
        assert office.state(order) == "inbox"
        assert office.rows("SELECT stage, proposal FROM tasks") == [("give_back", "payments.refund")]


SOMETIMES = st.sampled_from(["", "bank", "cheap", "shelves", "shop"])
ADDRESSES = st.sampled_from([{"line1": "Allee 7"}, {"country": "AT", "postcode": "1010"}, {"country": "FR", "postcode": "75001"}])
QUANTITIES = st.dictionaries(st.sampled_from(["1", "2", "3"]), st.integers(0, 4), min_size=1)
WISHES: st.SearchStrategy[tuple[Any, dict[str, Any]]] = st.one_of(
    st.sampled_from([("cancel", {}), ("hold", {}), ("release", {})]),
    st.tuples(st.just("address"), ADDRESSES),
    st.tuples(st.just("quantity"), st.fixed_dictionaries({"lines": QUANTITIES})),
    st.tuples(st.just("split"), st.fixed_dictionaries({"lines": st.lists(st.integers(1, 3), min_size=1, max_size=2)})),
)
Steps = list[tuple[tuple[Any, dict[str, Any]], str, bool, str]]
STEPS = st.lists(st.tuples(WISHES, SOMETIMES, st.booleans(), SOMETIMES), max_size=4)


def amended(office: SmallOffice, number: int, steps: Steps) -> None:
    """Amend one order step by step: while a system is asked or before, running or not, with a system down or not."""
    order = office.order(f"E{number}", ("CUP", 2), ("PLATE", 1), ("SPOON", 3), discount=150)
    for (action, wanted), during, runs, down in steps:
        # Many customers at one address would be suspicious.
        change = wanted | {"line1": f"Allee {number}"} if "line1" in wanted else wanted
        if during:
            getattr(office, during).during = partial(office.amend, order, action, change)
        else:
            office.amend(order, action, change)
        if down:
            getattr(office, down).down = True
        if runs:
            office.run()
        if down:
            getattr(office, down).down = False
    for system in (office.bank, office.cheap, office.shelves, office.shop):
        system.during = None
    for _ in range(3):
        office.run(later_ms=2 * HOUR_MS)
    rests = office.rows("SELECT state, stage, because FROM orders WHERE id = ?", order)
    assert office.state(order) in ("shipped", "cancelled", "held"), (steps, rests)
    assert office.one("SELECT COUNT(*) FROM amendments WHERE state = 'open'") == 0, steps
    assert office.wrong() == [], steps


def test_any_amendments_at_any_time_leave_everything_tied(database_url: str) -> None:
    drawn: list[Steps] = []

    @settings(max_examples=60, deadline=None, database=None)
    @given(STEPS)
    def draw(steps: Steps) -> None:
        drawn.append(steps)

    draw()  # before the engine's threads begin: they use `random`, which must stand still while examples are drawn
    with small_office(database_url, pieces=10_000) as office:
        for number, steps in enumerate(drawn):
            amended(office, number, steps)


def test_amendments_ask_in_the_callers_transaction(office: SmallOffice) -> None:
    order = office.order("A")
    with pytest.raises(RuntimeError, match="undone"), office.database.transaction() as tx:
        amendments.ask(tx, order, "cancel", {}, by="anna", because="", now_ms=0)
        raise RuntimeError("undone")
    assert office.verdicts(order) == []

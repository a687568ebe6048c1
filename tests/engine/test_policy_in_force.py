"""The policy at work: the shop's rules judge after the built-in ones, and what is put in force is taken up between batches."""

from collections.abc import Iterator

import pytest

from afterclick.engine.checks import checks, prove
from afterclick.engine.policies import Policies
from afterclick.governance import versions
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.in_force import in_share
from afterclick.governance.policy import PolicyError
from afterclick.governance.versions import Start
from afterclick.orders.inbox import decisions
from tests.orders.office import SmallOffice, small_office

DORA = Actor("machine:dora", "Dora", EVERYTHING, alone=True)
BIG = (
    '[[rules]]\nname = "big"\nwhen = "total > 2000"\nthen = "ask"\nwho = "fraud"\nbecause = "{total} is a lot"\nowner = "anna"\n'
)


@pytest.fixture
def office(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallOffice]:
    """A small office with a first version of defaults, that looks at its policy before each piece of work."""
    monkeypatch.setattr(Policies, "looks_every_s", 0.0)
    with small_office(database_url) as opened:
        versions.opened(opened.database, "", now_ms=opened.clock.ms)
        yield opened


def put_in_force(office: SmallOffice, text: str, start: Start = Start(without_replay="a test")) -> int:
    with office.database.transaction() as tx:
        number = versions.propose(tx, text, who=DORA, note="", now_ms=office.clock.ms)
        versions.activate(tx, number, who=DORA, start=start, now_ms=office.clock.ms)
    return number


def ordered(office: SmallOffice, name: str, pieces: int = 3) -> int:
    order = office.order(name, ("CUP", pieces))
    office.run()
    return order


def said(office: SmallOffice, order: int) -> list[tuple[str, str, str]]:
    return office.rows(
        "SELECT activity, verdict, because FROM events WHERE order_id = ? AND facts <> '' AND key IS NULL ORDER BY block, seq",
        order,
    )


def test_a_rule_of_the_shop_asks_and_its_yes_lets_the_order_go_on_behind_it(office: SmallOffice) -> None:
    put_in_force(office, BIG)
    order = ordered(office, "A-1")
    assert office.state(order) == "inbox"
    assert said(office, order) == [("genuine/big", "Ask", "30.00 EUR is a lot")]
    assert office.rows("SELECT stage, who, because FROM tasks") == [("genuine/big", "fraud", "30.00 EUR is a lot")]
    with office.database.transaction() as tx:
        decisions.approve(tx, office.one("SELECT id FROM tasks"), by=DORA, now_ms=office.clock.ms)
    office.run()
    assert office.state(order) == "shipped"
    assert office.wrong() == []


@pytest.mark.parametrize(("then", "state"), [("refuse", "refused"), ("pass", "shipped")])
def test_a_rule_of_the_shop_refuses_or_lets_pass(office: SmallOffice, then: str, state: str) -> None:
    put_in_force(office, BIG.replace('"ask"', f'"{then}"'))
    assert office.state(order := ordered(office, "A-1")) == state
    assert said(office, order)[0][0] == ("judged" if then == "pass" else "genuine/big")
    assert office.state(ordered(office, "A-2", pieces=1)) == "shipped"


def test_the_built_in_rules_decide_first(office: SmallOffice) -> None:
    put_in_force(
        office,
        '[orders]\nquantity_most = 2\n[[rules]]\nname = "all"\nwhen = "true"\nthen = "refuse"\nbecause = "x"\nowner = "o"\n',
    )
    order = ordered(office, "A-1")
    assert [activity for activity, *_ in said(office, order)] == ["complete"]


def test_a_rule_that_fails_at_run_time_asks(office: SmallOffice) -> None:
    put_in_force(office, BIG.replace("total > 2000", "usual_value.seen > 3").replace('"ask"', '"pass"'))
    order = ordered(office, "A-1")
    assert office.state(order) == "inbox"
    assert "could not be decided" in said(office, order)[0][2]


def test_a_batch_says_under_what_it_ran_and_a_new_version_counts_from_the_next(office: SmallOffice) -> None:
    first = ordered(office, "A-1")
    put_in_force(office, "[orders]\nquantity_most = 2\n")
    second = ordered(office, "A-2")
    assert [office.state(first), office.state(second)] == ["shipped", "inbox"]
    assert office.rows("SELECT DISTINCT policy FROM batches WHERE bot = 'orders.fulfil' ORDER BY policy") == [(1,), (2,)]


def test_a_batch_that_is_taken_up_again_keeps_the_policy_it_began_with(office: SmallOffice) -> None:
    policies = office.engine.policies
    policies.look()
    assert policies.regime == 1
    put_in_force(office, "[orders]\nquantity_most = 2\n")
    policies.look()
    assert policies.regime == 2
    assert policies.of(1).active.policy.orders.quantity_most == 10_000
    assert policies.of(2).active.policy.orders.quantity_most == 2
    again = Policies(office.database, policies.of(0).active.policy, now_ms=office.engine.now_ms)
    assert again.of(1).active.number == 1


def test_in_shadow_nothing_follows_and_differences_are_recorded(office: SmallOffice) -> None:
    number = put_in_force(office, BIG, Start("shadow", without_replay="a test"))
    order, small = ordered(office, "A-1"), ordered(office, "A-2", pieces=1)
    assert [office.state(order), office.state(small)] == ["shipped", "shipped"]
    rows = office.rows("SELECT order_id, verdict, because FROM events WHERE object = ?", f"policy/{number}")
    differing = [row for row in rows if row[0] is not None]
    assert differing == [
        (order, "Ask", f"version {number} in shadow would ask fraud at genuine/big instead of pass: 30.00 EUR is a lot")
    ]


def test_a_canary_decides_for_its_share_and_for_nobody_else(office: SmallOffice) -> None:
    number = put_in_force(office, BIG, Start("canary", 50, without_replay="a test"))
    orders = [office.order(f"A-{name}", ("CUP", 3)) for name in range(12)]
    office.run()
    assert {order: office.state(order) for order in orders} == {
        order: "inbox" if in_share(number, order, 50) else "shipped" for order in orders
    }
    assert {office.state(order) for order in orders} == {"inbox", "shipped"}


def test_a_canarys_limits_hold_at_the_door_too(office: SmallOffice) -> None:
    number = put_in_force(office, '[door.largest]\n"payments.capture" = 10\n', Start("canary", 50, without_replay="a test"))
    orders = [office.order(f"A-{name}", ("CUP", 1)) for name in range(12)]
    office.run()
    barred = {order for order in orders if office.state(order) == "inbox"}
    assert barred == {order for order in orders if in_share(number, order, 50)}


def test_one_step_back_counts_from_the_next_batch(office: SmallOffice) -> None:
    put_in_force(office, BIG)
    assert office.state(ordered(office, "A-1")) == "inbox"
    with office.database.transaction() as tx:
        versions.roll_back(tx, who=DORA, because="too many", now_ms=office.clock.ms)
    assert office.state(ordered(office, "A-2")) == "shipped"


def test_what_is_scheduled_starts_at_its_time(office: SmallOffice) -> None:
    put_in_force(office, BIG, Start("active", 0, office.clock.ms + 60_000, "a test"))
    assert office.state(ordered(office, "A-1")) == "shipped"
    office.clock.ms += 61_000
    assert office.state(ordered(office, "A-2")) == "inbox"
    with office.database.reading() as tx:
        assert [proof.detail for check in checks() if not (proof := prove(tx, check)).ok] == []


def test_a_policy_that_cannot_be_read_here_leaves_the_one_before_in_force(office: SmallOffice) -> None:
    policies = office.engine.policies
    policies.look()
    number = put_in_force(office, "[orders]\nask_score = 40\n")
    with office.database.transaction() as tx:
        tx.run("UPDATE policy_versions SET text = '[of]\na = \"newer\"\n' WHERE number = ?", (number,))
    policies.look()
    assert policies.regime == 1
    fresh = Policies(office.database, policies.of(0).active.policy, now_ms=office.engine.now_ms)
    with pytest.raises(PolicyError, match="version 2 of the policy"):
        fresh.look()


def test_without_any_version_the_policy_that_was_given_holds(database_url: str) -> None:
    with small_office(database_url) as office:
        office.engine.policies.look()
        assert office.engine.policies.regime == 0
        assert office.state(ordered(office, "A-1")) == "shipped"

"""Limits of buying are replayed over the purchase orders that were judged, as those of the orders desk over orders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from afterclick.engine.explaining import explained
from afterclick.engine.replay import Wanted, replay
from afterclick.governance import replays
from afterclick.governance.in_force import Ready
from afterclick.governance.policy import read
from afterclick.governance.replays import Case, Result
from tests.procurement.buying.buying_office import BuyingOffice, buying_office


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[BuyingOffice]:
    """An office that has bought ten pieces at 2.50 within the limits."""
    with buying_office(database_url, tmp_path) as made:
        made.order()
        yield made


def replayed(office: BuyingOffice, text: str, *, recorded: bool = False) -> tuple[Result, list[Case]]:
    wanted = Wanted(None if recorded else Ready.of(1, read("")), Ready.of(2, read(text)), 9)
    return replay(office.database, office.engine.fleet, wanted, now_ms=office.clock.ms + 1_000)


def test_a_lower_limit_shows_which_purchase_orders_would_have_asked_and_what_they_are_worth(office: BuyingOffice) -> None:
    result, (case,) = replayed(office, "[buying]\norder_most = 1000\n")
    assert [(one.was, one.would, one.orders, one.money) for one in result.shifts] == [("pass", "ask buying", 1, {"EUR": 2_500})]
    assert (case.order_id, case.object, case.cause) == (0, "purchase/1", "buying.order_most")
    assert result.caveats == ()


def test_its_cases_carry_the_purchase_orders_number_and_are_for_those_who_may_see_it(office: BuyingOffice) -> None:
    result, found = replayed(office, "[buying]\norder_most = 1000\n")
    with office.database.transaction() as tx:
        number = replays.begin(tx, version=2, digest="d", against=1, days=9, bot="", by="person:anna", now_ms=1)
        replays.finish(tx, number, result, found, now_ms=2)
        assert [one.external_id for one in replays.cases(tx, number)] == [office.one("SELECT number FROM purchase_orders")]
        assert (replays.cases(tx, number, kinds={"order"}), replays.left_out(tx, number, {"order"})) == ([], replays.NO_CASES)
        assert (len(replays.cases(tx, number, kinds={"purchase"})), replays.left_out(tx, number, {"purchase"})) == (1, "")


def test_what_was_recorded_is_decided_by_the_same_rules_in_the_same_way(office: BuyingOffice) -> None:
    result, _ = replayed(office, "", recorded=True)
    assert (result.judged, result.differing) == (1, 0)


def test_what_judged_a_purchase_order_is_explained_with_its_facts_and_limits(office: BuyingOffice) -> None:
    with office.database.reading() as tx:
        judged, sent = explained(tx, office.engine.fleet, "purchase/1")
    assert (judged.activity, judged.text, judged.facts["value"]) == ("judged", "the built-in rules", 2_500)
    assert "order_most" in judged.limits
    assert (sent.activity, "the card of procurement.buy allows vendors.order" in sent.text) == ("vendors.order", True)

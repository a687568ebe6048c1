"""The policy holds for the whole office, but single orders are shown only to those who may see orders."""

from collections.abc import Iterator

import msgspec
import pytest

from afterclick.app import Office
from afterclick.engine.judging import DIFFERS
from afterclick.governance import replays, versions
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import Desk
from afterclick.governance.replays import NO_CASES, Case, Result, Shift
from afterclick.site import site
from afterclick.store import log
from afterclick.store.log import Block, Event
from tests.control_room.browser import Browser, signed_in
from tests.control_room.test_policy_pages import RULE, office

__all__ = ["office"]
SECRET = "1234567 EUR is too much"


@pytest.fixture
def replayed(office: Office) -> Iterator[Office]:
    """An office with a replay of version 2 that found one order, which version 2 would in shadow have asked about too."""
    shift, act = Shift("pass", "ask fraud", 1, 1, {"EUR": 700}), Shift("pass", "ask operations", 1, 1, {"EUR": 900})
    with office.database.transaction() as tx:
        versions.propose(tx, RULE, who=signed_in("architect", name="anna"), note="", now_ms=1)
        number = replays.begin(
            tx, version=2, digest=versions.digest_of(RULE), against=1, days=9, bot="", by="person:anna", now_ms=1
        )
        result = Result(0, 1, 1, 0, 12, 2, 2, 8.0, (shift, act), {"rules.big": 1}, (), (), 0.1)
        case = Case(1, 2, "", 1, "pass", "ask fraud", "genuine", "rules.big", 700, "EUR", SECRET)
        replays.finish(tx, number, result, [case], now_ms=2)
        log.append(tx, Block(2, "orders.fulfil", "1"), [Event(DIFFERS, 2, "policy/2", "Ask", SECRET)])
    yield office


def browser(office: Office, desk: Desk) -> Browser:
    who = Actor("person:olga", "Olga", frozenset({"operator"}), frozenset({desk}))
    return Browser(site(office, host="127.0.0.1", authenticate=lambda _request: who))


@pytest.mark.parametrize(("desk", "shown"), [("orders", True), ("inventory", False)])
def test_the_cases_of_a_replay_are_for_those_who_may_see_orders_and_its_sums_for_all(
    replayed: Office, desk: Desk, *, shown: bool
) -> None:
    client = browser(replayed, desk)
    for page in ("/policy/replays/1", "/policy/versions/2"):
        text = client.get(page).text
        assert ((SECRET in text), (NO_CASES in text), ('href="/orders/2"' in text)) == (shown, not shown, shown), page
    assert "7.00 EUR" in client.get("/policy/replays/1").text
    found = msgspec.json.decode(client.get("/api/v1/policy/replays/1").text)
    assert ([one["because"] for one in found["cases"]], found["left_out"]) == (([SECRET], "") if shown else ([], NO_CASES))
    assert found["replay"]["result"]["differing"] == 2
    compared = msgspec.json.decode(client.get("/api/v1/policy/versions/2/compared").text)
    assert (compared["differing"], [one["because"] for one in compared["latest"]]) == (1, [SECRET] if shown else [])


def test_acts_are_counted_beside_the_verdicts(replayed: Office) -> None:
    text = browser(replayed, "orders").get("/policy/replays/1").text
    assert "verdict and 12 acts replayed" in text
    assert "Verdicts and acts</th>" in text
    assert "9.00 EUR" in text


def test_a_replay_that_judged_nothing_still_asks_for_a_reason(office: Office) -> None:
    with office.database.transaction() as tx:
        versions.propose(tx, RULE, who=signed_in("architect", name="anna"), note="", now_ms=1)
        number = replays.begin(
            tx, version=2, digest=versions.digest_of(RULE), against=1, days=9, bot="", by="person:anna", now_ms=1
        )
        replays.finish(tx, number, Result(2**52, 2**53, 0, 0, 0, 0, 0, 0.0, (), {}, (), (), 0.1), [], now_ms=2)
    who = signed_in("approver", name="ben")
    client = Browser(site(office, host="127.0.0.1", authenticate=lambda _request: who))
    assert "Nothing would have gone differently: nothing was there to judge" in client.get("/policy/replays/1").text
    text = client.get("/policy/versions/2").text
    assert "Its replay says nothing: nothing was there to judge, although the office has recorded verdicts." in text
    assert 'name="without_replay"' in text

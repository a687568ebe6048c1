"""What a shopkeeper reads about an order's policy: the line that allowed a thing, and never the line that forbade it."""

from collections.abc import Iterator

import msgspec
import pytest

from afterclick.engine.explaining import explained
from afterclick.engine.policies import Policies
from afterclick.governance import versions
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.allowed import Done, allowed_by
from afterclick.governance.audit import erasing
from afterclick.governance.cards import Card
from afterclick.governance.versions import Start
from afterclick.orders.cases.case import case
from afterclick.orders.cases.story import chapters
from afterclick.orders.inbox import decisions
from tests.orders.office import SmallOffice, small_office

DORA = Actor("person:dora", "Dora", EVERYTHING, alone=True)
NICE = '[[rules]]\nname = "nice"\nwhen = "total > 2000"\nthen = "pass"\nbecause = "nice; as ever"\nowner = "anna"\n'


@pytest.fixture
def office(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallOffice]:
    """A small office with a first version of defaults, that looks at its policy before each piece of work."""
    monkeypatch.setattr(Policies, "looks_every_s", 0.0)
    with small_office(database_url) as opened:
        versions.opened(opened.database, "", now_ms=opened.clock.ms)
        yield opened


def put_in_force(office: SmallOffice, text: str) -> None:
    with office.database.transaction() as tx:
        number = versions.propose(tx, text, who=DORA, note="", now_ms=office.clock.ms)
        versions.activate(tx, number, who=DORA, start=Start(without_replay="a test"), now_ms=office.clock.ms)


def ordered(office: SmallOffice, name: str, pieces: int) -> int:
    order = office.order(name, ("CUP", pieces))
    office.run()
    return order


def allowed(office: SmallOffice, order: int, activity: str) -> tuple[int, str]:
    """(line, text) by which the activity was allowed, as the explanation and the order's page both say it."""
    with office.database.reading() as tx:
        (one,) = [one for one in explained(tx, office.engine.fleet, order) if one.activity == activity]
        whole = case(tx, order)
        assert whole is not None
        told = [step.allowed for chapter in chapters(tx, whole) for step in chapter.steps if step.step.activity == activity]
    assert [(by.line, by.text) for by in told if by is not None] == [(one.line, one.text)]
    return one.line, one.text


def test_an_act_over_its_limit_shows_who_let_it_past_the_line_and_one_within_it_shows_the_line(office: SmallOffice) -> None:
    put_in_force(office, '# Amounts\n[door.largest]\n"payments.authorise" = 2000\n')
    small, large = ordered(office, "A-1", 1), ordered(office, "A-2", 3)
    assert (office.state(small), office.state(large)) == ("shipped", "inbox")
    with office.database.transaction() as tx:
        decisions.approve(tx, office.one("SELECT id FROM tasks"), by=DORA, now_ms=office.clock.ms)
    office.run()
    assert office.state(large) == "shipped"
    assert allowed(office, small, "payments.authorise") == (3, '"payments.authorise" = 2000')
    said = 'over line 3 ("payments.authorise" = 2000); approved by person:dora'
    assert allowed(office, large, "payments.authorise") == (0, said)
    assert allowed(office, large, "payments.capture")[1].startswith("no limit; the card of orders.fulfil")


def test_a_pass_by_a_rule_of_the_shop_shows_the_line_of_that_rule(office: SmallOffice) -> None:
    put_in_force(office, NICE)
    small, large = ordered(office, "A-1", 1), ordered(office, "A-2", 3)
    assert allowed(office, large, "judged") == (2, 'name = "nice"')
    assert allowed(office, small, "judged") == (0, "the built-in rules")


def test_where_the_yes_was_erased_no_line_is_said_to_have_allowed_it(office: SmallOffice) -> None:
    put_in_force(office, '[door.largest]\n"payments.authorise" = 2000\n')
    order = ordered(office, "A-1", 3)
    with office.database.transaction() as tx:
        decisions.approve(tx, office.one("SELECT id FROM tasks"), by=DORA, now_ms=office.clock.ms)
    office.run()
    with office.database.transaction() as tx:
        erasing.erase(tx, "C-A-1", by="person:dpo", because="by letter of 3 May", now_ms=office.clock.ms)
    with office.database.reading() as tx:
        named = {one.activity for one in explained(tx, office.engine.fleet, order)}
    assert "payments.authorise" not in named
    assert "payments.capture" in named


def test_a_purchase_order_shows_the_limit_of_buying_that_the_shop_has_written(office: SmallOffice) -> None:
    put_in_force(office, "# What may be bought\n[buying]\norder_most = 300000\n")
    card = Card("procurement.buy", "Buys", "operations", "purchase", (), may={"vendors": frozenset({"order"})})
    with office.database.transaction() as tx:
        tx.run("INSERT INTO bots (id, card) VALUES (?, ?)", (card.id, msgspec.json.encode(card).decode()))
        (by,) = allowed_by(tx, [Done("vendors.order", card.id, None, office.clock.ms + 1)])
    assert (by.line, by.text) == (3, "order_most = 300000")

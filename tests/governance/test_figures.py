"""What happened is counted by day, each block once, and leads to what each bot brings."""

from collections.abc import Iterator

import pytest

from afterclick.governance import figures, investment
from afterclick.governance.cards import Card, Manual, written
from afterclick.governance.figures import DAY_MS, FAILED
from afterclick.governance.investment import Terms
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

TERMS = Terms("EUR", 6_000, 100, 3, 10, 5)
DAY = 20_000


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    metadata.create_all(made.engine)
    yield made
    made.dispose()


def happened(tx: Tx, *events: Event, day: int = DAY, actor: str = "bot", version: str = "1", mode: str = "live") -> None:
    log.append(tx, Block(day * DAY_MS + 5, actor, version, mode, None, 1_000), events)


def shipped(*orders: int) -> list[Event]:
    return [Event("shipped", order, None, "Done") for order in orders]


def counted(tx: Tx) -> dict[tuple[int, str, str, str], int]:
    while figures.advance(tx, most_blocks=2):
        continue
    return {(one.day, one.actor, one.activity, one.verdict): one.count for one in figures.of_days(tx, 0, 2**40).happened}


def test_each_block_is_counted_once_by_day_actor_activity_and_verdict(database: Database) -> None:
    with database.transaction() as tx:
        happened(tx, *shipped(1, 2), Event("bank.pay", 1, None, "Done", key="1:pay"))
        happened(tx, *shipped(3))
        happened(tx, *shipped(4), day=DAY + 1)
        happened(tx, Event("left.pay", 5, None, "Ask", "pay failed: ValueError: no"), Event("left.pay", 6, None, "Ask", "why?"))
        happened(tx, *shipped(7), mode="shadow")
    with database.transaction() as tx:
        assert figures.behind(tx)
        expected = {
            (DAY, "bot", "shipped", "Done"): 3, (DAY + 1, "bot", "shipped", "Done"): 1, (DAY, "bot", "bank.pay", "Done"): 1,
            (DAY, "bot", "left.pay", FAILED): 1, (DAY, "bot", "left.pay", "Ask"): 1,
        }  # fmt: skip
        assert counted(tx) == expected
        assert counted(tx) == expected
        assert figures.through_block(tx) == 5
        assert not figures.behind(tx)
        work = figures.of_days(tx, DAY, DAY).work
        assert [(one.blocks, one.duration_us) for one in work] == [(4, 4_000)]


def test_what_is_not_committed_is_counted_again(database: Database) -> None:
    with database.transaction() as tx:
        happened(tx, *shipped(1))
    with pytest.raises(RuntimeError), database.transaction() as tx:
        figures.advance(tx)
        raise RuntimeError("killed")
    with database.transaction() as tx:
        assert counted(tx) == {(DAY, "bot", "shipped", "Done"): 1}


def test_acts_outside_and_ends_of_items_are_told_apart(database: Database) -> None:
    with database.transaction() as tx:
        happened(tx, *shipped(1), Event("bank.pay", 1, None, "Done", key="k"), Event("left.pay", 2, None, "Wait", "later"))
        figures.advance(tx)
        said = {one.activity: (one.is_act, one.is_through, one.left_at) for one in figures.of_days(tx, DAY, DAY).happened}
    assert said == {"shipped": (False, True, ""), "bank.pay": (True, False, ""), "left.pay": (False, False, "pay")}


def register(tx: Tx, bot_id: str, minutes: float) -> None:
    card = Card(bot_id, "Does", "us", "order", (), replaces=Manual(minutes, "order", "guess") if minutes else None)
    tx.run("INSERT INTO bots (id, card, state) VALUES (?, ?, 'active')", (bot_id, written(card)))


def test_a_bot_brings_what_it_replaces_less_what_people_spend_on_it(database: Database) -> None:
    with database.transaction() as tx:
        register(tx, "bot", 6)
        happened(tx, *shipped(*range(1, 11)))
        happened(tx, Event("left.pay", 11, None, "Ask", "pay failed: ValueError: no"))
        happened(tx, Event("asked.cancel", 3), actor="person:anna")
        tx.run(
            "INSERT INTO tasks (bot, item_kind, item, state, asked_ms, decided_ms, decided_by) VALUES"
            " ('bot', 'order', 2, 'approved', 1, ?, 'person:anna'), ('bot', 'order', 11, 'rejected', 1, ?, 'person:anna')",
            (DAY * DAY_MS + 9, DAY * DAY_MS + 9),
        )
        figures.advance(tx)
        found = investment.returns(tx, TERMS, first=DAY, last=DAY)
    one = found.bots[0]
    assert (one.done, one.untouched, one.decisions, one.reworked, one.failed) == (10, 9, 2, 1, 1)
    minutes = (one.replaced_minutes, one.decision_minutes, one.rework_minutes, one.failure_minutes, one.saved_minutes)
    assert minutes == (54, 6, 10, 5, 33)
    assert (one.net, one.low, one.high) == (3_300, None, None)
    assert (found.total.net, found.total.done) == (3_300, 10)


def test_bots_that_cost_more_than_they_bring_come_first(database: Database) -> None:
    with database.transaction() as tx:
        for bot_id, minutes in (("costly", 1.0), ("good", 5.0), ("helper", 0.0)):
            register(tx, bot_id, minutes)
            happened(tx, *shipped(1), actor=bot_id)
        tx.run_many(
            "INSERT INTO tasks (bot, item_kind, item, state, decided_ms) VALUES ('costly', 'order', ?, 'approved', ?)",
            [(item, DAY * DAY_MS) for item in range(5)],
        )
        figures.advance(tx)
        found = investment.returns(tx, TERMS, first=DAY, last=DAY)
    assert [(one.bot, one.costs_more) for one in found.bots] == [("costly", True), ("good", False), ("helper", False)]


def test_the_interval_is_students_over_the_daily_values(database: Database) -> None:
    """Five days of 1, 2, 3, 4, 5 items at 1.00 each: 15.00, and half of the interval is 2.776 × 1.5811 × √5 = 9.81."""
    with database.transaction() as tx:
        register(tx, "bot", 1)
        for day in range(5):
            happened(tx, *shipped(*range(100 * day, 100 * day + day + 1)), day=DAY + day)
        figures.advance(tx)
        tx.run("UPDATE daily_work SET duration_us = 0")
        one = investment.returns(tx, TERMS, first=DAY, last=DAY + 4).bots[0]
    assert (one.net, one.low, one.high) == (1_500, 519, 2_481)

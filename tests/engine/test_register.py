"""The register of bots: enrolled with their cards, paused, rehearsing, and started when their time has come."""

import pytest

from afterclick.engine import register
from afterclick.engine.bots import Bot, Fleet, bot
from afterclick.engine.clock import Clock
from afterclick.engine.engine import listeners_of
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Cron, Every, Manual, On, Queue, Trigger
from tests.engine.bench import Bench

HOUR_MS = 3_600_000


def timed(*starts_on: Trigger, name: str = "timed", version: str = "1") -> Bot[None]:
    card = Card(name, "Does things", "tests", "nothing", starts_on, version=version, replaces=Manual(1.0, "run", "guess"))
    return bot(card, over=NoItems())(lambda _nothing: None)


def enrol(bench: Bench, *bots: Bot[None], now_ms: int = 0) -> Fleet:
    fleet = Fleet(*bots)
    with bench.database.transaction() as tx:
        register.enrol(tx, fleet, now_ms=now_ms)
    return fleet


def due(bench: Bench, fleet: Fleet, now_ms: int) -> list[str]:
    with bench.database.transaction() as tx:
        found = register.due(tx, fleet, now_ms=now_ms)
        assert not register.any_due(tx, fleet, now_ms=now_ms)
    return found


def test_a_bot_is_enrolled_once_for_each_version_of_its_card(bench: Bench) -> None:
    enrol(bench, timed())
    enrol(bench, timed())
    enrol(bench, timed(version="2"))
    assert bench.rows("SELECT version, state, mode FROM bots") == [("2", "active", "live")]
    assert bench.activities() == ["bot.registered", "bot.registered"]


def test_a_bot_of_every_two_seconds_starts_at_once_and_then_every_two_seconds(bench: Bench) -> None:
    fleet = enrol(bench, timed(Every(2)), now_ms=10_000)
    started = [now_ms for now_ms in range(10_000, 16_000, 500) if due(bench, fleet, now_ms)]
    assert started == [10_000, 12_000, 14_000]


def test_a_bot_of_a_crontab_starts_at_its_times_in_utc(bench: Bench) -> None:
    fleet = enrol(bench, timed(Cron("30 2 * * *")), now_ms=0)
    started = [hour for hour in range(50) if due(bench, fleet, hour * HOUR_MS)]
    assert started == [3, 27]


def test_what_was_missed_is_made_up_for_once(bench: Bench) -> None:
    fleet = enrol(bench, timed(Every(2)), now_ms=0)
    assert due(bench, fleet, 50 * HOUR_MS) == ["timed"]
    assert due(bench, fleet, 50 * HOUR_MS + 1) == []


def test_a_card_that_gets_a_time_starts_its_bot_from_then_on(bench: Bench) -> None:
    assert due(bench, enrol(bench, timed(Queue("things"))), HOUR_MS) == []
    assert due(bench, enrol(bench, timed(Every(2), version="2"), now_ms=HOUR_MS), HOUR_MS) == ["timed"]


def test_a_bot_that_is_not_mounted_any_more_is_not_started(bench: Bench) -> None:
    enrol(bench, timed(Every(2)))
    assert due(bench, Fleet(), HOUR_MS) == []


def test_a_paused_bot_neither_starts_nor_claims_and_who_paused_it_is_logged(bench: Bench) -> None:
    fleet = enrol(bench, timed(Every(2)))
    with bench.database.transaction() as tx:
        register.change(tx, "timed", by="anna", now_ms=5, state="paused")
        assert register.ready(tx, fleet) == {}
        assert register.listed(tx)[0].state == "paused"
    assert due(bench, fleet, HOUR_MS) == []
    assert bench.rows(
        "SELECT b.actor, e.verdict FROM events e JOIN blocks b ON b.number = e.block WHERE activity = 'bot.changed'"
    ) == [("anna", "paused")]
    with bench.database.transaction() as tx:
        register.change(tx, "timed", by="anna", now_ms=6, state="active", mode="shadow")
        assert register.ready(tx, fleet) == {"timed": ("1", 2_000)}
        assert register.listed(tx)[0].mode == "shadow"


def test_a_mode_and_a_bot_that_do_not_exist_are_refused(bench: Bench) -> None:
    enrol(bench, timed())
    with bench.database.transaction() as tx:
        with pytest.raises(ValueError, match="no mode 'wild'; choose one of live, shadow, dry-run"):
            register.change(tx, "timed", by="anna", now_ms=5, mode="wild")
        with pytest.raises(KeyError, match="no bot 'nobody'"):
            register.change(tx, "nobody", by="anna", now_ms=5, state="paused")


def test_two_bots_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two bots have the same id"):
        Fleet(timed(), timed())


def test_who_listens_is_read_from_the_cards() -> None:
    fleet = Fleet(timed(On("shipped"), name="a"), timed(On("shipped"), Every(2), name="b"))
    assert listeners_of(fleet) == {"shipped": ["a", "b"]}


def test_the_clock_never_runs_backwards() -> None:
    clock = Clock(ahead_ms=50_000)
    first = clock.now_ms()
    clock._ahead_ms = 0
    assert clock.now_ms() == first

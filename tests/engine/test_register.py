"""The register of bots: enrolled with their cards, paused, rehearsing, and started when their time has come."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from afterclick.engine import queue, register
from afterclick.engine.bots import Bot, Fleet, bot, listeners_of
from afterclick.engine.clock import Clock
from afterclick.engine.items import NoItems
from afterclick.governance import lifecycle
from afterclick.governance.cards import Card, Cron, Every, Manual, On, Queue, Trigger
from afterclick.governance.permissions import Permission
from tests.control_room.browser import signed_in
from tests.engine.bench import CARD, ID, Bench, Thing, paying
from tests.engine.office import opened

HOUR_MS = 3_600_000


def timed(*starts_on: Trigger, name: str = "timed", version: str = "1") -> Bot[None]:
    card = Card(name, "Does things", "tests", "nothing", starts_on, version=version, replaces=Manual(1.0, "run", "guess"))
    return bot(card, over=NoItems())(lambda _nothing: None)


def enrol(bench: Bench, *bots: Bot[Any], now_ms: int = 0) -> Fleet:
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


def test_a_paused_bot_neither_starts_nor_claims(bench: Bench) -> None:
    fleet = enrol(bench, timed(Every(2)))
    with bench.database.transaction() as tx:
        lifecycle.take(tx, "timed", "pause", who=signed_in(), now_ms=5)
        assert register.ready(tx, fleet) == {}
        assert register.listed(tx)[0].state == "paused"
    assert due(bench, fleet, HOUR_MS) == []
    with bench.database.transaction() as tx:
        lifecycle.take(tx, "timed", "resume", who=signed_in(), now_ms=6)
        assert register.ready(tx, fleet) == {"timed": ("1", 2_000)}


def paying_more(*acts: str, name: str = ID) -> Bot[Thing]:
    takes: dict[str, Permission] = {f"bank.{act}": "orders.change" for act in acts}
    more = {"purpose": "So that", "handles": frozenset({"payment"}), "takes": takes}
    return paying(replace(CARD, id=name, may={"bank": frozenset(acts)}, **more))


def standing(bench: Bench, bot_id: str = ID) -> tuple[str, str]:
    return bench.rows("SELECT state, because FROM bots WHERE id = ?", (bot_id,))[0]  # type: ignore[return-value]


def test_in_a_new_office_the_bots_are_active_and_approved_with_the_release(bench: Bench) -> None:
    enrol(bench, paying())
    assert standing(bench) == ("active", "")
    approved = bench.rows("SELECT b.approved = b.digest, v.approved_by FROM bots b JOIN bot_versions v ON v.bot = b.id")
    assert approved == [(True, register.RELEASE)]


@pytest.mark.parametrize("state", ["active", "paused", "approved"])
def test_an_upgrade_that_lets_a_bot_do_more_waits_until_a_person_has_approved_it(bench: Bench, state: str) -> None:
    enrol(bench, paying_more("pay"))
    with bench.database.transaction() as tx:
        tx.run("UPDATE bots SET state = ?", (state,))
    fleet = enrol(bench, paying_more("pay", "refund"))
    assert standing(bench) == ("tested", "waits to be approved: it may do bank.refund")
    with bench.database.transaction() as tx:
        assert register.ready(tx, fleet) == {}
        lifecycle.take(tx, ID, "approve", who=signed_in("approver"), now_ms=5)
        lifecycle.take(tx, ID, "activate", who=signed_in("operator"), now_ms=6)
        assert register.ready(tx, fleet) == {ID: ("1", 2_000)}
    assert [row[0] for row in bench.rows("SELECT approved_by FROM bot_versions ORDER BY approved_by")] == [
        "person:test", register.RELEASE,
    ]  # fmt: skip


def test_a_card_that_does_less_goes_on_and_may_not_grow_past_what_was_approved(bench: Bench) -> None:
    enrol(bench, paying_more("pay", "refund"))
    enrol(bench, paying_more("pay"))
    assert standing(bench) == ("active", "")
    enrol(bench, paying_more("pay", "refund"))
    assert standing(bench) == ("active", "")
    enrol(bench, paying_more("pay", "burn"))
    assert standing(bench)[0] == "tested"


def test_a_new_bot_of_an_upgrade_waits_when_it_acts_outside(bench: Bench) -> None:
    enrol(bench, paying())
    enrol(bench, paying(), paying_more("pay", name="payer"), timed())
    assert standing(bench, "payer") == ("tested", "waits to be approved: it may do bank.pay")
    assert standing(bench, "timed") == ("active", "")


def test_an_office_from_before_approvals_goes_on_with_the_cards_it_had(bench: Bench) -> None:
    with bench.database.transaction() as tx:
        tx.run(
            "INSERT INTO bots (id, version, owner, card, state, mode) VALUES (?, '1', 'tests', ?, 'active', 'live')",
            (ID, msgspec.json.encode(CARD).decode()),
        )
    enrol(bench, paying(replace(CARD, may={"bank": frozenset({"pay", "refund"})})), paying_more("pay", name="payer"))
    assert standing(bench) == ("tested", "waits to be approved: it may do bank.refund")
    assert standing(bench, "payer") == ("active", "")


def test_an_owner_whom_a_person_named_stays_until_the_card_names_another(bench: Bench) -> None:
    enrol(bench, timed())
    with bench.database.transaction() as tx:
        tx.run("INSERT INTO people (handle, email, state) VALUES ('anna', 'a', 'active')")
        lifecycle.set_owner(tx, "timed", "person:anna", who=signed_in(), now_ms=1)
    enrol(bench, timed(version="2"))
    assert bench.rows("SELECT owner FROM bots") == [("person:anna",)]


def test_a_worker_of_another_release_takes_no_work_of_a_bot_whose_card_has_changed(bench: Bench) -> None:
    before = enrol(bench, timed())
    after = enrol(bench, timed(version="2"))
    with bench.database.transaction() as tx:
        assert (list(register.ready(tx, before)), list(register.ready(tx, after))) == ([], ["timed"])


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("DELETE FROM bots", "things.pay is not in the register"),
        ("UPDATE bots SET owner = ''", "nobody owns things.pay"),
        ("UPDATE bots SET expires_ms = 1", "things.pay has expired"),
        ("UPDATE bots SET state = 'draft'", "things.pay is draft"),
        ("UPDATE bots SET state = 'retired'", "things.pay is retired"),
        ("UPDATE bots SET digest = 'other'", "the card of things.pay is not the one in the register"),
    ],
)
def test_a_bot_that_acts_without_leave_is_refused_at_the_door(bench: Bench, tampering: str, said: str) -> None:
    """End to end: its batch was claimed before, so that only the door stands in its way."""
    with opened(bench) as office:
        items = bench.put(2)
        with bench.database.transaction() as tx:
            batch = queue.open_batch(tx, ID, "1", items, executor=office.executor, now_ms=1)
            tx.run(tampering)
        office.engine.runtime.run(batch)
    assert bench.bank.calls == 0
    reasons = [because for _, _, _, because, _ in bench.tasks()]
    assert len(reasons) == 2
    assert all(because.startswith(said) and "so it may do nothing outside" in because for because in reasons), reasons


def test_a_paused_bot_ends_what_it_began(bench: Bench) -> None:
    with opened(bench) as office:
        items = bench.put(1)
        with bench.database.transaction() as tx:
            batch = queue.open_batch(tx, ID, "1", items, executor=office.executor, now_ms=1)
            lifecycle.take(tx, ID, "pause", who=signed_in(), now_ms=2)
        office.engine.runtime.run(batch)
    assert bench.states() == {1: "done"}


def test_the_engine_pauses_what_has_lapsed_and_counts_what_happened_on_its_rounds(bench: Bench) -> None:
    with opened(bench) as office:
        office.queue(bench.put(3))
        office.work()
        with bench.database.transaction() as tx:
            tx.run("UPDATE bots SET expires_ms = 1")
        office.clock.jump(6)
        office.engine.drain()
    assert bench.rows("SELECT count FROM daily_figures WHERE actor = ? AND activity = 'done'", (ID,)) == [(3,)]
    state, because = standing(bench)
    assert (state, because.startswith("it expired on 1970-01-01")) == ("paused", True)


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


def test_a_card_that_brings_separate_duties_together_does_nothing_outside(bench: Bench) -> None:
    card = replace(CARD, id="both", may={"vendors": frozenset({"order", "remind"})})
    enrol(bench, paying(card))
    state, because = standing(bench, "both")
    assert (state, because[:60]) == ("tested", "waits to be approved: it would hold both supply.change and s")
    with bench.database.transaction() as tx:
        tx.run("UPDATE bots SET state = 'active' WHERE id = 'both'")
        assert register.refusal(tx, card, now_ms=5).startswith("both may do nothing outside: it would hold both supply.change")
        lifecycle.take(tx, "both", "pause", who=signed_in("operator"), now_ms=6)
        with pytest.raises(lifecycle.NotPossible, match="both cannot be active: it would hold both"):
            lifecycle.take(tx, "both", "resume", who=signed_in("operator"), now_ms=7)

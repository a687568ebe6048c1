"""A new version of a bot that judges is held against what was decided before, and works only where nothing differs."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from afterclick.domain.verdict import PASS, Ask, Verdict
from afterclick.engine import register, replaying, rounds, vetting
from afterclick.engine.bots import Bot, Fleet
from afterclick.engine.replaying import Order
from afterclick.governance import lifecycle, replays, versions
from afterclick.governance.lifecycle import NotPossible
from afterclick.orders.amend import amend
from afterclick.orders.fulfil import fulfil
from tests.control_room.browser import signed_in
from tests.orders.office import DAY_MS, SmallOffice, small_office

ID = fulfil.card.id


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    """Orders of 1, 2, 3 and 4 pieces that version 1 let through."""
    with small_office(database_url) as opened:
        versions.opened(opened.database, "", now_ms=opened.clock.ms)
        for pieces in (1, 2, 3, 4):
            opened.order(f"A-{pieces}", ("CUP", pieces))
        opened.run()
        rounds.count(opened.database, most=9)
        yield opened


def many(facts: Any, _limits: Any) -> Verdict:
    """Asks about more than two pieces."""
    return Ask("orders", "many pieces") if any(line.quantity > 2 for line in facts.lines) else PASS


def fleet(version: str, *rules: Any) -> Fleet:
    """The desk's bots, with other rules before those that `orders.fulfil` has."""

    def story(batch: Any) -> None:
        for rule in rules:
            batch.judge(rule)
        fulfil.story(batch)

    return Fleet(Bot(replace(fulfil.card, version=version), story, fulfil.items), amend)


def upgrade(office: SmallOffice, new: Fleet) -> tuple[str, str]:
    """What a start of the engine does before anything is worked on; returns the bot's state and why."""
    with office.database.transaction() as tx:
        register.enrol(tx, new, now_ms=office.clock.ms)
    vetting.vet(office.database, new, now_ms=office.clock.ms)
    return standing(office)


def standing(office: SmallOffice) -> tuple[str, str]:
    with office.database.reading() as tx:
        return tx.rows("SELECT state, because FROM bots WHERE id = ?", (ID,))[0]


def activities(office: SmallOffice) -> list[tuple[str, ...]]:
    with office.database.reading() as tx:
        return tx.rows(
            "SELECT b.actor, e.activity FROM events e JOIN blocks b ON b.number = e.block"
            " WHERE e.activity LIKE 'bot.%' OR e.activity = 'policy.replayed' ORDER BY e.block, e.seq"
        )


def made(office: SmallOffice) -> list[tuple[str, int]]:
    with office.database.reading() as tx:
        return [(one.card, one.result.differing) for one in replays.of_bot(tx, ID) if one.result is not None]


def take(office: SmallOffice, verb: Any, **more: str) -> None:
    with office.database.transaction() as tx:
        lifecycle.take(tx, ID, verb, who=signed_in("operator"), now_ms=office.clock.ms, **more)


def test_a_new_version_that_decides_the_same_works_at_once_and_its_replay_is_on_record(office: SmallOffice) -> None:
    new = fleet("2")
    assert upgrade(office, new) == ("active", "")
    assert made(office) == [(new[ID].digest, 0)]
    assert activities(office)[-3:] == [
        (ID, "bot.registered"), (register.RELEASE, "policy.replayed"), (register.RELEASE, "bot.activated"),
    ]  # fmt: skip


def test_a_new_version_that_decides_otherwise_waits_for_a_person_who_sees_what_differs(office: SmallOffice) -> None:
    new = fleet("2", many)
    said = "version 2 would have decided 2 of 4 verdicts differently: look at replay 1, then activate it"
    assert upgrade(office, new) == ("approved", said)
    with office.database.reading() as tx:
        assert register.ready(tx, new).keys() == {amend.card.id}
        assert [case.external_id for case in replays.cases(tx, 1)] == ["A-3", "A-4"]
    take(office, "activate")
    assert standing(office)[0] == "active"


def test_it_is_tried_once_and_not_at_each_start(office: SmallOffice) -> None:
    new = fleet("2", many)
    upgrade(office, new)
    assert upgrade(office, new)[0] == "approved"
    assert len(made(office)) == 1


def test_the_version_that_judged_before_goes_on_without_a_replay(office: SmallOffice) -> None:
    upgrade(office, fleet("2", many))
    take(office, "activate")
    assert upgrade(office, fleet("1")) == ("active", "")
    assert len(made(office)) == 1


def test_a_version_that_waits_makes_way_for_the_one_that_judged_before(office: SmallOffice) -> None:
    assert upgrade(office, fleet("2", many))[0] == "approved"
    assert upgrade(office, fleet("1")) == ("active", "")


def test_a_paused_bot_stays_paused_and_may_work_when_its_new_version_was_seen(office: SmallOffice) -> None:
    take(office, "pause")
    assert upgrade(office, fleet("2", many))[0] == "paused"
    assert len(made(office)) == 1
    take(office, "resume")
    assert standing(office)[0] == "active"


def test_a_version_that_nobody_has_seen_is_not_activated_but_for_a_reason_that_stays_on_record(office: SmallOffice) -> None:
    new = fleet("2")
    with office.database.transaction() as tx:
        register.enrol(tx, new, now_ms=office.clock.ms)
    assert standing(office) == ("approved", "waits to be seen: version 2 may judge otherwise")
    with pytest.raises(NotPossible, match="nobody has seen what version 2 would have decided; run `afterclick bots replay"):
        take(office, "activate")
    take(office, "activate", without_replay="the shop stands still")
    with office.database.reading() as tx:
        assert "the shop stands still" in tx.value("SELECT facts FROM events WHERE activity = 'bot.activated'")


def test_a_replay_by_a_person_is_as_good(office: SmallOffice) -> None:
    new = fleet("2")
    with office.database.transaction() as tx:
        register.enrol(tx, new, now_ms=office.clock.ms)
    wanted = Order(1, "", 9, ID, recorded=True)
    number = replaying.begin(office.database, new, wanted, by="person:anna", now_ms=office.clock.ms)
    replaying.work(office.database, new, wanted, number, by="person:anna", now_ms=office.clock.ms)
    take(office, "activate")
    assert standing(office)[0] == "active"


def test_a_replay_that_fails_keeps_the_bot_waiting_and_the_office_open(office: SmallOffice) -> None:
    with office.database.transaction() as tx:
        tx.run("UPDATE policy_versions SET text = 'no policy at all'")
    assert upgrade(office, fleet("2")) == ("approved", "waits to be seen: version 2 may judge otherwise")
    assert made(office) == []


def test_a_bot_that_only_ever_asked_is_tried_as_well(office: SmallOffice) -> None:
    with office.database.transaction() as tx:
        tx.run("UPDATE daily_figures SET activity = 'complete', verdict = 'Ask' WHERE actor = ? AND activity = 'judged'", (ID,))
    assert upgrade(office, fleet("2", many))[0] == "approved"


def test_facts_that_the_new_version_cannot_read_are_no_agreement(office: SmallOffice) -> None:
    with office.database.transaction() as tx:
        tx.run("UPDATE events SET facts = '{}' WHERE order_id = 1 AND activity = 'judged'")
    state, because = upgrade(office, fleet("2"))
    assert (state, "cannot read the facts of 1 more" in because) == ("approved", True)


def test_a_replay_that_found_nothing_shows_nothing(office: SmallOffice) -> None:
    office.clock.ms += 100 * DAY_MS
    assert upgrade(office, fleet("2"))[0] == "approved"
    with pytest.raises(NotPossible, match="nobody has seen what version 2 would have decided"):
        take(office, "activate")


def test_a_young_policy_does_not_hide_what_was_decided_before_it(office: SmallOffice) -> None:
    office.clock.ms += 3 * DAY_MS
    with office.database.transaction() as tx:
        tx.run("UPDATE policy_regimes SET at_ms = ?", (office.clock.ms,))
    assert upgrade(office, fleet("2", many))[0] == "approved"
    assert made(office)[0][1] == 2


def test_a_replay_by_a_policy_that_is_not_in_force_says_nothing_about_the_version(office: SmallOffice) -> None:
    new = fleet("2")
    with office.database.transaction() as tx:
        register.enrol(tx, new, now_ms=office.clock.ms)
    wanted = Order(0, "[orders]\nquantity_most = 2\n", 9, ID, recorded=True)
    number = replaying.begin(office.database, new, wanted, by="person:anna", now_ms=office.clock.ms)
    replaying.work(office.database, new, wanted, number, by="person:anna", now_ms=office.clock.ms)
    with pytest.raises(NotPossible, match="nobody has seen"):
        take(office, "activate")


def to_others(facts: Any, _limits: Any) -> Verdict:
    """Asks others than `many` does."""
    return Ask("fraud", "many pieces") if any(line.quantity > 2 for line in facts.lines) else PASS


def test_asking_somebody_else_is_a_difference(office: SmallOffice) -> None:
    with office.database.transaction() as tx:
        for order in (3, 4):
            tx.run("UPDATE events SET activity = 'many', verdict = 'Ask' WHERE order_id = ? AND activity = 'judged'", (order,))
            tx.run("INSERT INTO tasks (bot, stage, item_kind, item, who) VALUES (?, 'many', 'order', ?, 'orders')", (ID, order))

    def renamed(facts: Any, limits: Any) -> Verdict:
        return to_others(facts, limits)

    renamed.__name__ = "many"
    assert upgrade(office, fleet("2", many)) == ("active", "")
    assert upgrade(office, fleet("3", renamed))[0] == "approved"
    with office.database.reading() as tx:
        assert {(one.was, one.would) for one in replays.cases(tx, 2)} == {("ask orders", "ask fraud")}


def test_a_replay_whose_finding_could_not_be_taken_note_of_is_made_again_at_the_next_start(office: SmallOffice) -> None:
    new = fleet("2")
    with office.database.transaction() as tx:
        register.enrol(tx, new, now_ms=office.clock.ms)
    wanted = Order(1, "", 9, ID, recorded=True)
    number = replaying.begin(office.database, new, wanted, by=register.RELEASE, now_ms=office.clock.ms)

    def ends(_tx: object, _result: object) -> None:
        raise RuntimeError("the process ended here")

    with pytest.raises(RuntimeError, match="ended here"):
        replaying.work(office.database, new, wanted, number, by=register.RELEASE, now_ms=office.clock.ms, also=ends)
    assert (made(office), standing(office)[0]) == ([], "approved")
    assert upgrade(office, new) == ("active", "")

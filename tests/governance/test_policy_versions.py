"""Versions of the policy: proposed by one, put in force by another, on trial first, and taken back in one step."""

from collections.abc import Iterator

import msgspec
import pytest

from afterclick.governance import regimes, replays, scheduled, versions
from afterclick.governance.actor import ALONE as MARK
from afterclick.governance.actor import Actor
from afterclick.governance.allowed import Done, allowed_by
from afterclick.governance.in_force import in_share
from afterclick.governance.policy import PolicyError
from afterclick.governance.replays import Case, Result
from afterclick.governance.versions import NotAllowed, NotPossible, Start
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

ANNA = Actor("person:anna", "Anna", frozenset({"architect"}))
BEN = Actor("person:ben", "Ben", frozenset({"approver"}))
BOTH = Actor("person:carl", "Carl", frozenset({"architect", "approver"}))
ALONE = Actor("person:dora", "Dora", frozenset({"architect", "approver"}), alone=True)
FIRST, SECOND, THIRD = "[orders]\nask_score = 50\n", "[orders]\nask_score = 40\n", "[orders]\nask_score = 30\n"
UNSEEN = Start(without_replay="a test")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An office whose first version is FIRST."""
    made = Database(database_url)
    metadata.create_all(made.engine)
    versions.opened(made, FIRST, now_ms=1)
    yield made
    made.dispose()


@pytest.fixture
def tx(database: Database) -> Iterator[Tx]:
    with database.transaction() as opened:
        yield opened


def states(tx: Tx) -> dict[int, str]:
    return {one.number: one.state for one in versions.listed(tx)}


def proposed(tx: Tx, text: str, who: Actor = ANNA) -> int:
    return versions.propose(tx, text, who=who, note="why", now_ms=2)


def logged(tx: Tx) -> list[tuple[str, str]]:
    """(activity, actor) of the log, in order."""
    return [
        (activity, actor)
        for activity, actor in tx.rows(
            "SELECT e.activity, b.actor FROM events e JOIN blocks b ON b.number = e.block ORDER BY e.block"
        )
    ]


def test_the_file_of_a_new_office_is_its_first_version_and_a_changed_file_is_not_in_force(database: Database) -> None:
    versions.opened(database, SECOND, now_ms=5)
    with database.reading() as tx:
        assert states(tx) == {1: "active"}
        assert versions.active_text(tx) == FIRST
        assert logged(tx) == [("policy.activated", "policy.file")]


def test_a_file_that_cannot_be_used_becomes_no_version(database_url: str) -> None:
    made = Database(database_url)
    metadata.create_all(made.engine)
    with pytest.raises(PolicyError, match="line 2"):
        versions.opened(made, "[orders]\nask = 1\n", now_ms=1)
    with made.reading() as tx:
        assert versions.listed(tx) == []
    made.dispose()


def test_a_proposal_is_not_in_force_and_the_same_text_is_no_proposal(tx: Tx) -> None:
    assert proposed(tx, SECOND) == 2
    assert states(tx) == {2: "proposed", 1: "active"}
    assert versions.active_text(tx) == FIRST
    with pytest.raises(NotPossible, match="word for word"):
        proposed(tx, FIRST)
    with pytest.raises(PolicyError, match="line 1"):
        proposed(tx, "[orders\n")


@pytest.mark.parametrize(
    ("proposer", "activator", "because"),
    [
        (ANNA, ANNA, "needs the permission policy.activate"),
        (BOTH, BOTH, "somebody else"),
        (BEN, BEN, "needs the permission policy.propose"),
        (ANNA, BEN, ""),
        (ALONE, ALONE, ""),
    ],
)
def test_nobody_puts_in_force_what_they_proposed_unless_alone(tx: Tx, proposer: Actor, activator: Actor, because: str) -> None:
    def both() -> None:
        versions.activate(tx, proposed(tx, SECOND, proposer), who=activator, start=UNSEEN, now_ms=3)

    if because:
        with pytest.raises(NotAllowed, match=because):
            both()
        assert versions.active_text(tx) == FIRST
    else:
        both()
        assert versions.active_text(tx) == SECOND
        facts = tx.value("SELECT facts FROM events WHERE activity = 'policy.activated' AND object = 'policy/2'")
        known = msgspec.json.decode(facts)
        assert known["digest"] == versions.digest_of(SECOND)
        assert known["alone"] == (MARK if proposer is ALONE else "")
        assert known["without_replay"] == "a test"


def test_without_a_replay_and_without_a_reason_nothing_starts(tx: Tx) -> None:
    number = proposed(tx, SECOND)
    with pytest.raises(NotPossible, match="version 2 may not start unseen: no replay"):
        versions.activate(tx, number, who=BEN, start=Start(), now_ms=3)
    replay = replays.begin(tx, version=2, digest=versions.digest_of(SECOND), against=1, days=9, bot="", by=ANNA.id, now_ms=3)
    with pytest.raises(NotPossible, match="no replay"):
        versions.activate(tx, number, who=BEN, start=Start(), now_ms=3)
    result = Result(0, 1, 5, 0, 0, 1, 1, 4.0, (), {}, (), (), 0.1)
    case = Case(1, 7, "", 1, "pass", "ask fraud", "genuine", "orders.ask_score", 500, "EUR", "why")
    replays.finish(tx, replay, result, [case], now_ms=4)
    versions.activate(tx, number, who=BEN, start=Start(), now_ms=5)
    assert states(tx) == {2: "active", 1: "superseded"}
    (one,) = replays.listed(tx, version=2)
    assert (one.state, one.result, replays.cases(tx, replay)) == ("done", result, [case])


def test_a_trial_ends_with_one_step_back_and_another_step_brings_the_version_before(tx: Tx) -> None:
    versions.activate(tx, proposed(tx, SECOND), who=BEN, start=UNSEEN, now_ms=3)
    versions.activate(tx, proposed(tx, THIRD), who=BEN, start=UNSEEN._replace(starts_as="canary", share=20), now_ms=4)
    assert states(tx) == {3: "canary", 2: "active", 1: "superseded"}
    assert versions.roll_back(tx, who=BEN, because="too many questions", now_ms=5) == 2
    assert states(tx) == {3: "withdrawn", 2: "active", 1: "superseded"}
    assert versions.roll_back(tx, who=BEN, because="", now_ms=6) == 1
    assert states(tx) == {3: "withdrawn", 2: "withdrawn", 1: "active"}
    assert versions.active_text(tx) == FIRST
    assert logged(tx)[-2:] == [("policy.rolled-back", BEN.id), ("policy.rolled-back", BEN.id)]
    with pytest.raises(NotPossible, match="nothing to go back to"):  # what was taken back does not come again by itself
        versions.roll_back(tx, who=BEN, because="", now_ms=7)


def test_the_first_version_cannot_be_rolled_back_nor_by_somebody_without_the_right(tx: Tx) -> None:
    with pytest.raises(NotPossible, match="nothing to go back to"):
        versions.roll_back(tx, who=BEN, because="", now_ms=2)
    with pytest.raises(NotAllowed):
        versions.roll_back(tx, who=ANNA, because="", now_ms=2)


def test_from_shadow_to_a_share_to_whole(tx: Tx) -> None:
    number = proposed(tx, SECOND)
    on_a_share = UNSEEN._replace(starts_as="canary", share=5)
    for start, state in ((UNSEEN._replace(starts_as="shadow"), "shadow"), (on_a_share, "canary"), (UNSEEN, "active")):
        versions.activate(tx, number, who=BEN, start=start, now_ms=3)
        assert states(tx)[number] == state
    now = regimes.current(tx)
    assert now is not None
    assert (now.active, now.trial, now.how) == (2, 0, "")


@pytest.mark.parametrize("share", [0, 100, -5])
def test_a_share_is_a_part(tx: Tx, share: int) -> None:
    with pytest.raises(NotPossible, match="1 to 99"):
        versions.activate(tx, proposed(tx, SECOND), who=BEN, start=UNSEEN._replace(starts_as="canary", share=share), now_ms=3)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (f'{FIRST}[payments]\ndeclined = "cancel"\n[inbox]\nanswer_hours = 3\n', "inbox, payments"),
        (f'{SECOND}[door.largest]\n"payments.capture" = 10\n', ""),
        (f"{FIRST}[buying]\norder_most = 5\n", ""),
    ],
)
def test_a_share_tries_only_what_decides_about_single_items(tx: Tx, text: str, whole: str) -> None:
    number, share = proposed(tx, text), UNSEEN._replace(starts_as="canary", share=5)
    if whole:
        with pytest.raises(NotPossible, match=f"in {whole} holds for the whole office"):
            versions.activate(tx, number, who=BEN, start=share, now_ms=3)
    else:
        versions.activate(tx, number, who=BEN, start=share, now_ms=3)
    assert states(tx)[number] == ("proposed" if whole else "canary")


def test_a_scheduled_version_starts_when_its_time_has_come_and_can_be_withdrawn_before(tx: Tx) -> None:
    later = UNSEEN._replace(at_ms=1_000)
    versions.activate(tx, proposed(tx, SECOND), who=BEN, start=later, now_ms=3)
    versions.activate(tx, proposed(tx, THIRD), who=BEN, start=later, now_ms=3)
    assert states(tx) == {3: "scheduled", 2: "scheduled", 1: "active"}
    versions.withdraw(tx, 3, who=ANNA, because="not now", now_ms=4)
    assert scheduled.start_due(tx, now_ms=999) == []
    assert scheduled.start_due(tx, now_ms=1_000) == [2]
    assert scheduled.start_due(tx, now_ms=1_001) == []
    assert states(tx) == {3: "withdrawn", 2: "active", 1: "superseded"}
    assert logged(tx)[-1] == ("policy.activated", BEN.id)


def test_what_is_in_force_is_not_withdrawn_and_what_was_withdrawn_does_not_start(tx: Tx) -> None:
    with pytest.raises(NotPossible, match="version 1 is active"):
        versions.withdraw(tx, 1, who=BEN, because="", now_ms=2)
    number = proposed(tx, SECOND)
    versions.withdraw(tx, number, who=ANNA, because="", now_ms=2)
    with pytest.raises(NotPossible, match="is withdrawn"):
        versions.activate(tx, number, who=BEN, start=UNSEEN, now_ms=2)
    with pytest.raises(NotPossible, match="no version 9"):
        versions.version(tx, 9)


def test_a_share_is_the_same_orders_each_time_and_about_as_many_as_it_says() -> None:
    chosen = [order for order in range(10_000) if in_share(3, order, 20)]
    assert chosen == [order for order in range(10_000) if in_share(3, order, 20)]
    assert 1_800 < len(chosen) < 2_200
    assert set(chosen) <= {order for order in range(10_000) if in_share(3, order, 40)}


def test_an_act_shows_the_line_that_allowed_it_or_the_card(tx: Tx) -> None:
    rule = '[[rules]]\nname = "big"\nwhen = "total > 5"\nthen = "ask"\nbecause = "x"\nowner = "o"\n'
    text = f'[door.largest]\n"payments.refund" = 900\n{rule}'
    versions.activate(tx, proposed(tx, text), who=BEN, start=UNSEEN, now_ms=10)
    card = '{"id":"b","does":"","owner":"o","works_on":"order","starts_on":[],"may":{"payments":["refund","capture"]}}'
    tx.run("INSERT INTO bots (id, card, version, owner) VALUES ('b', ?, '1', 'o')", (card,))
    tx.run("INSERT INTO batches (id, bot, policy) VALUES (1, 'b', 2), (2, 'b', 1)")
    found = allowed_by(tx, [
        Done("payments.refund", "b", 1, 20), Done("payments.refund", "b", 2, 20), Done("payments.capture", "b", 1, 20),
        Done("genuine/big", "b", 1, 20, 7, "Ask", True), Done("judged", "b", None, 5, 7, "Pass", True),
        Done("shipped", "b", 1, 20),
    ])  # fmt: skip
    assert [(one.version, one.line, one.text) for one in found] == [
        (2, 2, '"payments.refund" = 900'),
        (1, 0, "no limit; the card of b allows payments.refund"),
        (2, 0, "no limit; the card of b allows payments.capture"),
        (2, 4, 'name = "big"'),
        (1, 0, "the built-in rules"),
        (2, 0, ""),
    ]


def test_a_scheduled_version_does_not_start_in_place_of_one_that_it_was_not_replayed_against(tx: Tx) -> None:
    second, third = proposed(tx, SECOND), proposed(tx, THIRD)
    for number in (second, third):
        digest = versions.version(tx, number).digest
        replay = replays.begin(tx, version=number, digest=digest, against=1, days=9, bot="", by=ANNA.id, now_ms=3)
        replays.finish(tx, replay, Result(0, 1, 5, 0, 0, 1, 1, 4.0, (), {}, (), (), 0.1), [], now_ms=4)
    versions.activate(tx, second, who=BEN, start=Start(at_ms=1_000), now_ms=5)
    versions.activate(tx, third, who=BEN, start=Start(), now_ms=6)
    assert scheduled.start_due(tx, now_ms=1_000) == []
    one = versions.version(tx, second)
    assert (one.state, one.because[:45]) == ("proposed", "it did not start at its time, since no replay")
    assert versions.version(tx, third).state == "active"
    assert tx.value("SELECT COUNT(*) FROM events WHERE activity = 'policy.postponed'") == 1


def test_versions_are_listed_by_their_state(tx: Tx) -> None:
    number = proposed(tx, SECOND)
    assert [one.number for one in versions.listed(tx, state="proposed")] == [number]
    assert [one.number for one in versions.listed(tx, state="active")] == [1]

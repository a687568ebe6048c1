"""What lets a version of the policy start, what a withdrawn one may still do, and what the log says about who did it."""

from collections.abc import Iterator

import msgspec
import pytest

from afterclick.engine.checks import prove
from afterclick.engine.vouched import IN_FORCE
from afterclick.governance import regimes, replays, scheduled, versions
from afterclick.governance.actor import ALONE, Actor
from afterclick.governance.replays import Result
from afterclick.governance.versions import NotAllowed, NotPossible, Start
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx
from tests.governance.test_policy_versions import ANNA, BEN, FIRST, SECOND, THIRD, UNSEEN, proposed, states


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    """In an office whose first version is FIRST."""
    made = Database(database_url)
    metadata.create_all(made.engine)
    versions.opened(made, FIRST, now_ms=1)
    with made.transaction() as opened:
        yield opened
    made.dispose()


@pytest.mark.parametrize("how", [UNSEEN._replace(starts_as="canary", share=5), UNSEEN._replace(starts_as="shadow")])
def test_what_is_withdrawn_while_it_is_scheduled_and_on_trial_decides_no_more(tx: Tx, how: Start) -> None:
    number = proposed(tx, SECOND)
    versions.activate(tx, number, who=BEN, start=how, now_ms=3)
    versions.activate(tx, number, who=BEN, start=UNSEEN._replace(at_ms=1_000), now_ms=4)
    assert (states(tx)[number], prove(tx, IN_FORCE).ok) == ("scheduled", True)
    with pytest.raises(NotAllowed, match=r"policy\.activate"):  # who proposed it cannot end a trial
        versions.withdraw(tx, number, who=ANNA, because="", now_ms=5)
    versions.withdraw(tx, number, who=BEN, because="enough", now_ms=5)
    now = regimes.current(tx)
    assert now is not None
    assert (now.active, now.trial, now.how, now.share, now.because) == (1, 0, "", 0, "enough")
    facts = msgspec.json.decode(tx.value("SELECT facts FROM events WHERE activity = 'policy.withdrawn'"))
    assert facts["trial_ended"] is True
    versions.activate(tx, proposed(tx, THIRD), who=BEN, start=how, now_ms=6)
    assert states(tx)[number] == "withdrawn"
    assert prove(tx, IN_FORCE).ok
    assert scheduled.start_due(tx, now_ms=2_000) == []


def test_a_version_that_was_taken_back_stays_so_when_the_next_one_starts_and_the_checks_name_it(tx: Tx) -> None:
    share = UNSEEN._replace(starts_as="canary", share=5)
    number, following = proposed(tx, SECOND), proposed(tx, THIRD)
    versions.activate(tx, number, who=BEN, start=share, now_ms=3)
    tx.run("UPDATE policy_versions SET state = 'withdrawn' WHERE number = ?", (number,))  # as an office of before may have it
    found = prove(tx, IN_FORCE)
    assert (found.ok, "version 2 is on trial, but is listed as withdrawn" in found.detail) == (False, True)
    versions.activate(tx, following, who=BEN, start=share, now_ms=4)
    assert states(tx) == {3: "canary", 2: "withdrawn", 1: "active"}
    assert prove(tx, IN_FORCE).ok


def finished(tx: Tx, text: str, against: int, *, judged: int) -> int:
    """A replay of a text that is through."""
    digest = versions.digest_of(text)
    number = replays.begin(tx, version=2, digest=digest, against=against, days=9, bot="", by=ANNA.id, now_ms=3)
    replays.finish(tx, number, Result(3, 4, judged, 0, 0, 0, 0, 0.0, (), {}, (), (), 0.1), [], now_ms=4)
    return number


def recorded(tx: Tx) -> None:
    log.append(tx, Block(2, "orders.fulfil", "1"), [Event("judged", 1, None, "Pass", "", "{}")])


def activation(tx: Tx) -> dict[str, object]:
    text = "SELECT facts FROM events WHERE activity = 'policy.activated' AND object = 'policy/2'"
    return msgspec.json.decode(tx.value(text))


def test_a_replay_counts_only_against_the_version_that_is_active_now(tx: Tx) -> None:
    number = proposed(tx, SECOND)
    finished(tx, SECOND, 1, judged=5)
    versions.activate(tx, proposed(tx, THIRD), who=BEN, start=UNSEEN, now_ms=5)
    with pytest.raises(NotPossible, match="against version 3, which is active now"):
        versions.activate(tx, number, who=BEN, start=Start(), now_ms=6)
    finished(tx, SECOND, 0, judged=5)  # against what was recorded
    with pytest.raises(NotPossible, match="may not start unseen"):
        versions.activate(tx, number, who=BEN, start=Start(), now_ms=6)
    replay = finished(tx, SECOND, 3, judged=5)
    versions.activate(tx, number, who=BEN, start=Start(), now_ms=7)
    assert (activation(tx)["replay"], activation(tx)["replay_said"]) == (replay, "")


def test_a_replay_that_had_nothing_to_judge_counts_only_in_an_office_that_has_judged_nothing(tx: Tx) -> None:
    number = proposed(tx, SECOND)
    finished(tx, SECOND, 1, judged=0)
    with tx.savepoint(kept=False):
        recorded(tx)
        with pytest.raises(NotPossible, match="nothing was there to judge, although the office has recorded verdicts"):
            versions.activate(tx, number, who=BEN, start=Start(), now_ms=5)
        versions.activate(tx, number, who=BEN, start=UNSEEN, now_ms=5)
    versions.activate(tx, number, who=BEN, start=Start(), now_ms=5)
    assert activation(tx)["replay_said"] == "nothing was there to judge"


def test_what_the_user_of_the_machine_did_both_halves_of_is_logged_as_such(tx: Tx) -> None:
    root = Actor("machine:root", "root", frozenset({"architect", "approver"}), alone=True, also=frozenset({"assistant:root"}))
    versions.activate(tx, proposed(tx, SECOND, root), who=root, start=UNSEEN, now_ms=3)
    said = activation(tx)["alone"]
    assert said == "both halves were done on the office's machine by its user root, who needs no second person there"
    assert ALONE not in str(said)
    assert root.alone_in(ANNA.id) == ""

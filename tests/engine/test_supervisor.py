"""Workers on PostgreSQL: each holds a lease, and what a dead one leaves is taken up at once; what a live one has is not."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from afterclick.engine import queue
from afterclick.engine.supervisor import Lease, NameTaken, Unfinished, _number, watch
from afterclick.store import log
from afterclick.store.database import Database
from tests.engine.bench import ID, Bench
from tests.engine.processes import becomes_true, worker

pytestmark = pytest.mark.postgres_only
THINGS = 60
CUT_LEASES = (  # of this database alone: tests beside this one have leases of their own
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'afterclick lease' AND datname = current_database()"
)


class Runs:
    """Runs as a test wants them."""

    def __init__(self, *executors: str, versions: tuple[str, ...] = ()) -> None:
        self.found = Unfinished(executors, versions)
        self.recovered: list[str] = []
        self.alarms: list[str] = []

    def unfinished(self) -> Unfinished:
        return self.found

    def recover(self, executors: list[str]) -> None:
        self.recovered += executors


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.dispose()


def lease(database: Database, name: str, runs: Runs | None = None, *, version: str = "1") -> Lease:
    runs = runs or Runs()
    found = watch(database, executor=name, version=version, runs=runs, alarm=runs.alarms.extend)
    assert isinstance(found, Lease)
    found.begin()
    return found


def test_a_name_is_held_by_one_living_worker(database: Database) -> None:
    first = lease(database, "a")
    with pytest.raises(NameTaken, match="a worker named 'a' is at work already"):
        lease(database, "a")
    first.end()
    lease(database, "a").end()


def test_the_living_see_who_is_dead(database: Database) -> None:
    me, other = lease(database, "me"), lease(database, "other")
    assert [me.is_dead(name) for name in ("me", "other", "nobody")] == [False, False, True]
    for _ in range(20):
        other.end()
        assert me.is_dead("other")
        other.begin()
    other.end()
    me.end()


def test_the_runs_of_the_dead_are_recovered_and_only_those(database: Database) -> None:
    runs = Runs("me", "other", "dead")
    me, other = lease(database, "me", runs), lease(database, "other")
    me.look()
    assert runs.recovered == ["dead"]
    me.look()
    assert runs.recovered == ["dead"], "it looks once a second, not more often"
    me.end()
    other.end()


def test_one_worker_at_a_time_supervises(database: Database) -> None:
    runs = Runs("dead")
    me = lease(database, "me", runs)
    with database.engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _number("supervisor", "")})
        me.look()
        assert runs.recovered == []
        other.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _number("supervisor", "")})
    me._looked_s = 0.0
    me.look()
    assert runs.recovered == ["dead"]
    me.end()


def test_a_cut_connection_that_something_else_noticed_first_is_replaced_too(database: Database) -> None:
    me = lease(database, "me")
    with database.transaction() as tx:
        tx.rows(CUT_LEASES)
    with pytest.raises(DBAPIError):
        me.is_dead("other")
    for _ in range(2):
        me._looked_s = 0.0
        me.look()
    assert me.holds()
    assert me.is_dead("other")
    me.end()


def test_a_run_of_a_version_that_nobody_serves_raises_one_alarm(database: Database) -> None:
    runs = Runs(versions=("1", "2", "3"))
    me, other = lease(database, "me", runs), lease(database, "other", version="2")
    me.look()
    assert runs.alarms == ["3"], "version 2 has a worker"
    me._looked_s = 0.0
    me.look()
    assert runs.alarms == ["3"]
    me.end()
    other.end()


def test_a_worker_that_loses_its_lease_takes_no_work_until_it_has_it_again(database: Database) -> None:
    me = lease(database, "me")
    assert me.holds()
    with database.transaction() as tx:
        tx.rows(CUT_LEASES)
    me._looked_s = 0.0
    me.look()
    assert not me.holds()
    me._looked_s = 0.0
    me.look()
    assert me.holds()
    me.end()


def test_of_two_workers_one_is_killed_and_nothing_is_lost_or_stalled(bench: Bench, tmp_path: Path) -> None:
    url, book = bench.database.url, tmp_path / "book"
    items = bench.put(2 * THINGS)
    with bench.database.transaction() as tx:
        queue.put(tx, ID, items[:THINGS], now_ms=0)
    with worker(url, book, executor="one", moment="call") as one:
        assert one.says("here")
        with bench.database.transaction() as tx:
            queue.put(tx, ID, items[THINGS:], now_ms=0)
        with worker(url, book, executor="two") as two:
            assert becomes_true(lambda: done(bench) == THINGS, within_s=30), "the other worker does what is queued"
            assert not becomes_true(lambda: done(bench) > THINGS, within_s=4), "and leaves alone what a living one has"
            one.kill()
            killed_s = time.monotonic()
            assert becomes_true(lambda: done(bench) == 2 * THINGS, within_s=10)
            assert time.monotonic() - killed_s < 10
            assert two.says("idle")
            assert two.end() == 0
    assert bench.rows("SELECT COUNT(*), COUNT(DISTINCT key) FROM events WHERE key IS NOT NULL") == [(2 * THINGS, 2 * THINGS)]
    assert bench.rows("SELECT DISTINCT checked FROM things") == [(1,)]
    with bench.database.reading() as tx:
        assert log.verify(tx).ok


def test_a_batch_that_was_claimed_but_never_begun_is_revived_once_its_worker_is_dead(bench: Bench, tmp_path: Path) -> None:
    items = bench.put(4)
    living = lease(bench.database, "living")
    with bench.database.transaction() as tx:
        queue.open_batch(tx, ID, "1", items[:2], executor="living", now_ms=1)
        queue.open_batch(tx, ID, "1", items[2:], executor="dead", now_ms=1)
    with worker(bench.database.url, tmp_path / "book", executor="two"):
        assert becomes_true(lambda: done(bench) == 2, within_s=20)
        assert bench.states() == {1: "new", 2: "new", 3: "done", 4: "done"}
        living.end()
        assert becomes_true(lambda: done(bench) == 4, within_s=10)


def done(bench: Bench) -> int:
    return bench.rows("SELECT COUNT(*) FROM things WHERE state = 'done'")[0][0]

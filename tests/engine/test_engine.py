"""The engine as a whole: it starts bots on time, goes on after failures and outages, and stops when told to."""

import logging
import time
from typing import Any, Final

import pytest
import sqlalchemy
from sqlalchemy import event

from afterclick.engine import queue
from afterclick.engine.batch import Batch
from afterclick.engine.bots import Bot, Fleet, bot, stage
from afterclick.engine.engine import REVIVE_AFTER_MS, Engine
from afterclick.engine.items import NoItems
from afterclick.governance import lifecycle
from afterclick.governance.cards import Card, Cron, Every, On, Trigger
from afterclick.store import log
from tests import with_postgres
from tests.control_room.browser import signed_in
from tests.engine.bench import CARD, ID, Bench, Thing, Things, furnished, paying
from tests.engine.office import opened

DOWN_S: Final = 20


def counting(name: str, counted: list[str], *starts_on: Trigger, over: Any = None) -> Bot[Any]:
    """A bot that counts its starts, with the items it got."""

    @stage()
    def count(batch: Batch[Any]) -> None:
        counted.append(f"{name}{batch.ids or ''}")

    card = Card(name, "counts", "tests", "", starts_on)
    return bot(card, over=over or NoItems())(lambda batch: count(batch))


def test_a_backlog_is_worked_off_in_batches_each_event_under_its_batch(bench: Bench) -> None:
    small = Card(ID, "", "tests", "thing", (), {"bank": frozenset({"pay"})}, batch_size=10)
    with opened(bench, Fleet(paying(small))) as office:
        for start in range(1, 41, 5):
            office.queue(bench.put(40)[start - 1 : start + 4] if start == 1 else list(range(start, start + 5)))
        office.work()
    assert set(bench.states().values()) == {"done"}
    assert bench.rows("SELECT COUNT(*), COUNT(DISTINCT items) FROM batches WHERE finished_ms > 0") == [(4, 4)]
    with bench.database.reading() as tx:
        assert log.verify(tx).ok


def test_bots_start_by_queue_by_event_by_period_and_by_crontab(bench: Bench) -> None:
    counted: list[str] = []
    fleet = Fleet(
        paying(),
        counting("listens", counted, On("check"), over=Things()),
        counting("often", counted, Every(3_600)),
        counting("nightly", counted, Cron("0 3 * * *")),
    )
    with opened(bench, fleet) as office:
        office.queue(bench.put(1))
        office.start()
        assert office.becomes(lambda: "often" in counted)
        assert office.becomes(lambda: set(bench.states().values()) == {"done"})
        office.clock.jump(86_400)
        assert office.becomes(lambda: "nightly" in counted and counted.count("often") == 2)
    assert counted.count("nightly") == 1
    assert bench.rows("SELECT DISTINCT bot FROM batches ORDER BY bot") == [("listens",), ("nightly",), ("often",), (ID,)]


def test_urgent_items_do_not_wait_for_the_bulk(bench: Bench) -> None:
    with opened(bench) as office:
        items = bench.put(2_000)
        office.queue(items[:-1])
        office.queue(items[-1:], priority=0)
        office.work()
    assert set(bench.states().values()) == {"done"}
    assert bench.rows("SELECT priority FROM batches ORDER BY priority LIMIT 1") == [(0,)]


def test_whoever_waits_for_the_end_does_not_wait_for_more_to_gather(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "gathers_s", 3_600.0)
    small = Card(ID, "", "tests", "thing", (), {"bank": frozenset({"pay"})}, batch_size=1)
    with opened(bench, Fleet(paying(small))) as office:
        for item in bench.put(3):
            office.queue([item])
        office.work()
    assert set(bench.states().values()) == {"done"}
    assert bench.rows("SELECT COUNT(*) FROM batches") == [(3,)]


def test_a_run_that_failed_is_revived_and_goes_on_after_its_last_stage(bench: Bench) -> None:
    failures = ["the story fails once"]
    ordinary = paying()

    def story(things: Batch[Thing]) -> None:
        if hasattr(things, "row"):  # the engine reads the story once, to learn its stages
            things.run_stage("check", does=lambda batch: batch.tx.run("UPDATE things SET checked = checked + 1"), calls=None)
            if failures:
                raise RuntimeError(failures.pop())
        ordinary.story(things)

    with opened(bench, Fleet(bot(CARD, over=Things())(story))) as office:
        office.queue(bench.put(3))
        office.start()
        assert office.becomes(lambda: not failures)
        office.clock.jump(REVIVE_AFTER_MS / 1000)
        assert office.becomes(lambda: set(bench.states().values()) == {"done"})
    assert bench.rows("SELECT DISTINCT checked FROM things") == [(1,)]
    assert bench.rows("SELECT id, resume FROM batches ORDER BY id") == [(1, ""), (2, "at:pay")]


def test_a_batch_of_a_bot_that_is_gone_disturbs_nobody(bench: Bench) -> None:
    with bench.database.transaction() as tx:
        queue.open_batch(tx, "gone", "1", [1], executor="local", now_ms=1)
        queue.put(tx, "gone", [1], now_ms=1)
        tx.run("INSERT INTO bots (id, state, next_due_ms) VALUES ('gone', 'active', 1)")
    with opened(bench) as office:
        office.queue(bench.put(2))
        office.work()
    assert set(bench.states().values()) == {"done"}


def test_a_batch_that_was_claimed_and_never_begun_is_revived(bench: Bench) -> None:
    with bench.database.transaction() as tx:
        queue.open_batch(tx, ID, "1", [1, 2], executor="an earlier process", now_ms=1)
    bench.put(2)
    with opened(bench) as office:
        office.work()
    assert set(bench.states().values()) == {"done"}


def test_a_paused_bot_keeps_its_queue_and_the_engine_is_idle(bench: Bench) -> None:
    with opened(bench) as office:
        with bench.database.transaction() as tx:
            lifecycle.take(tx, ID, "pause", who=signed_in(), now_ms=1)
        office.queue(bench.put(2))
        office.work()
    assert set(bench.states().values()) == {"new"}
    assert bench.rows("SELECT items FROM queue") == [("[1,2]",)]


def test_a_rehearsing_bot_asks_nothing_of_the_outside(bench: Bench) -> None:
    with opened(bench) as office:
        with bench.database.transaction() as tx:
            lifecycle.set_mode(tx, ID, "shadow", who=signed_in(), now_ms=1)
        office.queue(bench.put(2))
        office.work()
    assert bench.bank.calls == 0
    assert set(bench.states().values()) == {"wait"}


def test_a_clock_that_is_set_back_stops_nothing(bench: Bench) -> None:
    with opened(bench) as office:
        office.queue(bench.put(4)[:2])
        office.start()
        assert office.becomes(lambda: list(bench.states().values()).count("done") == 2)
        office.clock.jump(-7_200)
        office.queue([3, 4])
        assert office.becomes(lambda: set(bench.states().values()) == {"done"})


def test_an_unfinished_run_of_another_story_version_raises_an_alarm(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with opened(bench) as office:
        office.queue(bench.put(1))
        office.work()
    schema = "" if bench.database.is_sqlite else "dbos."
    with bench.runs() as tx:
        tx.run(f"UPDATE {schema}workflow_status SET status = 'PENDING', application_version = '0.9'")
    with opened(bench) as office, caplog.at_level(logging.ERROR):
        office.start()
        assert office.becomes(lambda: "engine.unserved" in bench.activities())
    assert "no worker serves story version 0.9" in caplog.text
    assert bench.rows("SELECT object FROM events WHERE activity = 'engine.unserved'") == [("story/0.9",)]


@pytest.mark.sqlite_only
def test_a_full_disk_is_said_clearly_and_when_there_is_room_again_everything_is_done(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    room = {"pages": 10**9}

    def limit(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {room['pages']}")

    with opened(bench) as office, caplog.at_level(logging.ERROR):
        event.listen(bench.database.engine, "checkout", limit)
        event.listen(office.engine.runtime._engine, "checkout", limit)
        for start in range(1, 2_001, 500):
            office.queue(bench.put(2_000)[:500] if start == 1 else list(range(start, start + 500)))
        with bench.database.reading() as tx:
            room["pages"] = tx.value("PRAGMA page_count") + 20
        office.start()
        assert office.becomes(lambda: "full" in caplog.text), "the disk fills up"
        room["pages"] = 10**9
        office.clock.jump(REVIVE_AFTER_MS / 1000)
        assert office.becomes(lambda: set(bench.states().values()) == {"done"})
        assert office.becomes(lambda: not bench.rows("SELECT 1 FROM batches WHERE finished_ms = 0"))
    assert "the database cannot be used just now; nothing is lost, work goes on when it is back" in caplog.text
    assert bench.rows("SELECT DISTINCT checked FROM things") == [(1,)]
    assert bench.rows("SELECT COUNT(*), COUNT(DISTINCT key) FROM events WHERE key IS NOT NULL") == [(2_000, 2_000)]
    with bench.database.reading() as tx:
        assert log.verify(tx).ok


@pytest.mark.postgres_only
@pytest.mark.timeout(240)
def test_a_server_that_drops_every_connection_costs_nothing_but_time(bench: Bench) -> None:
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    small = Card(ID, "", "tests", "thing", (), {"bank": frozenset({"pay"})}, batch_size=50)
    other = sqlalchemy.create_engine(bench.database.url, isolation_level="AUTOCOMMIT")
    with opened(bench, Fleet(paying(small))) as office:
        items = bench.put(1_000)
        for start in range(0, 1_000, 50):
            office.queue(items[start : start + 50])
        office.start()
        for wanted in (100, 400, 700):
            assert office.becomes(lambda wanted=wanted: done(other) >= wanted)
            with other.connect() as connection:
                connection.exec_driver_sql(kill)
        assert office.becomes(lambda: done(other) == 1_000, within_s=100), unfinished(other)
    other.dispose()
    assert bench.rows("SELECT DISTINCT checked FROM things") == [(1,)]
    assert bench.rows("SELECT COUNT(*), COUNT(DISTINCT key) FROM events WHERE key IS NOT NULL") == [(1_000, 1_000)]
    with bench.database.reading() as tx:
        assert log.verify(tx).ok


@pytest.mark.sqlite_only
def test_a_file_that_another_program_keeps_locked_is_waited_for(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def impatient(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA busy_timeout = 50")

    small = Card(ID, "", "tests", "thing", (), {"bank": frozenset({"pay"})}, batch_size=50)
    with opened(bench, Fleet(paying(small))) as office, caplog.at_level(logging.ERROR):
        event.listen(bench.database.engine, "checkout", impatient)
        items = bench.put(1_000)
        for start in range(0, 1_000, 50):
            office.queue(items[start : start + 50])
        other = sqlalchemy.create_engine(bench.database.url)
        office.start()
        assert office.becomes(lambda: done(other) >= 100)
        with other.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 10000")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            assert office.becomes(lambda: "keeps the office's database locked" in caplog.text)
            connection.rollback()
        office.clock.jump(REVIVE_AFTER_MS / 1000)
        assert office.becomes(lambda: set(bench.states().values()) == {"done"})
        other.dispose()
    assert bench.rows("SELECT DISTINCT checked FROM things") == [(1,)]
    assert bench.rows("SELECT COUNT(*), COUNT(DISTINCT key) FROM events WHERE key IS NOT NULL") == [(1_000, 1_000)]


@pytest.mark.postgres_only
def test_a_server_that_is_down_for_twenty_seconds_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    small = Card(ID, "", "tests", "thing", (), {"bank": frozenset({"pay"})}, batch_size=50)
    with with_postgres.server() as server, furnished(server.url) as database, caplog.at_level(logging.ERROR):
        bench = Bench(database)
        with opened(bench, Fleet(paying(small))) as office:
            items = bench.put(1_000)
            for start in range(0, 1_000, 50):
                office.queue(items[start : start + 50])
            office.start()
            assert office.becomes(lambda: done(database.engine) >= 100)
            server.stop(how="immediate")
            down_s = time.monotonic()
            assert office.becomes(lambda: "the database cannot be used just now" in caplog.text)
            assert office.becomes(lambda: time.monotonic() - down_s > DOWN_S, within_s=2 * DOWN_S)
            server.start()
            assert office.becomes(lambda: set(bench.states().values()) == {"done"}, within_s=60)
        assert bench.rows("SELECT DISTINCT checked FROM things") == [(1,)]
        assert bench.rows("SELECT COUNT(*), COUNT(DISTINCT key) FROM events WHERE key IS NOT NULL") == [(1_000, 1_000)]
        with bench.database.reading() as tx:
            assert log.verify(tx).ok


def done(engine: sqlalchemy.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM things WHERE state = 'done'").scalar() or 0)


def unfinished(engine: sqlalchemy.Engine) -> str:
    """What is still under way on a PostgreSQL server: in our books, in the engine's, and at the server."""
    asked = (
        "SELECT id, progress, executor, started_ms FROM batches WHERE finished_ms = 0",
        "SELECT workflow_uuid, status, executor_id, queue_name FROM dbos.workflow_status WHERE status <> 'SUCCESS'",
        "SELECT state, wait_event, query FROM pg_stat_activity WHERE datname = current_database()",
    )
    with engine.connect() as connection:
        return repr([connection.exec_driver_sql(sql).fetchall() for sql in asked])

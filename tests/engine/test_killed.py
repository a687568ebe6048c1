"""kill -9 at any moment: the next process goes on, nothing is lost, nothing is done twice."""

from collections import Counter
from pathlib import Path

import pytest

from afterclick.engine import queue
from afterclick.store import log
from tests.engine.bench import ID, Bench
from tests.engine.processes import worker

THINGS = 120


@pytest.mark.parametrize("moment", ["begun", "check", "call", "answered", "pay"])
def test_a_worker_that_is_killed_is_succeeded_by_one_that_goes_on(bench: Bench, tmp_path: Path, moment: str) -> None:
    url, book = bench.database.url, tmp_path / "book"
    items = bench.put(THINGS)
    with bench.database.transaction() as tx:
        queue.put(tx, ID, items, now_ms=0)
    with worker(url, book, executor=_name(bench, 1), moment=moment) as first:
        assert first.says("here")
        first.kill()
    with worker(url, book, executor=_name(bench, 2)) as second:
        assert second.says("idle")
        assert second.end() == 0
    assert bench.rows("SELECT DISTINCT state, checked, batch FROM things") == [("done", 1, None)]
    assert all(paid == f"paid {number}:pay" for number, paid in bench.rows("SELECT id, paid FROM things"))
    assert bench.rows("SELECT COUNT(*), COUNT(DISTINCT key) FROM events WHERE activity = 'bank.pay'") == [(THINGS, THINGS)]
    assert bench.rows("SELECT COUNT(*) FROM batches WHERE finished_ms = 0") == [(0,)]
    with bench.database.reading() as tx:
        assert log.verify(tx).ok
    asked = Counter(book.read_text().split())
    assert set(asked) == {f"{number}:pay" for number in items}
    assert max(asked.values()) <= 2, "what was in flight may be asked for once more, with the same key"
    if moment in ("begun", "check"):
        assert set(asked.values()) == {1}


@pytest.mark.sqlite_only
def test_a_second_process_on_the_same_office_is_refused(bench: Bench, tmp_path: Path) -> None:
    url, book = bench.database.url, tmp_path / "book"
    with worker(url, book) as first, worker(url, book) as second:
        words = {_word(first), _word(second)}
        assert "idle" in words
        refused = next(one for one in (first, second) if one.process.poll() is not None)
        assert refused.process.stderr is not None
        said = refused.process.stderr.read()
    other = second if refused is first else first
    assert f"OfficeBusy: process {other.process.pid} works in the office" in said


def _word(one: object) -> str:
    process = getattr(one, "process")  # noqa: B009
    word = process.stdout.readline().strip()
    if not word:
        process.wait(timeout=30)
    return word


def _name(bench: Bench, number: int) -> str:
    """On SQLite there is one worker, by one name; on PostgreSQL each process has a name of its own."""
    return "local" if bench.database.is_sqlite else f"worker-{number}"

"""Connections to an office's file: many may come at once, even to a file that is not there yet."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from afterclick.store.database import Database, sqlite_url

AT_ONCE = 6


def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    everybody = Barrier(AT_ONCE)

    def look(database: Database) -> object:
        everybody.wait()
        with database.reading() as tx:
            return tx.value("PRAGMA journal_mode")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for number in range(60):  # a file on which nobody waits is found locked in one of fifteen
            databases = [Database(sqlite_url(tmp_path / f"{number}.sqlite")) for _ in range(AT_ONCE)]
            assert set(threads.map(look, databases)) == {"wal"}
            for database in databases:
                database.dispose()

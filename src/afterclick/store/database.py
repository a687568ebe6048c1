"""The database of an office: one SQLite file, or a PostgreSQL database shared by many workers."""

import logging
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from afterclick.store.transaction import Dialect, Tx

logger = logging.getLogger("afterclick.store")
BUSY_TIMEOUT_MS: Final = 30_000
_LOOKS_AGAIN_S: Final = 0.005
_PAGE_CACHE_KIB: Final = 128 * 1024
_SMALL_CACHE_KIB: Final = 8 * 1024
_PAGE_BYTES: Final = 16_384
"""Of a new office; one that was made with smaller pages keeps them. Bulk work is about a tenth faster than with 4 KiB."""
_CHECKPOINT_PAGES: Final = 8_000
"""Pages in the write-ahead log before they are moved: hot pages are then written once, not at every commit."""


class Database:
    """Connections to one database.

    On SQLite a write transaction begins with `BEGIN IMMEDIATE`, so that what it reads stays true until it commits; readers
    never wait for it (write-ahead log). On PostgreSQL transactions are READ COMMITTED and lock the rows they decide on; readers
    see one moment on both.
    """

    def __init__(self, url: str) -> None:
        self.url = _with_driver(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.dialect: Dialect = "sqlite" if self.is_sqlite else "postgresql"
        self.engine = self._writers()
        self._readers = self._reading_engine()

    @contextmanager
    def transaction(self) -> Generator[Tx, None, None]:
        """A write transaction: committed at the end of the block, rolled back when the block raises."""
        with self.engine.begin() as connection:
            yield Tx(connection)

    @contextmanager
    def reading(self) -> Generator[Tx, None, None]:
        """A consistent view to read from; nothing written in it is kept."""
        with self._readers.connect() as connection:
            # Said to SQLite's driver itself: by way of the library it costs as much as a query, at every page.
            view: Any = _View(connection) if self.is_sqlite else connection.begin()
            try:
                yield Tx(connection)
            finally:
                view.rollback()

    def engine_tables(self) -> tuple[str, Engine]:
        """Where the engine keeps its own tables, and connections to them; DBOS begins its transactions itself.

        On SQLite that is a file beside the office's: whatever one connection writes empties the page cache of every other
        connection to the same file, and the engine writes after each stage. Checkpoints lie in the office's file all the same,
        in one transaction with the rows they are about; should the other file be lost, batches go on from what they committed.
        """
        if not self.is_sqlite:
            return self.url, sqlalchemy.create_engine(self.url, pool_size=6, pool_pre_ping=True)
        url = f"{self.url}-engine"
        engine = sqlalchemy.create_engine(url, connect_args={"check_same_thread": False})
        event.listen(engine, "connect", partial(_tune_sqlite, begins="IMMEDIATE", cache_kib=_SMALL_CACHE_KIB))
        return url, engine

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._readers.dispose()

    def _writers(self) -> Engine:
        if not self.is_sqlite:
            return sqlalchemy.create_engine(self.url, isolation_level="READ COMMITTED", pool_size=12, pool_pre_ping=True)
        # Last in, first out: the connection that has the pages at hand is the next to be used.
        engine = sqlalchemy.create_engine(self.url, connect_args={"check_same_thread": False}, pool_use_lifo=True)
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _Begin())
        return engine

    def _reading_engine(self) -> Engine:
        if not self.is_sqlite:
            return self.engine.execution_options(isolation_level="REPEATABLE READ")
        engine = sqlalchemy.create_engine(self.url, connect_args={"check_same_thread": False}, pool_use_lifo=True)
        event.listen(engine, "connect", partial(_tune_sqlite, cache_kib=_SMALL_CACHE_KIB))
        return engine


class _Begin:
    """Takes the one right to write; whoever waits for it tries again without a word, so a lock that lasts is said here, once."""

    def __init__(self) -> None:
        self._locked = False

    def __call__(self, connection: Connection) -> None:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if not self._locked:
                logger.error(
                    "another program keeps the office's database locked (%s); nothing is lost, work goes on when it lets go",
                    error.orig,
                )
            self._locked = True
            raise
        self._locked = False


class _View:
    """A transaction to read in, begun at once."""

    def __init__(self, connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN")
        self.rollback: Callable[[], None] = driver.rollback


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def _tune_sqlite(connection: Any, _record: object, *, begins: str | None = None, cache_kib: int = _PAGE_CACHE_KIB) -> None:
    # By default the driver must not open transactions by itself: we begin them, and say how.
    connection.isolation_level = begins
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        f"page_size = {_PAGE_BYTES}",
        f"wal_autocheckpoint = {_CHECKPOINT_PAGES}",
        "synchronous = NORMAL",
        f"cache_size = -{cache_kib}",
        "temp_store = MEMORY",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _write_ahead(connection)


def _write_ahead(connection: Any) -> None:
    """Switch to the write-ahead log: at a new file nobody else may be at work, and SQLite itself does not wait for that."""
    until_s = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until_s:
                raise
            time.sleep(_LOOKS_AGAIN_S)


def _with_driver(url: str) -> str:
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url

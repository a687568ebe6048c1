"""Who is alive: each worker holds a lease while it lives, and what a dead one left behind is taken up by another.

PostgreSQL: a lease is a session's advisory lock on the worker's name, so it ends with the worker's connection, also after
kill -9. Every second one worker looks for names in the tables whose lock is free. A worker that was cut off without dying
loses its lease too; DBOS then refuses the next checkpoint of each run that somebody else has taken up.
SQLite: one process, held by a lock on a file; what it left behind it takes up itself when it starts again.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import sqlalchemy
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from afterclick.store.database import Database
from afterclick.store.locking import office_lock

LOOKS_EVERY_S: Final = 1.0
_KEPT_ALIVE: Final = {
    "connect_timeout": 5, "keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000, "application_name": "afterclick lease",
}  # fmt: skip
"""A cut cable is noticed after about eleven seconds."""

logger = logging.getLogger("afterclick.engine")


class NameTaken(RuntimeError):
    """Another worker that is alive has this name."""


class Unfinished(NamedTuple):
    """Of the runs that are not through: the workers that have them, and the story versions they were begun with."""

    executors: Sequence[str]
    versions: Sequence[str]


class Runs(Protocol):
    """What a watch must know of the runs, and may do with them."""

    def unfinished(self) -> Unfinished: ...

    def recover(self, executors: list[str]) -> None:
        """Queue the unfinished runs of these workers, who are dead, for whoever is alive."""
        ...


Alarm = Callable[[list[str]], None]
"""Told the story versions of runs with which no worker that is alive can go on, once for each."""


class Watch(Protocol):
    """A worker's lease, and its eye on the leases of others."""

    def begin(self) -> None:
        """Take the lease, before any work is taken."""
        ...

    def holds(self) -> bool:
        """Whether the lease stands; without it no new work may be taken."""
        ...

    def look(self) -> None:
        """See that the lease stands, and take up what the dead have left. To be called often; does little mostly."""
        ...

    def is_dead(self, executor: str) -> bool:
        """Whether the worker of that name is gone. One's own name is not."""
        ...

    def end(self) -> None:
        """Give the lease back."""
        ...


def watch(database: Database, *, executor: str, version: str, runs: Runs, alarm: Alarm) -> Watch:
    """The watch that fits the database."""
    kind = Alone if database.is_sqlite else Lease
    return kind(database, executor=executor, version=version, runs=runs, alarm=alarm)


class Alone:
    """The one process of a SQLite office: whoever else is named in it is gone."""

    def __init__(self, database: Database, *, executor: str, version: str, runs: Runs, alarm: Alarm) -> None:
        self._path = Path(sqlalchemy.make_url(database.url).database or "")
        self._executor = executor
        self._version = version
        self._runs = runs
        self._alarm = alarm
        self._lock = ExitStack()
        self._looked = False

    def begin(self) -> None:
        """Lock the office.

        Raises:
            OfficeBusy: another process has it; the message says which.
        """
        self._lock.enter_context(office_lock(self._path))

    def holds(self) -> bool:
        return True

    def look(self) -> None:
        """Once is enough: nobody else can come or go."""
        if self._looked:
            return
        self._looked = True
        found = self._runs.unfinished()
        self._runs.recover([name for name in found.executors if name != self._executor])
        if nobodys := [version for version in found.versions if version != self._version]:
            self._alarm(nobodys)

    def is_dead(self, executor: str) -> bool:
        return executor != self._executor

    def end(self) -> None:
        self._lock.close()


class Lease:
    """A worker among others on PostgreSQL."""

    def __init__(self, database: Database, *, executor: str, version: str, runs: Runs, alarm: Alarm) -> None:
        self._engine = sqlalchemy.create_engine(
            database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=_KEPT_ALIVE
        )
        self._executor = executor
        self._version = version
        self._runs = runs
        self._alarm = alarm
        self._looked_s = 0.0
        self._connection: Connection | None = None
        self._alarmed: set[str] = set()

    def begin(self) -> None:
        """Take the lease.

        Raises:
            NameTaken: a worker of this name is alive; every process needs a name of its own.
        """
        connection = self._engine.connect()
        # A supervisor that looks whether we are alive holds our lock for a moment: ask a few times before giving up.
        if not any(_try(connection, "executor", self._executor) or time.sleep(0.05) for _ in range(20)):
            connection.close()
            raise NameTaken(f"a worker named {self._executor!r} is at work already; start this one with a name of its own")
        connection.execute(text("SELECT pg_advisory_lock_shared(:number)"), {"number": _number("version", self._version)})
        self._connection = connection

    def holds(self) -> bool:
        return self._connection is not None

    def look(self) -> None:
        """Once in `LOOKS_EVERY_S`: keep or regain the lease, and be the supervisor if nobody else is at this moment."""
        if time.monotonic() - self._looked_s < LOOKS_EVERY_S:
            return
        self._looked_s = time.monotonic()
        try:
            if self._connection is None:
                self.begin()
                logger.warning("the lease of %s stands again; it takes work again", self._executor)
            self._supervise()
        except (SQLAlchemyError, NameTaken) as error:
            if self._connection is not None:
                logger.error("the lease of %s is lost, so it takes no work until it stands again: %s", self._executor, error)
            self._drop()

    def is_dead(self, executor: str) -> bool:
        if executor == self._executor or self._connection is None:
            return False
        return _is_free(self._connection, "executor", executor)

    def end(self) -> None:
        if self._connection is not None:
            with suppress(SQLAlchemyError):  # else the others see it a moment later, when the server has noticed that we are gone
                self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
        self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    def _supervise(self) -> None:
        connection = self._connection
        if connection is None or not _try(connection, "supervisor", ""):
            return
        found = self._runs.unfinished()
        if dead := [name for name in found.executors if self.is_dead(name)]:
            self._runs.recover(dead)
        nobodys = {version for version in found.versions if version != self._version and _is_free(connection, "version", version)}
        if new := sorted(nobodys - self._alarmed):
            self._alarm(new)
        self._alarmed = nobodys
        _give_back(connection, "supervisor", "")


def _try(connection: Connection, what: str, name: str) -> bool:
    return bool(connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": _number(what, name)}).scalar())


def _give_back(connection: Connection, what: str, name: str) -> None:
    connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _number(what, name)})


def _is_free(connection: Connection, what: str, name: str) -> bool:
    """Whether nobody holds the lock."""
    free = _try(connection, what, name)
    if free:
        _give_back(connection, what, name)
    return free


def _number(what: str, name: str) -> int:
    """The number under which PostgreSQL keeps a named lock: 64 bits of a hash."""
    digest = hashlib.blake2b(f"afterclick:{what}:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)

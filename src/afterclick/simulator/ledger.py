"""What the outside was told to do, in a file of its own that outlives the office: the other half of every reconciliation.

The file is SQLite in WAL mode, shared by any number of processes. `synchronous=OFF` leaves durability to the operating system:
a killed process loses nothing. Tables are clustered by order, so that bulk writing stays sequential and one order's acts lie
together.
"""

import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec

from afterclick.ports.answer import Answer
from afterclick.simulator.entries import TABLES, Kind

E = TypeVar("E", bound=msgspec.Struct)
E_co = TypeVar("E_co", bound=msgspec.Struct, covariant=True)
R_contra = TypeVar("R_contra", contravariant=True)
A = TypeVar("A")

_BUSY_S: Final = 60.0


class Keyed(Protocol):
    """Every request carries the key under which it acts once."""

    @property
    def key(self) -> str: ...


class Act(Protocol[R_contra, E_co, A]):
    """Do what a request asks for. Returns the entry to write down, or None where nothing was done, and the answer where it
    is another than the entry's own: the one that got lost on its way."""

    def __call__(self, request: R_contra, /) -> tuple[E_co | None, Answer[A] | None]: ...


K = TypeVar("K", bound=Keyed)


def _any(_: object) -> bool:
    return True


class LedgerError(RuntimeError):
    """The ledger file cannot be used; the message says why and what to do."""


class Ledger:
    """The file at `path`. One connection per process, guarded by a lock; `booking` is one transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self.close()
            raise _unusable(path, error) from error

    def close(self) -> None:
        self._db.close()

    def _prepare(self) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "cache_size=-16000"):
            self._db.execute(f"PRAGMA {pragma}")
        with self.booking():
            for kind in TABLES:
                self._db.execute(_table(kind))
            self._db.execute("CREATE TABLE IF NOT EXISTS repeats (act TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID")
            self._db.execute("CREATE TABLE IF NOT EXISTS world (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")

    @contextmanager
    def booking(self) -> Generator[None]:
        """One transaction: everything written inside is written, or nothing is. Other processes wait. One inside another is a
        part of it."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk may have ended it already
                    self._db.execute("ROLLBACK")
                raise

    def once(
        self,
        kind: type[E],
        requests: Sequence[K],
        *,
        of: Callable[[K], object],
        act: Act[K, E, A],
        answer: Callable[[E], Answer[A]],
        named: str,
        where: Callable[[E], bool] = _any,
    ) -> list[Answer[A]]:
        """Answer each request, acting only where its key is new; a known key gets the answer of its entry. Call inside `booking`.

        `of` gives the order (for store updates, the external id) under which the entry is filed; `where` keeps apart those
        who share a table; `named` is the act in the count of repeated keys.
        """
        known = {_identity(entry): entry for entry in self.find(kind, {of(request) for request in requests}) if where(entry)}
        new: list[E] = []
        answers: list[Answer[A]] = []
        repeated = 0
        for request in requests:
            identity = (of(request), request.key)
            entry = known.get(identity)
            lost: Answer[A] | None = None
            if entry is None:
                entry, lost = act(request)
                if entry is not None:
                    known[identity] = entry
                    new.append(entry)
            else:
                repeated += 1
            if lost is None:
                assert entry is not None, "an act that leaves no entry gives an answer"
                lost = answer(entry)
            answers.append(lost)
        self.add(new)
        if repeated:
            self._db.execute(
                "INSERT INTO repeats VALUES (?, ?) ON CONFLICT (act) DO UPDATE SET times = times + excluded.times",
                (named, repeated),
            )
        return answers

    def find(self, kind: type[E], of: Iterable[object]) -> list[E]:
        """All entries of a kind filed under these orders (or external ids, or SKUs)."""
        first = kind.__struct_fields__[0]
        sql = f"SELECT * FROM {TABLES[kind][0]} WHERE {first} IN (SELECT value FROM json_each(?))"  # noqa: S608  # names from code
        return [kind(*row) for row in self._db.execute(sql, (msgspec.json.encode(list(of)).decode(),))]

    def add(self, entries: Sequence[msgspec.Struct]) -> None:
        """Write entries of one kind; one with the key of an earlier one takes its place."""
        if entries:
            kind = type(entries[0])
            sql = f"INSERT OR REPLACE INTO {TABLES[kind][0]} VALUES ({', '.join('?' * len(kind.__struct_fields__))})"  # noqa: S608
            self._db.executemany(sql, map(msgspec.structs.astuple, entries))

    def drop(self, kind: type[E], identities: Iterable[tuple[object, object]]) -> None:
        """Forget entries by their first two fields: what will not happen after all."""
        one, other = kind.__struct_fields__[:2]
        sql = f"DELETE FROM {TABLES[kind][0]} WHERE {one} = ? AND {other} = ?"  # noqa: S608
        self._db.executemany(sql, list(identities))

    def rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Any other question to the ledger; the tables are those of `entries.TABLES`."""
        return iter(self._db.execute(sql, values))

    def version(self) -> int:
        """A number that changes when another process has written."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def agree(self, facts: dict[str, str]) -> None:
        """Write down what the world was made from, or compare it with what the file says.

        Raises:
            LedgerError: the file belongs to another world; it is closed.
        """
        with self.booking():
            found: dict[str, str] = dict(self._db.execute("SELECT name, value FROM world").fetchall())
            if not found:
                self._db.executemany("INSERT INTO world VALUES (?, ?)", facts.items())
        if found and found != facts:
            self.close()
            differing = ", ".join(
                f"{name} {found.get(name)} ≠ {value}" for name, value in facts.items() if found.get(name) != value
            )
            raise LedgerError(
                f"{self.path} is the ledger of another world ({differing}); use another folder or the same arguments"
            )

    def repeats(self) -> dict[str, int]:
        """How many requests came again under a key already acted on, per act."""
        return dict(self._db.execute("SELECT act, times FROM repeats").fetchall())


def _unusable(path: Path, error: sqlite3.Error) -> LedgerError:
    return LedgerError(f"the simulator's ledger {path} cannot be opened ({error}); free or remove the file and start again")


def _identity(entry: msgspec.Struct) -> tuple[object, object]:
    first, key = entry.__struct_fields__[:2]
    return getattr(entry, first), getattr(entry, key)


def _table(kind: Kind) -> str:
    name, keys = TABLES[kind]
    fields = msgspec.structs.fields(kind)
    columns = ", ".join(f"{field.name} {'INTEGER' if field.type is int else 'TEXT'} NOT NULL" for field in fields)
    key = ", ".join(field.name for field in fields[:keys])
    return f"CREATE TABLE IF NOT EXISTS {name} ({columns}, PRIMARY KEY ({key})) WITHOUT ROWID"

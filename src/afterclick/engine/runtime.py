"""The only place that knows DBOS: durable runs, their checkpoints, and how a dead worker's runs are taken up again.

Depends on private behaviour of the pinned version (see `tests/engine/test_runtime_contract.py`, which fails loudly on an
upgrade): the pickle path, `_recover_pending_workflows`, `reenqueue_for_recovery`, how long `db_retry` waits, and the status
table's columns.
"""

import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator
from types import CellType
from typing import Any, ClassVar, Final

import dbos._serialization as dbos_serialization
from dbos import DBOS, DBOSConfig, SetWorkflowID, SQLAlchemyDatasource
from dbos._serialization import DBOSPortableJSONSerializer
from dbos._sys_db import SystemDatabase, db_retry
from dbos._utils import INTERNAL_QUEUE_NAME
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from afterclick.engine.supervisor import Unfinished
from afterclick.governance.vault.redaction import without_secrets
from afterclick.store.database import Database
from afterclick.store.transaction import Tx

STORY_VERSION: Final = "1"
"""Bumped by hand when a story changes in a way that running batches cannot follow. Never derived from the sources."""

LONGEST_WAIT_S: Final = 4.0
"""DBOS doubles its wait for a database that is gone up to a minute and a half; an office goes on soon after it is back."""

Body = Callable[[Tx], dict[str, list[int]]]


class PickleRefused(RuntimeError):
    """A row of the engine's tables asks to be unpickled; whoever can write there could otherwise run code here."""


def _refuse(_self: object, _data: object) -> object:
    raise PickleRefused("an engine row is pickled; Afterclick writes and reads JSON only, so this row is not ours")


def waits() -> Iterator[CellType]:
    """Where each retried method of DBOS's tables keeps the longest time it waits, in seconds."""
    for kind in (SystemDatabase, *SystemDatabase.__subclasses__()):
        for method in vars(kind).values():
            code, cells = getattr(method, "__code__", None), getattr(method, "__closure__", None)
            if code is not None and cells is not None and "max_backoff" in code.co_freevars:
                yield cells[code.co_freevars.index("max_backoff")]


def _wait_less() -> None:
    db_retry.__defaults__ = (1.0, LONGEST_WAIT_S)
    for longest in waits():
        longest.cell_contents = LONGEST_WAIT_S


class Runtime:
    """Durable runs of batches in one process. `run_batch` is what a run does; it is given the batch's id."""

    listens_every_s: ClassVar[float] = 1.0
    """DBOS looks for messages between runs so often, which we do not use; stopping waits for the look that is under way."""

    def __init__(self, database: Database, *, executor: str, run_batch: Callable[[int], None]) -> None:
        check_sqlite()
        self.executor = executor
        self._database = database
        self._run_batch = run_batch
        self._engine_url, self._engine = database.engine_tables()
        self._launched = False

    def launch(self) -> None:
        """Start; runs that this executor left behind go on by themselves. DBOS is one per process, and so is what is launched."""
        dbos_serialization.DefaultSerializer.deserialize = _refuse  # type: ignore[method-assign, assignment]
        _wait_less()
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        run_batch, database, serializer = self._run_batch, self._database, DBOSPortableJSONSerializer()
        self._launched = True
        self._dbos = DBOS(config=self._config(serializer))
        self._datasource = SQLAlchemyDatasource.create(database.url, engine=database.engine, serializer=serializer)

        @DBOS.workflow(name="batch")
        def run(batch: int) -> str:
            run_batch(batch)
            return "done"

        self._workflow = run
        DBOS.launch()

    def destroy(self) -> None:
        """Stop; what is running is taken up at the next start."""
        if self._launched:
            DBOS.destroy(workflow_completion_timeout_sec=0, destroy_registry=True)
        self._engine.dispose()

    def _config(self, serializer: DBOSPortableJSONSerializer) -> DBOSConfig:
        config: DBOSConfig = {
            "name": "afterclick",
            "system_database_url": self._engine_url,
            "system_database_engine": self._engine,
            "application_version": STORY_VERSION,
            "executor_id": self.executor,
            "serializer": serializer,
            "log_level": "CRITICAL",
            "enable_otlp": False,
            "notification_listener_polling_interval_sec": self.listens_every_s,
            "scheduler_polling_interval_sec": 3600.0,
            "max_executor_threads": 8,
        }
        if self._database.is_sqlite:
            config["use_listen_notify"] = False
        return config

    def run(self, batch: int) -> None:
        """Run a batch to its end in this thread; the same batch is never run twice."""
        with SetWorkflowID(f"batch-{batch}"):
            self._workflow(batch)

    def commit(self, name: str, body: Body) -> dict[str, list[int]]:
        """Run `body` in one transaction with the run's checkpoint, once; later calls answer with what it returned."""

        def inside() -> dict[str, list[int]]:
            tx = Tx(self._datasource.sql_session().connection())
            try:
                return body(tx)
            except sqlite3.OperationalError as error:
                raise OperationalError(name, None, error) from error
            except Exception as error:
                if _is_driver_outage(error):
                    raise OperationalError(name, None, error) from error
                if (clean := without_secrets(error)) is not error:
                    raise clean from None
                raise

        return self._datasource.run_tx_step({"name": name, "isolation_level": self._isolation()}, inside)

    def recover(self, executors: list[str]) -> None:
        """Queue the unfinished runs of dead executors for whoever is alive."""
        DBOS._recover_pending_workflows(executors)  # pyright: ignore[reportPrivateUsage]

    def take_up(self, batches: list[int]) -> None:
        """Of these batches, which nobody works on: let those go on whose run is ours and could not even record that it failed."""
        for batch in batches:
            self._dbos._sys_db.reenqueue_for_recovery(f"batch-{batch}", [self.executor], INTERNAL_QUEUE_NAME)  # pyright: ignore[reportPrivateUsage]

    def unfinished(self) -> Unfinished:
        """Who has runs that are not through, and of which story versions."""
        schema = "" if self._engine.dialect.name == "sqlite" else "dbos."
        sql = f"SELECT DISTINCT executor_id, application_version FROM {schema}workflow_status WHERE status IN "  # noqa: S608
        sql += "('PENDING', 'ENQUEUED')"
        with self._engine.connect() as connection:
            rows = connection.execute(text(sql)).all()
        return Unfinished(sorted({row[0] for row in rows if row[0]}), sorted({row[1] for row in rows if row[1]}))

    def failed(self, batches: list[int]) -> list[int]:
        """Of these unfinished batches, those whose run has ended in an error or that never had one."""
        return [batch for batch in batches if self._status(batch) not in ("PENDING", "ENQUEUED", "SUCCESS")]

    def _status(self, batch: int) -> str:
        status = DBOS.get_workflow_status(f"batch-{batch}")
        return "" if status is None else str(status.status)

    def _isolation(self) -> Any:
        return "SERIALIZABLE" if self._datasource.schema is None else "READ COMMITTED"


def _is_driver_outage(error: Exception) -> bool:
    return any(kind.__name__ == "OperationalError" and kind.__module__.startswith("psycopg") for kind in type(error).__mro__)


def check_sqlite() -> None:
    """Refuse a Python whose SQLite cannot tell milliseconds: the engine would fail at its first row.

    Raises:
        RuntimeError: Python 3.12 or newer with SQLite older than 3.42.
    """
    answer = sqlite3.connect(":memory:").execute("SELECT unixepoch('subsec')").fetchone()[0]
    if answer is None and sys.version_info >= (3, 12):
        raise RuntimeError(
            f"SQLite {sqlite3.sqlite_version} is too old for this Python; use Python 3.11, or SQLite 3.42 or newer"
        )

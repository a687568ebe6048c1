"""`afterclick bench orders`: how fast orders go through every stage, beside the bare writing of the same rows."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import sqlalchemy
import typer
from sqlalchemy import Table

from afterclick.app import Office
from afterclick.cli.company import move_in
from afterclick.cli.output import JsonOption, say
from afterclick.cli.trading_day import night_clock
from afterclick.engine import queue
from afterclick.engine.engine import Engine
from afterclick.orders.intake.arrivals import take_in
from afterclick.orders.records import FULFIL
from afterclick.store.database import Database, sqlite_url
from afterclick.store.tables import metadata

app = typer.Typer(help="Measure, with figures that hold on this machine only.", no_args_is_help=True)

DOCUMENTS_AT_ONCE: Final = 8_000
ROWS_PER_COMMIT: Final = 5_000
SINGLE_ORDERS: Final = 200
POLL_S: Final = 0.2


class Measured(msgspec.Struct, frozen=True):
    """`orders_per_s` is from the queue to shipped, through every stage; `intake_per_s` reads and writes documents before that.

    `raw_write_s` is the time of writing the very same rows with bulk inserts and no logic into an empty database of the same
    kind, committing as often; `ratio_to_raw_write` is our time, intake included, over that. `one_workflow_per_order_per_s` is
    the same stages with batches of one order.
    """

    orders: int
    warehouses: int
    database: str
    workers: int
    orders_per_s: float
    intake_per_s: float
    duration_s: float
    cpu_ms_per_order: float
    peak_rss_mb: float
    rows_written: int
    raw_write_s: float
    ratio_to_raw_write: float
    one_workflow_per_order_per_s: float
    shipped: int
    not_shipped: int


@app.command("orders")
def orders(
    orders: Annotated[int, typer.Option(help="How many orders.")] = 20_000,
    warehouses: Annotated[int, typer.Option(help="Over how many warehouses, 1 to 20.")] = 5,
    database: Annotated[
        str, typer.Option(help="postgresql://… of an empty database; SQLite in a temporary folder if left out.")
    ] = "",
    workers: Annotated[int, typer.Option(help="Worker processes, on PostgreSQL.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Orders from their documents to the warehouse door, with every stage and the event chain on, and no faults."""
    with tempfile.TemporaryDirectory(prefix="afterclick-bench-") as folder:
        measured = measure(Path(folder), orders=orders, warehouses=warehouses, database=database, workers=workers)
    say(measured, as_json=as_json)


def measure(folder: Path, *, orders: int, warehouses: int, database: str = "", workers: int = 1) -> Measured:
    """Run the benchmark in an empty folder; `workers` above one are processes of their own, on PostgreSQL."""
    values: dict[str, Any] = {
        "simulator.orders": orders + SINGLE_ORDERS, "simulator.warehouses": warehouses, "simulator.faults": "prompt",
        "simulator.store": True, "database.url": database,
    }  # fmt: skip
    Office.create(folder / "office", values)
    office = Office.open(folder / "office", clock=night_clock())
    move_in(office, office.world())
    documents = (placed.document for placed in office.world().day)
    before = _rows(office.database)
    work = _work_here if workers == 1 else _work_elsewhere
    spent = work(office, documents, orders, workers)
    written = _rows(office.database) - before
    raw_s = _write_raw(office.database, folder / "raw.sqlite", database)
    with office.engine() as engine:
        single_s = _one_by_one(office, engine, list(islice(documents, SINGLE_ORDERS)))
    with office.database.reading() as tx:
        shipped = tx.value("SELECT COUNT(*) FROM orders WHERE state = 'shipped'")
        total = tx.value("SELECT COUNT(*) FROM orders")
    office.close()
    return Measured(
        orders=orders,
        warehouses=warehouses,
        database=office.database.dialect,
        workers=workers,
        orders_per_s=round(orders / spent.stages_s, 1),
        intake_per_s=round(orders / spent.intake_s, 1),
        duration_s=round(spent.stages_s + spent.intake_s, 2),
        cpu_ms_per_order=round(spent.cpu_s * 1000 / orders, 4),
        peak_rss_mb=round(spent.peak_rss_mb, 1),
        rows_written=written,
        raw_write_s=round(raw_s, 2),
        ratio_to_raw_write=round((spent.stages_s + spent.intake_s) / raw_s, 2),
        one_workflow_per_order_per_s=round(SINGLE_ORDERS / single_s, 1),
        shipped=shipped,
        not_shipped=total - shipped,
    )


class Spent(NamedTuple):
    """Wall seconds of intake and of the stages, CPU seconds of all processes that worked, and the largest one's memory."""

    intake_s: float
    stages_s: float
    cpu_s: float
    peak_rss_mb: float


def _work_here(office: Office, documents: Iterator[bytes], orders: int, _workers: int) -> Spent:
    """In this process: take a few thousand in, work them through, and so on."""
    intake_s = stages_s = cpu_s = 0.0
    with office.engine() as engine:
        for group in _groups(documents, orders):
            cpu, began = time.process_time(), time.perf_counter()
            _take_in(office, group)
            took_in = time.perf_counter()
            engine.drain()
            intake_s += took_in - began
            stages_s += time.perf_counter() - took_in
            cpu_s += time.process_time() - cpu
    return Spent(intake_s, stages_s, cpu_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _work_elsewhere(office: Office, documents: Iterator[bytes], orders: int, workers: int) -> Spent:
    """In worker processes: take everything in, start them, and wait; timed from the first batch's start to the last one's end."""
    began = time.perf_counter()
    for group in _groups(documents, orders):
        _take_in(office, group)
    intake_s = time.perf_counter() - began
    command = [sys.executable, "-c", "from afterclick.cli.main import app; app()", "worker", "--office", str(office.folder)]
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(workers)]  # noqa: S603  # our own command
    try:
        while _unfinished(office):
            time.sleep(POLL_S)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=60)
    with office.database.reading() as tx:
        first_ms, last_ms = tx.rows("SELECT MIN(started_ms), MAX(finished_ms) FROM batches WHERE bot = ?", (FULFIL,))[0]
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(intake_s, (last_ms - first_ms) / 1000, children.ru_utime + children.ru_stime, children.ru_maxrss / 1024)


def _unfinished(office: Office) -> bool:
    with office.database.reading() as tx:
        return bool(
            tx.value(
                "SELECT (SELECT COUNT(*) FROM queue WHERE bot = ?) + (SELECT COUNT(*) FROM batches WHERE finished_ms = 0)",
                (FULFIL,),
            )
        )


def _take_in(office: Office, documents: list[bytes]) -> None:
    with office.database.transaction() as tx:
        arrived = take_in(tx, documents, store="store", by="bench", now_ms=office.clock.now_ms())
        office.record(tx, arrived.events, by="bench")


def _one_by_one(office: Office, engine: Engine, documents: list[bytes]) -> float:
    """The same orders as batches of one: what a durable run per order costs."""
    _take_in(office, documents)
    with office.database.transaction() as tx:
        waiting = tx.rows("SELECT id FROM orders WHERE state = 'received'")
        tx.run("DELETE FROM queue WHERE bot = ?", (FULFIL,))
        now_ms = office.clock.now_ms()
        batches = [
            queue.open_batch(tx, FULFIL, "1", [order_id], executor=engine.executor, now_ms=now_ms) for (order_id,) in waiting
        ]
    began = time.perf_counter()
    for batch in batches:
        engine.runtime.run(batch)
    return time.perf_counter() - began


def _write_raw(source: Database, path: Path, url: str) -> float:
    """Copy every row of the office into an empty database of the same kind; returns the seconds spent writing."""
    target = Database(_second_database(url) if url else sqlite_url(path))
    metadata.create_all(target.engine)
    spent = 0.0
    for table in metadata.sorted_tables:
        columns = tuple(table.columns.keys())
        for rows in _chunks(source, table, columns):
            began = time.perf_counter()
            with target.transaction() as tx:
                tx.insert(table, columns, rows)
            spent += time.perf_counter() - began
    target.dispose()
    return spent


def _second_database(url: str) -> str:
    """A new, empty database beside the one at `url`."""
    first = Database(url)
    name = f"{sqlalchemy.make_url(url).database}_raw"
    with first.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}"')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    first.dispose()
    return sqlalchemy.make_url(url).set(database=name).render_as_string(hide_password=False)


def _chunks(source: Database, table: Table, columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    order = ", ".join(column.name for column in table.primary_key.columns)
    with source.reading() as tx:
        cursor = tx.cursor(f"SELECT {', '.join(columns)} FROM {table.name} ORDER BY {order}")  # noqa: S608
        while rows := cursor.fetchmany(ROWS_PER_COMMIT):
            yield rows


def _rows(database: Database) -> int:
    with database.reading() as tx:
        return sum(tx.value(f"SELECT COUNT(*) FROM {table.name}") for table in metadata.sorted_tables)  # noqa: S608


def _groups(documents: Iterator[bytes], most: int) -> Iterator[list[bytes]]:
    left = most
    while left > 0 and (group := list(islice(documents, min(left, DOCUMENTS_AT_ONCE)))):
        left -= len(group)
        yield group

"""One database transaction, spoken to in sets: the same few verbs on SQLite and PostgreSQL."""

import itertools
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

Dialect = Literal["sqlite", "postgresql"]
Value = int | str | float | bool | None
Row = tuple[Any, ...]

ROWS_PER_STATEMENT: Final = (160, 16, 1)
"""SQLite writes rows about a third faster 160 to a statement than one by one; more brings nothing."""
_ALIKE: Final = 8
"""Rows of an update that get the same values, at least and on average, for it to be said once for all of them."""
_savepoints = itertools.count(1)
_POSTGRESQL: Final = postgresql.dialect()


class Tx:
    """A transaction in progress. SQL is written with `?` for each value; statements act on sets, never on one item."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect: Dialect = "postgresql" if connection.dialect.name == "postgresql" else "sqlite"
        self._driver: Any = connection.connection.driver_connection

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """All rows of a query, as plain tuples."""
        return self._execute(sql, values).fetchall()

    def packed(self, columns: tuple[str, ...], source: str, values: Sequence[Value] = ()) -> list[Row]:
        """`columns` of what stands after FROM, for rows by the thousand: in no order, and texts and numbers only.

        They are read as one value. At every row the driver gives the interpreter away and asks for it back, which beside other
        threads takes much longer than the reading.
        """
        listed = ", ".join(columns)
        if self.dialect == "sqlite":
            sql = f"SELECT json_group_array(json_array({listed})) FROM {source}"  # noqa: S608  # names from code
        else:
            sql = f"SELECT COALESCE(json_agg(json_build_array({listed})), '[]')::text FROM {source}"  # noqa: S608  # likewise
        return msgspec.json.decode(self.value(sql, values), type=list[Row])

    def cursor(self, sql: str, values: Sequence[Value] = ()) -> Any:
        """The driver's cursor over a query's rows, for results too large to hold: `fetchmany` reads on."""
        if self.dialect == "sqlite":
            return self._execute(sql, values)
        named = self._driver.cursor(name=f"reading_{next(_savepoints)}")
        return named.execute(self._placed(sql), values)

    def value(self, sql: str, values: Sequence[Value] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self._execute(sql, values).fetchone()
        return None if found is None else found[0]

    def run(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run one statement; returns how many rows it touched."""
        return self._execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        """Run one statement for each row of values, as one batch."""
        if rows:
            self._driver.cursor().executemany(self._placed(sql), rows)

    def insert(self, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Value]]) -> None:
        """Insert rows in bulk: many rows a statement on SQLite, `COPY` on PostgreSQL."""
        if not rows:
            return
        if self.dialect == "sqlite":
            written = 0
            for size in ROWS_PER_STATEMENT:
                sql = _insert_sql(table.name, columns, size)
                while len(rows) - written >= size:
                    self._driver.execute(sql, list(chain.from_iterable(rows[written : written + size])))
                    written += size
            return
        with self._driver.cursor().copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def update(
        self, table: Table, *, keys: tuple[str, ...], sets: tuple[str, ...], rows: Sequence[Sequence[Value]], add: bool = False
    ) -> None:
        """Update many rows at once; each row holds the new values of `sets`, then the `keys`.

        With `add`, values are added to what is there.
        """
        if not rows:
            return
        if self.dialect == "sqlite":
            assignments = ", ".join(f"{name} = {name} + ?" if add else f"{name} = ?" for name in sets)
            alike = _by_values(rows, len(sets)) if len(keys) == 1 and not add else {}
            if alike:
                for values, whom in alike.items():
                    condition, value = self.among(whom)
                    self.run(f"UPDATE {table.name} SET {assignments} WHERE {keys[0]} {condition}", (*values, value))  # noqa: S608
                return
            where = " AND ".join(f"{name} = ?" for name in keys)
            self._driver.executemany(f"UPDATE {table.name} SET {assignments} WHERE {where}", rows)  # noqa: S608
            return
        arrays = ", ".join(_json_array(_column_type(table, name)) for name in (*sets, *keys))
        names = ", ".join((*sets, *keys))
        assignments = ", ".join(f"{name} = {table.name}.{name} + v.{name}" if add else f"{name} = v.{name}" for name in sets)
        where = " AND ".join(f"{table.name}.{name} = v.{name}" for name in keys)
        sql = f"UPDATE {table.name} SET {assignments} FROM unnest({arrays}) AS v({names}) WHERE {where}"  # noqa: S608  # names from code
        self.run(sql, [msgspec.json.encode(column).decode() for column in zip(*rows, strict=True)])

    def among(self, values: Iterable[int] | Iterable[str]) -> tuple[str, Value]:
        """A condition `IN`, and its one value: `sql, value = tx.among(ids)` → `WHERE id {sql}` with `value` as parameter."""
        listed = list(values)
        text = msgspec.json.encode(listed).decode()
        if self.dialect == "sqlite":
            return "IN (SELECT value FROM json_each(?))", text
        if not listed:
            return "= ANY('{}') AND ? = '[]'", text  # an empty list has no type of its own
        return f"= ANY({_json_array('bigint' if isinstance(listed[0], int) else 'text')})", text

    def take(self, counter: str, count: int = 1) -> int:
        """Take `count` numbers from a gapless counter; returns the first. Held until commit, given back on rollback."""
        sql = (
            "INSERT INTO counters (name, next) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET next = counters.next + ? RETURNING next"
        )
        return self.value(sql, (counter, 1 + count, count)) - count

    def savepoint(self, *, kept: bool = True) -> "Savepoint":
        """A point inside the transaction to fall back to: the block is undone when it raises, or when it is not to be `kept`."""
        return Savepoint(self, f"point_{next(_savepoints)}", kept=kept)

    def _execute(self, sql: str, values: Sequence[Value]) -> Any:
        return self._driver.execute(self._placed(sql), values)

    def _placed(self, sql: str) -> str:
        return sql if self.dialect == "sqlite" else sql.replace("%", "%%").replace("?", "%s")


class Savepoint:
    """See `Tx.savepoint`."""

    def __init__(self, tx: Tx, name: str, *, kept: bool) -> None:
        self._tx = tx
        self._name = name
        self._kept = kept

    def __enter__(self) -> None:
        self._tx.run(f"SAVEPOINT {self._name}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is not None or not self._kept:
            self._tx.run(f"ROLLBACK TO SAVEPOINT {self._name}")
        self._tx.run(f"RELEASE SAVEPOINT {self._name}")


def _by_values(rows: Sequence[Sequence[Value]], sets: int) -> dict[tuple[Value, ...], list[Any]]:
    """The keys of the rows that get the same values, by these; nothing where too few are alike for it to pay."""
    alike: dict[tuple[Value, ...], list[Any]] = {}
    for row in rows:
        alike.setdefault(tuple(row[:sets]), []).append(row[sets])
    return alike if len(rows) >= _ALIKE * len(alike) else {}


def _json_array(kind: str) -> str:
    """A PostgreSQL array from one JSON text, which is written in one go; the driver would write a list element by element."""
    return f"ARRAY(SELECT x::{kind} FROM json_array_elements_text(?::json) AS x)"  # noqa: S608  # types from code


def _column_type(table: Table, column: str) -> str:
    return str(table.c[column].type.compile(dialect=_POSTGRESQL))


@lru_cache(maxsize=256)
def _insert_sql(table: str, columns: tuple[str, ...], rows: int) -> str:
    places = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([places] * rows)}"  # noqa: S608  # names from code

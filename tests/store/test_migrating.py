"""An office of any age opens at the version of the program, with everything in it; a newer one is refused."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from afterclick.store import log
from afterclick.store.database import Database, sqlite_url
from afterclick.store.log import Block, Event
from afterclick.store.migrating import NewerOffice, known, migrate, upgrade
from afterclick.store.tables import metadata
from tests.store.draft_version import draft


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    """A database without an office in it, unlike that of the other tests of the store."""
    opened = Database(empty_database_url)
    yield opened
    opened.dispose()


def test_a_fresh_office_has_the_tables_that_the_program_describes(database: Database) -> None:
    migrate(database)
    with database.engine.begin() as connection:
        todo = draft(connection)
    assert not todo, f"tables.py has changed; put this into a new file in store/migrations/versions:\n{todo}"


@pytest.mark.sqlite_only
def test_a_migrated_office_is_written_down_in_the_same_words_as_a_described_one(database: Database, tmp_path: Path) -> None:
    """What the migration tool does not compare, such as WITHOUT ROWID, shows in SQLite's own text of the tables."""
    migrate(database)
    described = Database(sqlite_url(tmp_path / "described.sqlite"))
    metadata.create_all(described.engine)
    assert _words(database) == _words(described), "a version file says it otherwise than tables.py"
    described.dispose()


def test_a_change_in_the_tables_is_noticed(database: Database) -> None:
    migrate(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE doubtful_labels")
        connection.exec_driver_sql("DROP INDEX tasks_item")
        todo = draft(connection)
    assert "op.create_table('doubtful_labels'" in todo
    assert "op.create_index('tasks_item'" in todo


def test_an_office_of_the_first_version_opens_at_the_newest_with_its_rows_intact(database: Database) -> None:
    with database.engine.begin() as connection:
        upgrade(connection, known()[0])
    with database.transaction() as tx:
        tx.run("INSERT INTO items (sku, name, price) VALUES ('A', 'Apple', 100)")
        log.append(tx, Block(1, "somebody", "1"), [Event("order.received", 7)])
    migrate(database)
    with database.reading() as tx:
        assert tx.rows("SELECT sku, name, price FROM items") == [("A", "Apple", 100)]
        assert tx.value("SELECT version_num FROM alembic_version") == known()[-1]
        assert log.verify(tx).ok
    with database.engine.begin() as connection:
        assert not draft(connection)


def test_an_office_of_a_newer_program_is_refused_and_left_as_it_is(database: Database) -> None:
    migrate(database)
    with database.transaction() as tx:
        tx.run("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerOffice, match=r"newer Afterclick: it is at version 9999.* install"):
        migrate(database)
    with database.reading() as tx:
        assert tx.value("SELECT version_num FROM alembic_version") == "9999"


def test_an_upgrade_that_fails_leaves_the_office_as_it_was(database: Database) -> None:
    with database.engine.begin() as connection:
        upgrade(connection, known()[0])
        connection.exec_driver_sql("CREATE TABLE doubtful_labels (somebody_elses INTEGER)")
    with pytest.raises(Exception, match="already exists"):
        migrate(database)
    with database.reading() as tx:
        assert tx.value("SELECT version_num FROM alembic_version") == known()[0]


def test_two_processes_that_migrate_at_once_do_it_once(database: Database) -> None:
    others = [Database(database.url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, others))
    for other in others:
        other.dispose()
    with database.reading() as tx:
        assert tx.rows("SELECT version_num FROM alembic_version") == [(known()[-1],)]


def test_looking_whether_an_office_is_up_to_date_is_one_look(database: Database) -> None:
    migrate(database)
    asked: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        migrate(database)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert asked[-1] == "SELECT version_num FROM alembic_version"
    assert len(asked) <= 3, asked  # first whether there is such a table


def test_an_office_that_is_up_to_date_opens_without_the_migration_tool(database: Database) -> None:
    migrate(database)
    program = (
        "import sys; from afterclick.store.database import Database; from afterclick.store.migrating import migrate;"
        "migrate(Database(sys.argv[1])); assert 'alembic' not in sys.modules, 'alembic was imported'"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", program, database.url], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _words(database: Database) -> dict[str, str]:
    with database.reading() as tx:
        rows = tx.rows("SELECT name, sql FROM sqlite_master WHERE name <> 'alembic_version' AND sql IS NOT NULL")
    return {name: " ".join(sql.split()) for name, sql in rows}

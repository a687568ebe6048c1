"""Bring the database of an office up to the version that this program works with.

A version is a file in `migrations/versions`, named `<number>_<what changed>.py`. After a change in `tables.py`,

    python tests/store/draft_version.py

prints what a new version file has to do. Versions that were released are never changed, and there is no way back: an
office is restored from its backup instead.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from afterclick.store.database import Database

MIGRATIONS: Final = Path(__file__).with_name("migrations")
_LOCK: Final = 0x4146_5445_5243_4C4B  # "AFTERCLK", the number of the lock under which PostgreSQL is migrated


class NewerOffice(RuntimeError):
    """The office was made, or last opened, by a newer Afterclick; an older one would spoil it."""


def migrate(database: Database) -> None:
    """Bring the office up to date, all versions in one transaction; one process at a time, others wait.

    Costs one query when there is nothing to do.

    Raises:
        NewerOffice: this program does not know the office's version.
    """
    with database.reading() as tx:
        version = _version(tx.connection)
    if version == known()[-1]:
        return
    with database.engine.begin() as connection:
        if not database.is_sqlite:  # on SQLite the transaction itself is the lock
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        upgrade(connection, known()[-1])


def known() -> list[str]:
    """The versions that this program knows, oldest first."""
    return sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def upgrade(connection: Connection, target: str) -> None:
    """Take the steps from the office's version to `target`, in the transaction of `connection`.

    Raises:
        NewerOffice: as for `migrate`.
    """
    from alembic.migration import MigrationContext  # imported here: half a second that most starts do not need
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    version = _version(connection)
    if version is not None and version not in known():
        raise NewerOffice(
            f"this office was made by a newer Afterclick: it is at version {version}, and this program knows versions up to"
            f" {known()[-1]}; install the newer Afterclick, or restore a backup from before the upgrade"
        )
    script = ScriptDirectory(str(MIGRATIONS))
    context = MigrationContext.configure(connection)
    with Operations.context(context):
        for step in reversed(list(script.iterate_revisions(target, version or "base"))):
            step.module.upgrade()
            context.stamp(script, step.revision)


def _version(connection: Connection) -> str | None:
    """The office's version; None for a database without an office in it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()

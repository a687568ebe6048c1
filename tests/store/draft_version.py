"""Print what a new version of the database has to do, after a change in `store/tables.py`: see `store/migrating.py`."""

from typing import Any

import sqlalchemy
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import MigrationScript
from sqlalchemy import Connection

from afterclick.store.migrating import known, upgrade
from afterclick.store.tables import metadata


def missing(connection: Connection) -> MigrationScript:
    """The steps from the database as it is to the one that `tables.py` describes; DBOS's own tables are none of ours."""

    def ours(_thing: object, name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        return not (kind == "table" and reflected and name not in metadata.tables)

    options: dict[str, Any] = {"compare_type": True, "compare_server_default": _other_default, "include_object": ours}
    return produce_migrations(MigrationContext.configure(connection, opts=options), metadata)


def draft(connection: Connection) -> str:
    """The body of `upgrade` for the next version; empty when the versions give what `tables.py` describes."""
    steps = missing(connection).upgrade_ops
    return "" if steps is None or steps.is_empty() else render_python_code(steps)


def _other_default(
    context: MigrationContext, _there: object, _wanted: object, there: str | None, _default: object, wanted: str | None
) -> bool | None:
    """Whether a column's default differs; on SQLite the tool takes an empty text for none, so there we look ourselves."""
    if context.dialect.name != "sqlite":
        return None
    return (there or "").strip("()'") != (wanted or "").strip("()'")


def main() -> None:
    with sqlalchemy.create_engine("sqlite://").begin() as connection:
        upgrade(connection, known()[-1])
        print(draft(connection) or "# nothing has changed since the last version")  # noqa: T201


if __name__ == "__main__":
    main()

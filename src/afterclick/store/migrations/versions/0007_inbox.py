"""The inbox: who has a task, what was asked back, and one-time links; and orders that ended are found by their state."""

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, Text, text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables, widen the tasks, and index what the pages list."""
    for name in ("level", "told"):
        op.add_column("tasks", _number(name))
    op.add_column("tasks", _text("assignee"))
    op.drop_index("tasks_open", "tasks")
    _index("tasks_open", "tasks", ["expires_ms", "id"], "state = 'open'")
    _index("orders_ended", "orders", ["state", "id"], "state IN ('refused', 'cancelled')")
    _index("orders_parent", "orders", ["parent"], "parent IS NOT NULL")
    op.create_index("amendments_order", "amendments", ["order_id"])
    op.create_table(
        "questions",
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        _number("task"), _text("asked_by"), _number("asked_ms"), _text("to_whom"), _text("question"), _text("answer"),
        _text("answered_by"), _number("answered_ms"),
        Column("sent", Boolean, nullable=False, server_default=text("false")),
    )  # fmt: skip
    op.create_index("questions_task", "questions", ["task"])
    op.create_table(
        "links",
        Column("hash", Text, primary_key=True, autoincrement=False),
        _text("purpose"), _text("person"), _text("address"), _number("mail"), _text("unsent"), _number("made_ms"),
        _number("expires_ms"), _number("used_ms"),
    )  # fmt: skip
    _index("links_unsent", "links", ["mail"], "unsent <> ''")


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=text(where), postgresql_where=text(where))

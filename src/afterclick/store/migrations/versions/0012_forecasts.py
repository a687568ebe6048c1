"""Forecasts, and the plans of what to buy because of them, come into the office."""

from alembic import op
from sqlalchemy import BigInteger, Column, Float, Integer, Text, text

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables of forecasts and plans."""
    op.create_table(
        "forecast_runs", _row_id(), _number("made_ms"), _text("first_day"), _number("horizon"), _text("levels"), _number("items"),
        _text("model"), _text("measured"), _real("seconds"), _text("because"),
    )  # fmt: skip
    op.create_table(
        "forecasts", _key("sku"), _key("run", BigInteger), _text("mean"), _text("quantiles"), _text("spans"), _text("past"),
        _text("told"), _real("next_weeks"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_table(
        "plans", _row_id(), _number("made_ms"), _number("run"), _number("items"), _number("lines"), _text("currency"),
        _number("worth"), _text("fan"), _text("made_by"),
    )  # fmt: skip
    op.create_table(
        "plan_lines", _key("plan", BigInteger), _key("no", Integer), _text("sku"), _text("warehouse"), _text("vendor"),
        _number("pieces"), _number("worth"), _text("source"), _text("state"), _text("because"), _text("figures"),
        Column("purchase", BigInteger),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index("plan_lines_sku", "plan_lines", ["sku", "plan"])


def _row_id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _key(name: str, kind: type[Text | BigInteger | Integer] = Text) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _real(name: str) -> Column[float]:
    return Column(name, Float, nullable=False, server_default=text("0"))

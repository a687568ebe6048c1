"""What is expected to sell, and what was proposed to be bought because of it."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table
from sqlalchemy import text as sql

from afterclick.store.tables.columns import clustered, key, metadata, number, text

past_sales = clustered(  # of the time before the first order, as files tell; days count from 1970; `value` in minor units
    "past_sales",
    key("sku"), key("day", BigInteger), number("quantity"), number("largest"), number("lines"), number("value"),
)  # fmt: skip
forecast_runs = Table(  # `levels` and `measured` are JSON: the quantile levels, and how the backtest came out per model
    "forecast_runs", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("made_ms"), text("first_day"), number("horizon"), text("levels"), number("items"), text("model"),
    text("measured"), Column("seconds", Float, nullable=False, server_default=sql("0")), text("because"),
)  # fmt: skip
forecasts = clustered(  # of the latest runs, one a week; figures are JSON lists, a figure per week; `past` is JSON of kept.Past
    "forecasts",
    key("sku"), key("run", BigInteger), text("mean"), text("quantiles"), text("spans"), text("past"), text("told"),
    Column("next_weeks", Float, nullable=False, server_default=sql("0")),
)  # fmt: skip
plans = Table(  # `fan` is JSON of planning.kept.Fanned: stock and money to come
    "plans", metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    number("made_ms"), number("run"), number("items"), number("lines"), text("currency"), number("worth"), text("fan"),
    text("made_by"),
)  # fmt: skip
plan_lines = clustered(  # state: see planning.kept.Line; `figures` is JSON of what the number is made of
    "plan_lines",
    key("plan", BigInteger), key("no", Integer), text("sku"), text("warehouse"), text("vendor"), number("pieces"),
    number("worth"), text("source"), text("state"), text("because"), text("figures"), Column("purchase", BigInteger),
    Index("plan_lines_sku", "sku", "plan"),
)  # fmt: skip

"""Today against a usual day: what has happened so far, beside the mean of the same weekday in the last four weeks."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from statistics import fmean
from typing import Final, NamedTuple

import msgspec
from markupsafe import Markup

from afterclick.control_room.charts import Series, line
from afterclick.control_room.first_page.overview import Figure, Panel, Source
from afterclick.governance import figures
from afterclick.governance.audit import times
from afterclick.store.transaction import Tx

DAYS: Final = 28
SHIPPED: Final = "/orders?state=shipped&"
_WEEK: Final = 7


class _Card(msgspec.Struct):
    """What must be known of a bot's card."""

    works_on: str


_read: Final = msgspec.json.Decoder(_Card).decode


class Measure(NamedTuple):
    """What is counted: its words, where its cases of a day are, how activity and verdict of its events read, and whether only
    what bots over orders did is meant."""

    label: str
    href: str
    term: str
    activity: tuple[str, ...]
    verdicts: tuple[str, ...] = ()
    of_orders: bool = False

    def covers(self, figure: figures.Figure, over_orders: Collection[str]) -> bool:
        """Whether these events are of that kind."""
        return (
            figure.activity.startswith(self.activity)
            and (not self.verdicts or figure.verdict in self.verdicts)
            and (not self.of_orders or figure.actor in over_orders)
        )


# An order that goes on after a change is recorded as `received` too, though with a verdict. People are also asked about what
# stands still, and by those who propose something. A purchase may be refused as well; here orders are counted.
MEASURES: Final = (
    Measure("came in", "/orders?", "Came in", ("received",), ("",)),
    Measure("shipped", SHIPPED, "Shipped", ("shipped",), ("Done",)),
    Measure("asked of people", "/inbox?state=any&", "Ask", ("left.", "stuck", "proposed."), ("Ask", figures.FAILED)),
    Measure("refused by a rule", "/orders?state=refused&", "Refuse", ("left.",), ("Refuse",), of_orders=True),
    Measure("decided by people", "/inbox?state=decided&", "Decision", ("decided.",)),
)


def panels(tx: Tx, now_ms: int) -> Sequence[Panel]:
    """One panel, over the daily figures alone."""
    today = figures.day_of(now_ms)
    counted = count(tx, today)
    day = times.day_of(now_ms)
    weekday = f"{datetime.fromtimestamp(now_ms / 1000, UTC):%A}"
    shown = tuple(
        Figure(
            f"{counted[one.label].get(today, 0):,}",
            one.label,
            f"{one.href}day={day}",
            note=_usually(counted[one.label], today, weekday),
            term=one.term,
        )
        for one in MEASURES
    )
    return [
        Panel("today", "Today against a usual day", shown, chart=_chart(counted["shipped"], today), term="Usual day", full=True)
    ]


SOURCE: Final = Source("orders.read", "orders", panels)


def count(tx: Tx, today: int) -> dict[str, dict[int, int]]:
    """For each measure, how often it happened on each of the last days; days before on which nothing happened are left out."""
    counted: dict[str, dict[int, int]] = {one.label: {} for one in MEASURES}
    over_orders = [bot for bot, card in tx.rows("SELECT id, card FROM bots") if card and _read(card).works_on == "order"]
    for figure in figures.of_days(tx, today - DAYS, today).happened:
        for one in MEASURES:
            days = counted[one.label]
            days[figure.day] = days.get(figure.day, 0) + (figure.count if one.covers(figure, over_orders) else 0)
    counted["shipped"][today] = _shipped(tx, today)
    return counted


def _shipped(tx: Tx, today: int) -> int:
    """The orders that are shipped since today: one that was called back, and shipped again, is one."""
    span = (today * figures.DAY_MS, (today + 1) * figures.DAY_MS)
    return tx.value("SELECT COUNT(*) FROM orders WHERE state = 'shipped' AND since_ms >= ? AND since_ms < ?", span)


def usual(days: dict[int, int], day: int, today: int) -> list[int]:
    """The same weekday in the four weeks before today."""
    return [value for other, value in days.items() if other < today and (other - day) % _WEEK == 0]


def _usually(days: dict[int, int], today: int, weekday: str) -> str:
    before = usual(days, today, today)
    return f"a usual {weekday} in all: {fmean(before):,.0f}" if before else "so far today"


def _date(day: int) -> str:
    return times.day_of(day * figures.DAY_MS)


def _chart(days: dict[int, int], today: int) -> Markup:
    """The orders that shipped on each of the last days, once there is a day to compare with."""
    shown = range(today - DAYS, today + 1)
    if not any(day < today for day in days):
        return Markup('<p class="none">First day: nothing to compare with yet.</p>')
    before = [usual(days, day, today) or [0] for day in shown]
    return line(
        "Orders shipped on each of the last four weeks' days",
        [f"{datetime.fromtimestamp(day * 86_400, UTC):%d %b}" for day in shown],
        Series("shipped", [days.get(day, 0) for day in shown], 1, [f"{SHIPPED}day={_date(day)}" for day in shown]),
        usual=Series("usual for the weekday", [fmean(values) for values in before], 2),
        band=([min(values) for values in before], [max(values) for values in before]),
        says=f"{days.get(today, 0):,} so far today; the table below holds every day.",
        unit="day",
        broad=True,
    )

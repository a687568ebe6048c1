"""Today against a usual day: what has happened so far, beside the mean of the same weekday in the last four weeks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import fmean
from typing import Final, NamedTuple

from markupsafe import Markup

from afterclick.control_room.charts import Series, line
from afterclick.control_room.first_page.overview import Figure, Panel, Source
from afterclick.governance import figures
from afterclick.store.transaction import Tx

DAYS: Final = 28
_WEEK: Final = 7


class Measure(NamedTuple):
    """What is counted: its words, where its cases are, and how activity and verdict of its events read."""

    label: str
    href: str
    term: str
    activity: str
    verdicts: tuple[str, ...] = ()

    def covers(self, figure: figures.Figure) -> bool:
        """Whether these events are of that kind."""
        return figure.activity.startswith(self.activity) and (not self.verdicts or figure.verdict in self.verdicts)


MEASURES: Final = (
    Measure("came in", "/orders", "Came in", "received"),
    Measure("shipped", "/orders?state=shipped", "Shipped", "shipped", ("Done",)),
    Measure("asked of people", "/inbox", "Ask", "left.", ("Ask", figures.FAILED)),
    Measure("refused by a rule", "/orders?state=refused", "Refuse", "left.", ("Refuse",)),
    Measure("decided by people", "/inbox?state=decided", "Decision", "decided."),
)


def panels(tx: Tx, now_ms: int) -> Sequence[Panel]:
    """One panel, over the daily figures alone."""
    today = figures.day_of(now_ms)
    counted = count(tx, today)
    weekday = f"{datetime.fromtimestamp(now_ms / 1000, UTC):%A}"
    shown = tuple(
        Figure(
            f"{counted[one.label].get(today, 0):,}",
            one.label,
            one.href,
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
    """For each measure, how often it happened on each of the last days; days on which nothing at all happened are left out."""
    counted: dict[str, dict[int, int]] = {one.label: {} for one in MEASURES}
    for figure in figures.of_days(tx, today - DAYS, today).happened:
        for one in MEASURES:
            days = counted[one.label]
            days[figure.day] = days.get(figure.day, 0) + (figure.count if one.covers(figure) else 0)
    return counted


def usual(days: dict[int, int], day: int, today: int) -> list[int]:
    """The same weekday in the four weeks before today."""
    return [value for other, value in days.items() if other < today and (other - day) % _WEEK == 0]


def _usually(days: dict[int, int], today: int, weekday: str) -> str:
    before = usual(days, today, today)
    return f"a usual {weekday} in all: {fmean(before):,.0f}" if before else "so far today"


def _chart(days: dict[int, int], today: int) -> Markup:
    """The orders that shipped on each of the last days, once there is a day to compare with."""
    shown = range(today - DAYS, today + 1)
    if not any(day < today for day in days):
        return Markup('<p class="none">First day: nothing to compare with yet.</p>')
    before = [usual(days, day, today) or [0] for day in shown]
    return line(
        "Orders shipped on each of the last four weeks' days",
        [f"{datetime.fromtimestamp(day * 86_400, UTC):%d %b}" for day in shown],
        Series("shipped", [days.get(day, 0) for day in shown], 1),
        usual=Series("usual for the weekday", [fmean(values) for values in before], 2),
        band=([min(values) for values in before], [max(values) for values in before]),
        says=f"{days.get(today, 0):,} so far today; the table below holds every day.",
        unit="day",
        broad=True,
    )

"""The plan: what is bought of what, why, and where it leads."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from markupsafe import Markup

from afterclick.control_room.charts import Series, line
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.procurement.access import SeesSupply
from afterclick.procurement.buying.stopping import standing
from afterclick.procurement.forecasting import kept as forecasts
from afterclick.procurement.planning import kept
from afterclick.procurement.planning.kept import Fanned

ROWS: Final = 50
LISTS: Final = {"": "everything", "ordered": "to buy", "withheld": "withheld", "moved": "to move"}


def add(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/supply")
    def plan(
        who: SeesSupply,
        number: Annotated[int, Query(alias="plan", ge=0, lt=2**62)] = 0,
        only: Annotated[str, Query(max_length=20)] = "",
        after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    ) -> Response:
        """The newest plan, or an earlier one."""
        if only not in LISTS:
            raise Problem(422, f"there is no list {only!r}; choose one of {', '.join(name for name in LISTS if name)}")
        with room.database.reading() as tx:
            found = kept.latest(tx, plan=number)
            if number and found is None:
                raise Problem(404, f"there is no plan {number}")
            lines = kept.lines(tx, found.id, after=after, limit=ROWS + 1, state=only) if found else []
            run, stopped = forecasts.latest_run(tx), standing(tx)
            asked = tx.value("SELECT COUNT(DISTINCT item) FROM tasks WHERE item_kind = 'purchase' AND state = 'open'")
        fan = found.fan if found else None
        return html.page(
            "plan.html", who=who, here="supply", plan=found, lines=lines[:ROWS], lists=LISTS, only=only, first=not after,
            more=lines[ROWS - 1].no if len(lines) > ROWS else 0, run=run, stopped=stopped, now_ms=room.now_ms(),
            charts=drawn(fan, found.currency) if found and fan else (), asked=asked,
            served=fan.fill[-1][len(fan.levels) // 2] if fan and fan.fill else None,
        )  # fmt: skip


def drawn(fan: Fanned, currency: str) -> Sequence[Markup]:
    """Stock and money to come, as fans: from the 5 % to the 95 % case, and the middle."""
    weeks = [f"+{week} w" for week in range(1, len(fan.stock) + 1)]
    least, middle, most = 0, len(fan.levels) // 2, len(fan.levels) - 1

    def chart(title: str, rows: Sequence[Sequence[float]], *, unit: str, scale: float = 100.0) -> Markup:
        shown = [[row[at] / scale for row in rows] for at in (least, middle, most)]
        lowest = min(min(shown[0]), 0.0)
        says = f"{title}: in the middle case {shown[1][-1]:,.0f} {unit} after {len(rows)} weeks; in nine cases of ten between "
        says += f"{shown[0][-1]:,.0f} and {shown[2][-1]:,.0f}."
        if lowest < 0:  # the axis begins at 0: what is below is told in words and in the table
            shown = [[max(0.0, value) for value in values] for values in shown]
        return line(title, weeks, Series("middle case", shown[1]), band=(shown[0], shown[2]), says=says, unit=unit)

    return (
        chart("Stock, at cost", fan.stock, unit=currency),
        chart("Wanted pieces served", fan.fill, unit="%", scale=0.01),
    )

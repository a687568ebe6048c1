"""Forecasts for programs: the SKUs by what they are expected to sell, and each week by week."""

import math
from typing import Annotated, Final

import msgspec
from fastapi import Path, Query, Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface
from afterclick.control_room.problems import Problem
from afterclick.procurement.access import SeesSupply
from afterclick.procurement.forecasting import kept as forecasts
from afterclick.procurement.item_pages import listed as of_run
from afterclick.procurement.shapes import Forecast, ForecastWeek

MOST: Final = 1e12
"""Beyond what any SKU sells."""


class ForecastListed(msgspec.Struct, frozen=True):
    """A SKU with the pieces it is expected to sell in the next weeks together; `told` says in words what that rests on."""

    sku: str
    name: str
    expected: float
    told: str


class ForecastPage(msgspec.Struct, frozen=True):
    """A page of the newest forecasts: `expected` is over so many `weeks`, `made_ms` is 0 and `model` empty before there are any.

    `next` is the cursor of the page after it, empty on the last.
    """

    made_ms: int
    model: str
    weeks: int
    forecasts: tuple[ForecastListed, ...]
    next: str


def add(api: Interface) -> None:
    """The routes under `/api/v1/supply/forecasts`."""
    room = api.room

    @api.get("/supply/forecasts", ForecastPage)
    def listed(
        who: SeesSupply,
        q: Annotated[str, Query(max_length=100, description="How the SKU begins.")] = "",
        cursor: Annotated[str, Query(max_length=300, description="`next` of the page before.")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
    ) -> Response:
        """The SKUs by what they are expected to sell in the next weeks, most first."""
        below, after = _place(cursor) if cursor else (0.0, "")
        with room.database.reading() as tx:
            run = forecasts.latest_run(tx)
            rows = of_run(tx, run.id, q=q.strip(), most=below, after=after, limit=limit + 1) if run else []
        shown = tuple(ForecastListed(*row) for row in rows[:limit])
        further = f"{shown[-1].expected!r} {shown[-1].sku}" if len(rows) > limit else ""
        made_ms, model = (run.made_ms, run.model) if run else (0, "")
        return Given(ForecastPage(made_ms, model, forecasts.NEXT_WEEKS, shown, further))

    @api.get("/supply/forecasts/{sku}", Forecast, refuses=(404,))
    def forecast(
        who: SeesSupply, sku: Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
    ) -> Response:  # fmt: skip
        """What a SKU is expected to sell in the coming weeks, and what that rests on."""
        with room.database.reading() as tx:
            found = forecasts.of_item(tx, sku)
        if found is None:
            raise Problem(404, f"there is no forecast of {sku[:80]}")
        run, one = found
        weeks = zip(run.weeks(), one.mean, one.quantiles, strict=True)
        return Given(Forecast(sku, run.made_ms, run.model, run.levels, tuple(ForecastWeek(*week) for week in weeks), one.told))


def _place(cursor: str) -> tuple[float, str]:
    """Where the page before ended: what its last SKU is expected to sell, and that SKU."""
    expected, _, sku = cursor.partition(" ")
    try:
        below = float(expected)
    except ValueError:
        below = math.nan
    if not sku or not 0 <= below <= MOST:
        raise Problem(422, f"{cursor[:40]!r} is no cursor of this list; start again from its first page")
    return below, sku

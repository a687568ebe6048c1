"""What each SKU is expected to sell, what that rests on, and what the plan makes of it."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.procurement.access import SeesSupply
from afterclick.procurement.buying import listing, records
from afterclick.procurement.forecasting import kept as forecasts
from afterclick.procurement.planning import kept as plans
from afterclick.procurement.scouting import readings
from afterclick.store.transaction import Row, Tx, Value

ROWS: Final = 50
_LEVELS: Final = "SELECT warehouse, on_hand, reserved, on_order, reorder_point FROM stock_levels WHERE sku = ? ORDER BY warehouse"


def add(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/supply/items")
    def items(
        who: SeesSupply,
        q: Annotated[str, Query(max_length=100)] = "",
        most: Annotated[float, Query(ge=0, le=1e12)] = 0,
        after: Annotated[str, Query(max_length=300)] = "",
    ) -> Response:
        """The SKUs by what they are expected to sell in the next weeks, most first."""
        with room.database.reading() as tx:
            run = forecasts.latest_run(tx)
            found = listed(tx, run.id, q=q.strip(), most=most, after=after, limit=ROWS + 1) if run else []
        return html.page(
            "items.html", who=who, here="supply", run=run, items=found[:ROWS], q=q.strip(), first=not after,
            more=found[ROWS - 1] if len(found) > ROWS else None, weeks=forecasts.NEXT_WEEKS,
        )  # fmt: skip

    @router.get("/supply/items/{sku:path}")
    def item(who: SeesSupply, sku: str) -> Response:
        """One SKU: its forecast, its stock, its plan, its offers and what scouts have read."""
        from afterclick.procurement.forecasting.sheets import figure  # numpy and polars: only who looks at a forecast loads them
        from afterclick.procurement.item_drawing import as_drawn

        with room.database.reading() as tx:
            known = tx.rows("SELECT name, category, price, currency FROM items WHERE sku = ?", (sku,))
            found = forecasts.of_item(tx, sku)
            if not known and found is None:
                raise Problem(404, f"there is no SKU {sku[:60]!r}")
            levels = tx.rows(_LEVELS, (sku,))
            lines = plans.of_item(tx, sku)
            offers = records.offers(tx, skus=[sku])
            orders = listing.listed(tx, sku=sku, limit=10).purchases
            read = readings.history(tx, sku=sku, limit=10)
        drawing = figure(as_drawn(*found), found[1].told) if found else ""
        return html.page(
            "item.html", who=who, here="supply", sku=sku, item=known[0] if known else ("", "", 0, ""),
            run=found[0] if found else None, drawing=drawing, levels=levels, lines=lines, offers=offers, orders=orders,
            readings=read, now_ms=room.now_ms(),
        )  # fmt: skip


def listed(tx: Tx, run: int, *, q: str, most: float, after: str, limit: int) -> list[Row]:
    """(SKU, name, expected in the next weeks, what it rests on) of a run, most expected first; `most` and `after` say where the
    page before ended. With `q`, only SKUs that begin so."""
    where, values = ["f.run = ?"], list[Value]([run])
    if q:
        where.append("f.sku >= ? AND f.sku < ?")
        values += [q, q + "\U0010ffff"]
    if after:
        where.append("(f.next_weeks < ? OR (f.next_weeks = ? AND f.sku > ?))")
        values += [most, most, after]
    return tx.rows(
        "SELECT f.sku, COALESCE(i.name, ''), f.next_weeks, f.told FROM forecasts f LEFT JOIN items i ON i.sku = f.sku"  # noqa: S608
        f" WHERE {' AND '.join(where)} ORDER BY f.next_weeks DESC, f.sku LIMIT ?",
        (*values, limit),
    )

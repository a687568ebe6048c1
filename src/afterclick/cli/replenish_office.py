"""`afterclick replenish plan` and `explain`: what this office would buy now, and why."""

from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.output import (
    HERE,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    console,
    figures,
    opened,
    plain,
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.procurement.planning.kept import Line
    from afterclick.procurement.replenish import Planned

MOST_SHOWN = 40


def plan(
    folder: OfficeOption = HERE,
    *,
    buy: Annotated[bool, typer.Option("--buy", help="Propose the purchase orders, as the bot does each night.")] = False,
    fresh: Annotated[bool, typer.Option("--forecast", help="Forecast anew first, instead of using the last night's.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Show so many lines.")] = MOST_SHOWN,
    as_json: JsonOption = False,
) -> None:
    """Draw up the plan of this office: what to buy of what for where, why, and where it leads. Buys nothing without --buy."""
    from afterclick.procurement import replenish
    from afterclick.procurement.buying.desk import desk_of

    needs = "supply.change" if buy or fresh else "supply.read"
    with acting(folder, needs) as (office, who):
        desk, now_ms = desk_of(office.seller()), office.clock.now_ms()
        currency = desk.buyer.seller.currency
        if fresh:
            _forecast(office, by=who.id)
        with office.database.reading() as tx:
            found = replenish.planned(tx, office.policy.planning, currency=currency, now_ms=now_ms)
        if isinstance(found, str):
            raise Refused(found)
        if buy:
            with office.database.transaction() as tx:
                office.record(tx, replenish.put(tx, found, desk, by=who.id, now_ms=now_ms), by=who.id)
    _say(found, currency, limit, bought=buy, as_json=as_json)


def explain(
    sku: Annotated[str, typer.Argument(metavar="SKU")], folder: OfficeOption = HERE, *, as_json: JsonOption = False
) -> None:
    """Say of one SKU what is expected to sell, what that rests on, and what the last plan made of it."""
    from afterclick.procurement.forecasting import kept as forecasts
    from afterclick.procurement.planning import kept as plans

    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        found, lines = forecasts.of_item(tx, sku), plans.of_item(tx, sku)
    if found is None and not lines:
        raise Refused(f"nothing is forecast or planned of {sku!r}; forecasts are made each night of every SKU that was sold")
    if as_json:
        say_json({"sku": sku, "run": found[0] if found else None, "forecast": found[1] if found else None, "plan": lines})
        return
    if found:
        run, one = found
        typer.echo(plain(one.told))
        low, high = 0, len(run.levels) - 1
        shown = table("week", "expected", f"{run.levels[low]:.0%}", f"{run.levels[high]:.0%}", right=("expected",))
        for week, mean, spread in zip(run.weeks(), one.mean, one.quantiles, strict=True):
            shown.add_row(f"{week}", f"{mean:,.1f}", f"{spread[low]:,.1f}", f"{spread[high]:,.1f}")
        console().print(shown)
    for line in lines:
        _tell(line)


def _forecast(office: "Office", *, by: str) -> None:
    from afterclick.procurement import foresee
    from afterclick.procurement.forecasting import kept
    from afterclick.store.log import Event

    try:
        with office.database.reading() as tx:
            made = foresee.made(tx, country=office.settings.text("shop.country"), now_ms=office.clock.now_ms())
    except ModuleNotFoundError as error:
        raise Refused(f"a forecast needs {error.name}: install afterclick[forecast,files]") from error
    if isinstance(made, str):
        raise Refused(made)
    with office.database.transaction() as tx:
        number = kept.keep(tx, made.run, made.forecasts)
        office.record(tx, [Event("demand.forecast", None, f"forecast/{number}", "Done", f"{made.run.items:,} SKUs")], by=by)


def _say(found: "Planned", currency: str, limit: int, *, bought: bool, as_json: bool) -> None:
    from afterclick.control_room.words import money

    made = found.drafted.plan
    if as_json:
        withheld = [{"sku": one.place[0], "warehouse": one.place[1], "because": one.because} for one in found.drafted.stays]
        say_json({
            "day": made.day, "currency": currency, "worth": made.money, "bought": bought, "proposals": made.proposals,
            "transfers": made.transfers, "withheld": withheld, "fan": found.fan,
        })  # fmt: skip
        return
    middle = len(found.fan.levels) // 2
    figures({
        "places looked at": f"{len(found.drafted.now.rows):,}", "lines": f"{len(made.proposals):,}",
        "cost": money(made.money, currency), "served in the middle case": f"{found.fan.fill[-1][middle]:.1%}",
    })  # fmt: skip
    shown = table("SKU", "for", "pieces", "cost", "vendor", "because", right=("pieces", "cost"), long=("because",))
    for one in made.proposals[:limit]:
        wanted = found.drafted.wanted.get(one.need)
        vendor = wanted.chosen.vendor if wanted else "nobody"
        shown.add_row(
            plain(one.sku), plain(one.place), f"{one.pieces:,}", money(one.money, currency), plain(vendor), plain(one.because)
        )
    if made.proposals:
        console().print(shown)
    for one in made.transfers[:limit]:
        typer.echo(plain(f"{one.sku}: {one.because}"))
    for stays in found.drafted.stays[:limit]:
        typer.echo(plain(f"{stays.place[0]} for {stays.place[1]}: {stays.because}"))
    if not bought and (made.proposals or made.transfers):
        tell("nothing was bought or moved; --buy proposes these as purchase orders and transfers")


def _tell(line: "Line") -> None:
    typer.echo(plain(f"{line.warehouse}: {line.state} {line.pieces:,}. {line.because}"))
    if line.figures:
        figures({
            "position": f"{line.figures.position:,} ({line.figures.on_hand:,} on hand, {line.figures.coming:,} on order, "
            f"{line.figures.reserved:,} promised)",
            "expected a week": f"{line.figures.rate:,.1f}", "reorder level": f"{line.figures.level:,.0f}",
            "chance that it lasts": f"{line.figures.ratio:.1%}", "usual order": f"{line.figures.usual:,}",
        })  # fmt: skip

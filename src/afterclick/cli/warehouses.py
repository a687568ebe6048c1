"""`afterclick warehouses …`: where the shop's goods lie."""

from typing import Annotated

import typer

from afterclick.cli.output import (
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    console,
    opened,
    plain,
    say,
    say_json,
    table,
    tell,
)

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Warehouses: list them, add one, change what is said of one.")


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List the warehouses."""
    from afterclick.inventory.warehouses import known

    with opened(folder, "stock.read") as office, office.database.reading() as tx:
        found = known(tx)
    if as_json:
        say_json({"warehouses": found})
        return
    right = ("north", "east", "handling")
    shown = table("warehouse", "name", "country", *right, right=right)
    for one in found:
        shown.add_row(
            plain(one.id), plain(one.name), plain(one.country), f"{one.latitude:.1f}", f"{one.longitude:.1f}", f"{one.handling:,}"
        )
    if found:
        console().print(shown)
    else:
        tell("there is no warehouse yet; add one with `afterclick warehouses set MAIN --country DE`")


@app.command("set")
def set_(
    warehouse: Annotated[str, typer.Argument(metavar="WAREHOUSE", help="As files name it: MAIN, W1.")],
    folder: OfficeOption = HERE,
    name: Annotated[str | None, typer.Option("--name", help="As people say it.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="ISO 3166-1 alpha-2, as in DE.")] = None,
    latitude: Annotated[float | None, typer.Option("--latitude", help="Degrees north; else the country's middle.")] = None,
    longitude: Annotated[float | None, typer.Option("--longitude", help="Degrees east.")] = None,
    handling: Annotated[int | None, typer.Option("--handling", min=0, max=1_000_000, help="Minor units a parcel.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Add a warehouse, or change what is said of one; what is left out stays as it is."""
    import msgspec

    from afterclick.inventory.warehouses import NotAWarehouse, put

    given: dict[str, str | float | int | None] = {
        "name": name, "country": country.upper() if country else country, "latitude": latitude, "longitude": longitude,
        "handling": handling,
    }  # fmt: skip
    with acting(folder, "stock.change") as (office, who), office.database.transaction() as tx:
        try:
            after, events = put(tx, warehouse, {field: value for field, value in given.items() if value is not None})
        except NotAWarehouse as error:
            raise Refused(str(error)) from error
        office.record(tx, events, by=who.id)
    say(msgspec.to_builtins(after), as_json=as_json)

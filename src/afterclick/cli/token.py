"""`afterclick token …`: tokens by which programs ask the office."""

from typing import Annotated

import typer

from afterclick.cli.output import (
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    actor,
    console,
    opened,
    say_json,
    table,
    tell,
)

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Tokens for programs: make, list and revoke.")
Name = Annotated[str, typer.Argument(metavar="TOKEN", help="Its name, by which the log knows the program.")]


@app.command()
def add(
    name: Name,
    may: Annotated[list[str], typer.Option("--may", metavar="PERMISSION", help="For example orders.read; may be repeated.")],
    folder: OfficeOption = HERE,
    desks: Annotated[list[str] | None, typer.Option("--desk", metavar="DESK", help="Only at this desk; may be repeated.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="How long it lasts.")] = 90,
    bot: Annotated[str, typer.Option("--bot", metavar="BOT", help="The identity of this bot, within its card.")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a token, and print it this once."""
    from afterclick.governance.people import tokens
    from afterclick.governance.people.tokens import NewToken
    from afterclick.governance.permissions import DESKS, PERMISSIONS, Desk

    unknown = [one for one in may if one not in PERMISSIONS] + [one for one in desks or () if one not in DESKS]
    if unknown:
        raise Refused(f"there is no {unknown[0]}; permissions: {', '.join(PERMISSIONS)}; desks: {', '.join(DESKS)}")
    at: list[Desk] = [one for one in DESKS if not desks or one in desks]
    new = NewToken(name, [one for one in PERMISSIONS if one in may], at, days, bot)
    with opened(folder) as office:
        by = actor(office)
        with office.database.transaction() as tx:
            secret = tokens.make(tx, new, by=by, maker=None, now_ms=office.clock.now_ms())
    if as_json:
        say_json({"name": name, "token": secret})
        return
    tell("copy it now, it is not shown again; send it as Authorization: Bearer …, or set AFTERCLICK_TOKEN")
    typer.echo(secret)


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List every token; never its secret."""
    import msgspec

    from afterclick.control_room.words import instant
    from afterclick.governance.people import tokens

    with opened(folder, "people.read") as office:
        with office.database.reading() as tx:
            found = tokens.listed(tx)
        now_ms = office.clock.now_ms()
    if as_json:
        say_json({"tokens": [msgspec.to_builtins(one) | {"state": one.state(now_ms)} for one in found]})
        return
    shown = table("token", "made by", "may", "desks", "ends (UTC)", "last used (UTC)", "state", long=("may",))
    for one in found:
        may, desks = ", ".join(one.permissions), ", ".join(one.desks)
        shown.add_row(one.name, one.made_by, may, desks, instant(one.ends_ms), instant(one.used_ms) or "-", one.state(now_ms))
    if found:
        console().print(shown)
    else:
        tell("there is no token")


@app.command()
def revoke(name: Name, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """End a token; a running office notices within seconds."""
    from afterclick.governance.people import tokens

    with acting(folder, "people.manage") as (office, who), office.database.transaction() as tx:
        tokens.revoke(tx, name, by=who, now_ms=office.clock.now_ms())
    if as_json:
        say_json({"name": name, "revoked": True})
    else:
        tell(f"{name} is revoked")

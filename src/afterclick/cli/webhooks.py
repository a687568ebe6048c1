"""`afterclick webhooks …`: who is told of what happens, and what came of it."""

from typing import TYPE_CHECKING, Annotated, TypeVar

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
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from afterclick.governance.permissions import Permission
    from afterclick.store.transaction import Tx

T = TypeVar("T")
app = typer.Typer(cls=Commands, no_args_is_help=True, help="Webhooks out: tell other programs what happened.")
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The subscription's number.")]


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List who is told of what."""
    from afterclick.control_room.outgoing import subscriptions

    with opened(folder, "integrations.read") as office, office.database.reading() as tx:
        found, counted = subscriptions.listed(tx), subscriptions.counted(tx)
    rows = [
        {"id": one.id, "url": one.url, "events": one.events, "state": one.state,
         "waiting": counted.get(one.id, {}).get("waiting", 0), "dead": counted.get(one.id, {}).get("dead", 0)}
        for one in found
    ]  # fmt: skip
    if as_json:
        say_json({"webhooks": rows})
        return
    shown = table("number", "address", "events", "state", "waiting", "given up", right=("waiting", "given up"), long=("address",))
    for one in rows:
        shown.add_row(*(plain(", ".join(value) if isinstance(value, tuple) else value) for value in one.values()))
    if rows:
        console().print(shown)
    else:
        tell("nobody is told of anything yet: afterclick webhooks add https://… --event shipped")


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to tell: an https address.")],
    events: Annotated[list[str], typer.Option("--event", "-e", metavar="NAME", help="shipped, asked.*, or * for all.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Tell somebody of events from now on; prints the secret by which they are signed, this once."""
    from afterclick.control_room.outgoing.subscriptions import Impossible

    with acting(folder, "webhooks.manage") as (office, who):
        desk = office.subscribing()
        try:
            made = desk.prepare(url, by=who.id)
            with office.database.transaction() as tx:
                found = desk.add(tx, made, events, by=who.id)
        except (ValueError, Impossible) as error:
            raise Refused(str(error)) from error
    if as_json:
        say_json({"id": found.id, "url": found.url, "events": found.events, "secret": made.secret})
        return
    typer.echo(made.secret)
    tell(f"webhook {found.id} is told of {', '.join(found.events)}; the secret above is not shown again")


@app.command()
def pause(number: Number, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Send it nothing for a while; what comes waits."""
    _change(folder, number, "paused", as_json=as_json)


@app.command()
def resume(number: Number, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Go on, with what waited."""
    _change(folder, number, "active", as_json=as_json)


@app.command()
def end(number: Number, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Tell it nothing more; what waits is dropped."""
    _change(folder, number, "ended", as_json=as_json)


@app.command()
def tellings(
    number: Number,
    folder: OfficeOption = HERE,
    state: Annotated[str, typer.Option("--state", help="waiting, told or dead; all if left out.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000)] = 50,
    *,
    as_json: JsonOption = False,
) -> None:
    """What it was told, the newest first, and what came of it."""
    from afterclick.control_room.outgoing import subscriptions
    from afterclick.control_room.words import instant

    def attempts(tx: "Tx", _by: str, _now_ms: int) -> "list[subscriptions.Attempted]":
        return subscriptions.attempts(tx, subscriptions.one(tx, number).id, state=state, limit=limit)

    found = _done(folder, "integrations.read", attempts)
    if as_json:
        say_json({"tellings": found})
        return
    shown = table("telling", "event", "state", "tries", "answered", "next try (UTC)", "said", long=("said",), right=("tries",))
    for one in found:
        shown.add_row(
            str(one.id), plain(one.activity), one.state, str(one.tries), str(one.status or "-"), instant(one.next_ms) or "-",
            plain(one.said[:120]),
        )  # fmt: skip
    console().print(shown)


@app.command()
def replay(
    number: Number,
    folder: OfficeOption = HERE,
    telling: Annotated[int, typer.Option("--telling", min=0, help="One telling once more.")] = 0,
    hours: Annotated[float, typer.Option("--hours", min=0.0, help="All that happened in the last so many hours.")] = 0.0,
    *,
    as_json: JsonOption = False,
) -> None:
    """Tell it once more: one telling, or all of the last hours."""
    from afterclick.control_room.outgoing import subscriptions

    if bool(telling) == bool(hours):
        raise Refused("name either --telling or --hours")

    def again(tx: "Tx", by: str, now_ms: int) -> int:
        if telling:
            return subscriptions.tell_again(tx, number, telling, by=by, now_ms=now_ms)
        from_ms = now_ms - round(hours * 3_600_000)
        return subscriptions.replay(tx, number, from_ms=from_ms, to_ms=now_ms, by=by, now_ms=now_ms)

    count = _done(folder, "webhooks.manage", again)
    if as_json:
        say_json({"webhook": number, "events": count})
    else:
        tell(f"webhook {number} is told of {count:,} events once more")


def _change(folder: OfficeOption, number: int, state: str, *, as_json: bool) -> None:
    from afterclick.control_room.outgoing import subscriptions

    found = _done(folder, "webhooks.manage", lambda tx, by, now_ms: subscriptions.change(tx, number, state, by=by, now_ms=now_ms))
    if as_json:
        say_json({"id": found.id, "state": found.state})
    else:
        tell(f"webhook {number} is {found.state}")


def _done(folder: OfficeOption, needs: "Permission", does: "Callable[[Tx, str, int], T]") -> T:
    """What something gives that is done in the name of whoever acts: given a transaction, their name and the instant."""
    from afterclick.control_room.outgoing.subscriptions import Impossible, NoSubscription

    with acting(folder, needs) as (office, who), office.database.transaction() as tx:
        try:
            return does(tx, who.id, office.clock.now_ms())
        except (NoSubscription, Impossible) as error:
            raise Refused(str(error.args[0])) from error

"""`afterclick bots …`: who works here, and who is resting."""

from typing import Annotated

import typer

from afterclick.cli.output import (
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    console,
    figures,
    opened,
    person,
    plain,
    say_json,
    table,
    tell,
)

app = typer.Typer(cls=Commands, no_args_is_help=True, help="The registered bots: list, pause, resume, or let one rehearse.")
Bot = Annotated[str, typer.Argument(metavar="BOT", help="The bot's id, for example orders.fulfil.")]


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List every registered bot."""
    from afterclick.control_room.words import instant
    from afterclick.engine import register

    with opened(folder) as office, office.database.reading() as tx:
        found = register.listed(tx)
        cards = dict(tx.rows("SELECT id, card FROM bots"))
    if as_json:
        say_json({"bots": [one._asdict() for one in found]})
        return
    shown = table("bot", "does", "owner", "version", "state", "mode", "last run (UTC)", long=("does",))
    for one in found:
        shown.add_row(one.id, _does(cards[one.id]), one.owner, one.version, one.state, one.mode, instant(one.last_run_ms) or "-")
    if found:
        console().print(shown)
    else:
        tell("no bot is registered yet: the first `afterclick run` registers them")


@app.command()
def show(bot: Bot, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show a bot's card: what it does, who owns it, what starts it, and what it may do outside."""
    import msgspec

    with opened(folder) as office, office.database.reading() as tx:
        rows = tx.rows("SELECT version, owner, card, state, mode, registered_ms, last_run_ms FROM bots WHERE id = ?", (bot,))
        queued = tx.value("SELECT COALESCE(SUM(size), 0) FROM queue WHERE bot = ?", (bot,))
    if not rows:
        raise Refused(f"there is no bot {bot}; `afterclick bots list` names them")
    version, owner, card, state, mode, registered_ms, last_run_ms = rows[0]
    result: dict[str, object] = {
        "id": bot, "version": version, "owner": owner, "state": state, "mode": mode, "registered_ms": registered_ms,
        "last_run_ms": last_run_ms, "queued": int(queued), "card": msgspec.json.decode(card),
    }  # fmt: skip
    if as_json:
        say_json(result)
        return
    figures({name: value for name, value in result.items() if name != "card" and not name.endswith("_ms")})
    console().print(plain(msgspec.json.format(str(card), indent=2)))


@app.command()
def pause(bot: Bot, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Let a bot rest: what it has in hand it finishes, what comes waits for it."""
    _change(folder, bot, state="paused", as_json=as_json)


@app.command()
def resume(bot: Bot, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Let a paused bot work again."""
    _change(folder, bot, state="active", as_json=as_json)


@app.command()
def mode(
    bot: Bot,
    to: Annotated[str, typer.Argument(metavar="MODE", help="live, shadow or dry-run.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let a bot act (live), or only say what it would do (shadow, dry-run)."""
    _change(folder, bot, mode=to, as_json=as_json)


def _change(folder: OfficeOption, bot: str, *, as_json: bool, state: str | None = None, mode: str | None = None) -> None:
    from afterclick.engine import register

    with opened(folder) as office, office.database.transaction() as tx:
        try:
            register.change(tx, bot, by=person(), now_ms=office.clock.now_ms(), state=state, mode=mode)
        except (KeyError, ValueError) as error:
            raise Refused(str(error.args[0])) from error
        now = next(one for one in register.listed(tx) if one.id == bot)
    if as_json:
        say_json(now._asdict())
    else:
        tell(f"{bot} is {now.state}, mode {now.mode}")


def _does(card: str) -> str:
    import msgspec

    return plain(msgspec.json.decode(card, type=dict[str, object]).get("does", ""))

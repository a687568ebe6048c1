"""`afterclick bots …`: who works here, and who is resting."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from afterclick.cli.output import (
    HERE,
    Because,
    Commands,
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
from afterclick.cli.replay_view import replayed

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.governance.lifecycle import Verb
    from afterclick.store.transaction import Tx

MOST_COUNTS: Final = 10_000
"""Transactions in which the figures are brought up to date, at most."""
app = typer.Typer(cls=Commands, no_args_is_help=True, help="The registered bots: their life, what they bring, and which to drop.")
Days = Annotated[int, typer.Option("--days", min=1, max=3_650, help="How many days back, today among them.")]
WithoutReplay = Annotated[
    str, typer.Option("--without-replay", metavar="TEXT", help="Why a new version may work although nobody has replayed it.")
]
Bot = Annotated[str, typer.Argument(metavar="BOT", help="The bot's id, for example orders.fulfil.")]


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List every registered bot."""
    from afterclick.control_room.words import instant
    from afterclick.engine import register

    with opened(folder, "bots.read") as office, office.database.reading() as tx:
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

    from afterclick.governance.cards import Card

    with opened(folder, "bots.read") as office, office.database.reading() as tx:
        rows = tx.rows(
            "SELECT version, owner, card, state, mode, registered_ms, last_run_ms, because, approved, digest FROM bots"
            " WHERE id = ?",
            (bot,),
        )
        approved_by = dict(tx.rows("SELECT digest, approved_by FROM bot_versions WHERE bot = ?", (bot,)))
        queued = tx.value("SELECT COALESCE(SUM(size), 0) FROM queue WHERE bot = ?", (bot,))
    if not rows:
        raise Refused(f"there is no bot {bot}; `afterclick bots list` names them")
    version, owner, card, state, mode, registered_ms, last_run_ms, because, approved, digest = rows[0]
    result: dict[str, object] = {
        "id": bot, "version": version, "owner": owner, "state": state, "because": because,
        "mode": mode, "card_digest": digest, "approved_digest": approved, "approved_by": approved_by.get(approved, ""),
        "registered_ms": registered_ms, "last_run_ms": last_run_ms, "queued": int(queued),
        "permissions": sorted(msgspec.json.decode(card, type=Card).permissions), "card": msgspec.json.decode(card),
    }  # fmt: skip
    if as_json:
        say_json(result)
        return
    figures({name: value for name, value in result.items() if name != "card" and not name.endswith("_ms")})
    console().print(plain(msgspec.json.format(str(card), indent=2)))


@app.command()
def propose(bot: Bot, folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """Put a bot's card forward, to be tested and approved anew."""
    _take(folder, bot, "propose", because, as_json=as_json)


@app.command()
def test(bot: Bot, folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """See whether a proposed card is whole, so that somebody may approve it."""
    _take(folder, bot, "test", because, as_json=as_json)


@app.command()
def approve(bot: Bot, folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """Stand for a tested card; somebody else must have proposed it."""
    _take(folder, bot, "approve", because, as_json=as_json)


@app.command()
def replay(
    bot: Bot,
    folder: OfficeOption = HERE,
    days: Annotated[int, typer.Option("--days", min=1, max=3_650, help="Over so many days.")] = 90,
    cases: Annotated[int, typer.Option("--cases", min=0, help="Show so many cases.")] = 20,
    *,
    as_json: JsonOption = False,
) -> None:
    """Judge what a bot decided by its rules as they are now, and show what would have gone differently; changes nothing."""
    from afterclick.engine import vetting

    with acting(folder, "bots.operate", "bots.approve") as (office, who):
        with office.database.reading() as tx:
            order = vetting.order(tx, bot, days=days)._replace(question_minutes=office.settings.number("policy.question_minutes"))
        replayed(office, who, order, cases=cases, as_json=as_json)


@app.command()
def activate(
    bot: Bot,
    folder: OfficeOption = HERE,
    because: Because = "",
    without_replay: WithoutReplay = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Let an approved bot work."""
    _take(folder, bot, "activate", because, without_replay, as_json=as_json)


@app.command()
def pause(bot: Bot, folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """Let a bot rest: what it has in hand it finishes, what comes waits for it."""
    _take(folder, bot, "pause", because, as_json=as_json)


@app.command()
def resume(
    bot: Bot,
    folder: OfficeOption = HERE,
    because: Because = "",
    without_replay: WithoutReplay = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Let a paused bot work again."""
    _take(folder, bot, "resume", because, without_replay, as_json=as_json)


@app.command()
def retire(bot: Bot, folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """End a bot's work for good; propose it to bring it back."""
    _take(folder, bot, "retire", because, as_json=as_json)


@app.command()
def mode(
    bot: Bot,
    to: Annotated[str, typer.Argument(metavar="MODE", help="live, shadow or dry-run.")],
    folder: OfficeOption = HERE,
    because: Because = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Let a bot act (live), or only say what it would do (shadow, dry-run)."""
    from afterclick.governance import lifecycle

    with acting(folder, "bots.operate") as (office, who), office.database.transaction() as tx:
        lifecycle.set_mode(tx, bot, to, who=who, because=because, now_ms=office.clock.now_ms())
        _say_state(tx, bot, as_json=as_json)


@app.command()
def own(
    bot: Bot,
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="A team that the office knows, or person:NAME.")],
    folder: OfficeOption = HERE,
    because: Because = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Give a bot another owner."""
    from afterclick.governance import lifecycle

    with acting(folder, "bots.propose") as (office, who), office.database.transaction() as tx:
        lifecycle.set_owner(tx, bot, owner, who=who, because=because, now_ms=office.clock.now_ms())
        _say_state(tx, bot, as_json=as_json)


@app.command()
def sprawl(folder: OfficeOption = HERE, days: Days = 30, *, as_json: JsonOption = False) -> None:
    """Name bots that are unused, doubled, allowed too much, ownerless, expired or failing."""
    from afterclick.governance import sprawl as looking

    with opened(folder, "bots.read") as office:
        _count(office)
        with office.database.reading() as tx:
            found = looking.report(tx, days=days, now_ms=office.clock.now_ms())
    if as_json:
        say_json(found)
        return
    shown = table("finding", "bot", "why", long=("why",))
    for title in ("lapsed", "unused", "unused_permissions", "failing"):
        for one in getattr(found, title):
            shown.add_row(title.replace("_", " "), one.bot, plain(one.because))
    for title in ("overlapping", "same_purpose"):
        for pair in getattr(found, title):
            shown.add_row(title.replace("_", " "), f"{pair.one}, {pair.other}", plain(pair.because))
    if found.findings:
        console().print(shown)
    elif found.too_young:
        tell("nothing so far: every bot has an owner, none doubles another, and none failed")
    else:
        tell(f"nothing: in {days} days every bot worked, has an owner, used what it may, and none doubles another")
    if found.too_young:
        tell(found.not_judged)


@app.command()
def roi(folder: OfficeOption = HERE, days: Days = 30, *, as_json: JsonOption = False) -> None:
    """What each bot brings, measured from the log; those that cost more than they bring first."""
    from afterclick.control_room.words import money
    from afterclick.governance import investment
    from afterclick.governance.figures import day_of

    with opened(folder, "bots.read") as office:
        _count(office)
        today = day_of(office.clock.now_ms())
        with office.database.reading() as tx:
            found = investment.returns(tx, office.terms(), first=today - days + 1, last=today)
    if as_json:
        say_json(found)
        return
    columns = ("done", "untouched", "replaced h", "decisions h", "rework h", "failures h", "run cost", "net", "95 % between")
    shown = table("bot", *columns, right=columns)
    for one in (*found.bots, found.total):
        minutes = (one.replaced_minutes, one.decision_minutes, one.rework_minutes, one.failure_minutes)
        between = "too few days"
        if one.low is not None and one.high is not None:
            between = f"{money(one.low, found.currency)} to {money(one.high, found.currency)}"
        shown.add_row(
            one.bot or "in sum", plain(one.done), plain(one.untouched), *(f"{value / 60:,.1f}" for value in minutes),
            money(one.run_cost, found.currency), money(one.net, found.currency), between,
            style="bold" if not one.bot else None,
        )  # fmt: skip
    console().print(shown)


def _take(folder: OfficeOption, bot: str, verb: "Verb", because: str, without_replay: str = "", *, as_json: bool) -> None:
    from afterclick.governance import lifecycle

    with acting(folder, lifecycle.STEPS[verb].needs) as (office, who), office.database.transaction() as tx:
        now_ms = office.clock.now_ms()
        lifecycle.take(tx, bot, verb, who=who, because=because, without_replay=without_replay, now_ms=now_ms)
        _say_state(tx, bot, as_json=as_json)


def _say_state(tx: "Tx", bot: str, *, as_json: bool) -> None:
    from afterclick.engine import register

    now = next(one for one in register.listed(tx) if one.id == bot)
    if as_json:
        say_json(now._asdict())
    else:
        tell(f"{bot} is {now.state}, mode {now.mode}, owned by {now.owner}")


def _count(office: "Office") -> None:
    """Bring the figures up to the end of the log, also where the office is not running."""
    from afterclick.engine import rounds

    rounds.count(office.database, most=MOST_COUNTS)


def _does(card: str) -> str:
    import msgspec

    return plain(msgspec.json.decode(card, type=dict[str, object]).get("does", ""))

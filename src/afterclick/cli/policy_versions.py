"""The commands of `afterclick policy` that make versions, replay them, and put them in force."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

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
from afterclick.cli.replay_view import replayed

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.engine.replaying import Order
    from afterclick.governance.permissions import Permission

EITHER: Final["tuple[Permission, ...]"] = ("policy.propose", "policy.activate")
"""Those may replay and withdraw who propose versions, and who put them in force."""
Number = Annotated[int, typer.Argument(metavar="VERSION", help="The number of a version; `policy versions` names them.")]
Note = Annotated[str, typer.Option("--note", "-n", metavar="TEXT", help="Why; it stays on record.")]


def join(app: typer.Typer) -> None:
    """Make these commands words of `afterclick policy`."""
    for command in (versions, propose, replay, activate, withdraw, rollback):
        app.command()(command)


def versions(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List the versions of the policy, the latest first."""
    from afterclick.control_room.words import instant
    from afterclick.governance.versions import listed

    with opened(folder, "policy.read") as office, office.database.reading() as tx:
        found = listed(tx)
    if as_json:
        say_json(found)
        return
    shown = table("version", "state", "proposed by", "proposed", "in force by", "note", right=("version",), long=("note",))
    for one in found:
        state = f"{one.state} {one.share} %" if one.state == "canary" else one.state
        shown.add_row(
            str(one.number), state, plain(one.proposed_by), instant(one.proposed_ms), plain(one.activated_by), plain(one.note)
        )
    console().print(shown)


def propose(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The office's policy.toml if left out.")] = None,
    folder: OfficeOption = HERE,
    note: Note = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a changed file a version. It is not in force by that: replay it, and let somebody else activate it."""
    from afterclick.governance.versions import propose as proposed

    text = (file or folder / "policy.toml").read_text(encoding="utf-8")
    with acting(folder, "policy.propose") as (office, who), office.database.transaction() as tx:
        number = proposed(tx, text, who=who, note=note, now_ms=office.clock.now_ms())
    _say(number, "proposed", as_json=as_json)
    tell(f"next: afterclick policy replay --version {number}")


def replay(
    folder: OfficeOption = HERE,
    file: Annotated[Path | None, typer.Option("--policy", metavar="FILE", help="Replay this file.")] = None,
    version: Annotated[int, typer.Option("--version", metavar="N", help="Replay this version.")] = 0,
    days: Annotated[int, typer.Option("--days", min=1, help="Over so many days.")] = 90,
    bot: Annotated[str, typer.Option("--bot", metavar="ID", help="One bot's verdicts only.")] = "",
    cases: Annotated[int, typer.Option("--cases", min=0, help="Show so many cases.")] = 20,
    *,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Compare with what the log says instead of the active version.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Judge what was recorded by another policy, and show what would have gone differently; nothing is changed by that."""
    with acting(folder, *EITHER) as (office, who):
        order = _order(office, file, version, days, bot, recorded=recorded)
        replayed(office, who, order, cases=cases, as_json=as_json)


def activate(
    number: Number,
    folder: OfficeOption = HERE,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Judge beside the active version, and only record differences.")
    ] = False,
    canary: Annotated[int, typer.Option("--canary", metavar="PERCENT", help="Decide for this share of the orders.")] = 0,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Not now but then, in UTC: 2026-03-01T06:00.")] = "",
    without_replay: Annotated[
        str, typer.Option("--without-replay", metavar="TEXT", help="Why it may start although nobody has replayed it.")
    ] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Put a version in force: whole, in shadow, or on a share; now or at a time. Somebody else must have proposed it."""
    from afterclick.governance.versions import Start
    from afterclick.governance.versions import activate as activated

    if shadow and canary:
        raise Refused("choose --shadow or --canary, not both")
    start = Start("shadow" if shadow else "canary" if canary else "active", canary, _instant(at), without_replay)
    with acting(folder, "policy.activate") as (office, who), office.database.transaction() as tx:
        now_ms = office.clock.now_ms()
        activated(tx, number, who=who, start=start, now_ms=now_ms)
    _say(number, "scheduled" if start.at_ms > now_ms else start.starts_as, as_json=as_json)


def withdraw(
    number: Number, folder: OfficeOption = HERE, note: Note = "withdrawn by hand", *, as_json: JsonOption = False
) -> None:
    """Take back a version that is proposed or scheduled."""
    from afterclick.governance.versions import withdraw as withdrawn

    with acting(folder, *EITHER) as (office, who), office.database.transaction() as tx:
        withdrawn(tx, number, who=who, because=note, now_ms=office.clock.now_ms())
    _say(number, "withdrawn", as_json=as_json)


def rollback(folder: OfficeOption = HERE, note: Note = "rolled back by hand", *, as_json: JsonOption = False) -> None:
    """One step back: end the trial, or have the version before this one in force again, at once."""
    from afterclick.governance.versions import roll_back

    with acting(folder, "policy.activate") as (office, who), office.database.transaction() as tx:
        number = roll_back(tx, who=who, because=note, now_ms=office.clock.now_ms())
    _say(number, "active", as_json=as_json)


def _order(office: "Office", file: Path | None, version: int, days: int, bot: str, *, recorded: bool) -> "Order":
    from afterclick.engine.replaying import Order
    from afterclick.governance.policy_check import usable
    from afterclick.governance.versions import version as found

    if file is not None and version:
        raise Refused("choose --policy or --version, not both")
    if version:
        with office.database.reading() as tx:
            text = found(tx, version).text
    else:
        text = (file or office.folder / "policy.toml").read_text(encoding="utf-8")
        usable(text)
    return Order(version, text, days, bot, recorded, office.settings.number("policy.question_minutes"))


def _instant(at: str) -> int:
    if not at:
        return 0
    try:
        found = datetime.fromisoformat(at)
    except ValueError as error:
        raise Refused(f"--at {at}: write a time as 2026-03-01T06:00") from error
    return round((found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _say(number: int, state: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"version": number, "state": state})
    else:
        figures({"version": number, "state": state})

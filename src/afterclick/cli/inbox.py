"""`afterclick inbox …`: what people are asked, and what they answer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.orders.case import Task

ADDRESS = ("name", "line1", "line2", "city", "region", "postcode", "country")

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Questions that the rules could not decide.")
Id = Annotated[int, typer.Argument(metavar="TASK", help="The task's number, as `inbox list` shows it.")]
Note = Annotated[str, typer.Option("--note", "-n", metavar="TEXT", help="Why; it stays on record.")]


@app.command("list")
def list_(
    folder: OfficeOption = HERE,
    state: Annotated[str, typer.Option("--state", help="open, approved, edited, rejected, expired or withdrawn.")] = "open",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000)] = 50,
    after: Annotated[int, typer.Option("--after", help="Go on after this task.")] = 0,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the questions, oldest first."""
    from afterclick.control_room.words import age
    from afterclick.orders.case import tasks

    with opened(folder) as office, office.database.reading() as tx:
        found = tasks(tx, state=state, limit=limit, after=after)
        now_ms = office.clock.now_ms()
    if as_json:
        say_json({"tasks": found})
        return
    shown = table(
        "task", "asks", "about", "at", "for", "because", "proposal", right=("task", "for"), long=("because", "proposal")
    )
    for one in found:
        shown.add_row(
            str(one.id),
            one.who,
            f"{one.item_kind} {one.item}",
            one.stage,
            age(now_ms - one.asked_ms),
            plain(one.because),
            plain(one.proposal),
        )
    if found:
        console().print(shown)
    else:
        tell(f"no {state} question")


@app.command()
def show(task_id: Id, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show one question with the facts that the rule saw."""
    import msgspec

    with opened(folder) as office:
        found = _task(office, task_id)
    facts = msgspec.json.decode(found.facts, type=dict[str, object]) if found.facts.startswith("{") else {}
    if as_json:
        say_json(msgspec.to_builtins(found) | {"facts": facts})
        return
    shown = {
        name: value
        for name, value in msgspec.structs.asdict(found).items()
        if name != "facts" and not name.endswith("_ms") and value
    }
    figures(shown)
    figures(
        {
            f"fact {name}": value if isinstance(value, str | int) else msgspec.json.encode(value).decode()
            for name, value in facts.items()
        }
    )


@app.command()
def approve(task_id: Id, folder: OfficeOption = HERE, note: Note = "", *, as_json: JsonOption = False) -> None:
    """Say yes: the item goes on from where it stopped."""
    from afterclick.orders import decisions

    with opened(folder) as office:
        with office.database.transaction() as tx:
            decisions.approve(tx, task_id, by=person(), note=note, now_ms=office.clock.now_ms())
        _decided(office, task_id, as_json=as_json)


@app.command()
def edit(
    task_id: Id,
    pairs: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="postcode=20095, line.2=3 (pieces of line 2), …; may be repeated.",
        ),
    ],
    folder: OfficeOption = HERE,
    note: Note = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Correct the item, and say yes to what it is then."""
    from afterclick.orders import decisions

    change = _change(pairs)
    with opened(folder) as office:
        with office.database.transaction() as tx:
            decisions.edit(tx, task_id, change, by=person(), note=note, now_ms=office.clock.now_ms())
        _decided(office, task_id, as_json=as_json)


@app.command()
def reject(task_id: Id, folder: OfficeOption = HERE, note: Note = "", *, as_json: JsonOption = False) -> None:
    """Say no: the item is refused, and what was done for it is taken back."""
    from afterclick.orders import decisions

    with opened(folder) as office:
        with office.database.transaction() as tx:
            decisions.reject(tx, task_id, by=person(), note=note, now_ms=office.clock.now_ms())
        _decided(office, task_id, as_json=as_json)


def _change(pairs: Sequence[str]) -> dict[str, dict[str, object]]:
    """What `--set` asks for, as `decisions.edit` reads it."""
    address: dict[str, object] = {}
    lines: dict[str, object] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        line = name.removeprefix("line.")
        if name in ADDRESS:
            address[name] = value
        elif line != name and line.isdecimal() and value.isdecimal() and len(value) < 10:
            lines[line] = int(value)
        else:
            raise Refused(f"--set {pair}: write one of {', '.join(ADDRESS)} or line.NUMBER, then = and the new value")
    change: dict[str, dict[str, object]] = {}
    if address:
        change["address"] = address
    if lines:
        change["quantity"] = {"lines": lines}
    return change


def _task(office: "Office", task_id: int) -> "Task":
    from afterclick.orders.case import task

    with office.database.reading() as tx:
        found = task(tx, task_id)
    if found is None:
        raise Refused(f"there is no task {task_id}; `afterclick inbox list` names the open ones")
    return found


def _decided(office: "Office", task_id: int, *, as_json: bool) -> None:
    found = _task(office, task_id)
    if as_json:
        say_json(
            {
                "task": found.id,
                "state": found.state,
                "item_kind": found.item_kind,
                "item": found.item,
                "decided_by": found.decided_by,
            }
        )
    else:
        tell(f"task {found.id} is {found.state}; the next run goes on with {found.item_kind} {found.item}")

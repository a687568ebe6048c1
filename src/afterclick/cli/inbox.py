"""`afterclick inbox …`: what people are asked, and what they answer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli import asking
from afterclick.cli.output import (
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    console,
    figures,
    opened,
    permitted,
    plain,
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.domain.order import Order
    from afterclick.orders.inbox.tasks import Task

ADDRESS = ("name", "line1", "line2", "city", "region", "postcode", "country")

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Questions that the rules could not decide.")
Id = asking.Id
Note = asking.Note
State = Annotated[str, typer.Option("--state", help="open, decided, approved, edited, rejected, expired, withdrawn or any.")]
Day = Annotated[str, typer.Option("--day", help="As 2026-11-20 (UTC): open ones and any were asked that day; else decided then.")]


@app.command("list")
def list_(
    folder: OfficeOption = HERE,
    state: State = "open",
    who: Annotated[str, typer.Option("--who", help="Only what this team is asked.")] = "",
    stage: Annotated[str, typer.Option("--stage", help="Only what came up at this stage.")] = "",
    assignee: Annotated[str, typer.Option("--assignee", help="Only what this person has, as person:<name>.")] = "",
    day: Day = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000)] = 50,
    cursor: Annotated[str, typer.Option("--cursor", help="Where to go on: `next` of the page before.")] = "",
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only those asked since something failed.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the questions, those first whose time is up first."""
    from afterclick.control_room.words import age
    from afterclick.orders.inbox.tasks import BadCursor, Sought, page

    with opened(folder, "orders.read") as office, office.database.reading() as tx:
        try:
            sought = Sought(state, who, stage, assignee=assignee, day=day, failed=failed)
            listed = page(tx, sought, cursor=cursor, limit=limit)
        except BadCursor:
            raise
        except ValueError as error:
            raise Refused(str(error)) from error
        found, now_ms = listed.tasks, office.clock.now_ms()
    if as_json:
        say_json(listed)
        return
    shown = table(
        "task", "asks", "about", "at", "for", "left", "because", "proposal", right=("task", "for", "left"),
        long=("because", "proposal"),
    )  # fmt: skip
    for one in found:
        shown.add_row(
            str(one.id),
            one.assignee or one.who,
            f"{one.item_kind} {one.item}",
            one.stage,
            age(now_ms - one.asked_ms),
            age(one.expires_ms - now_ms) if one.expires_ms > now_ms else "over",
            plain(one.because),
            plain(one.proposal),
        )
    if found:
        console().print(shown)
    else:
        tell(f"no {state} question" if state != "any" else "no question")
    if listed.next:
        tell(f"more: --cursor {listed.next}")


@app.command()
def show(task_id: Id, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show one question with the facts that the rule saw, what was asked back, and what happened."""
    import msgspec

    from afterclick.orders.cases.other_orders import named, numbers
    from afterclick.orders.inbox import proposals
    from afterclick.orders.inbox.tasks import history, questions
    from afterclick.orders.records import load

    with opened(folder, "orders.read") as office:
        found = _task(office, task_id)
        with office.database.reading() as tx:
            asked, happened = questions(tx, [task_id]).get(task_id, []), history(tx, task_id)
            order, others = load(tx, [found.order_id]).get(found.order_id), numbers(tx, [found.facts])
    facts = msgspec.json.decode(found.facts, type=dict[str, object]) if found.facts.startswith("{") else {}
    if as_json:
        say_json(
            msgspec.to_builtins(found) | {"facts": facts, "questions": asked, "history": [one._asdict() for one in happened]}
        )
        return
    figures(_in_words(found, order) | {"because": named(found.because, others)})
    figures({f"fact: {one.name}": named(one.text, others) for one in proposals.facts_of(found)})
    figures({f"question {one.id} to {one.to_whom}": f"{one.question} — {one.answer or 'no answer yet'}" for one in asked})
    figures({f"{one.activity} by {one.actor}": one.because for one in happened})


@app.command()
def approve(task_id: Id, folder: OfficeOption = HERE, note: Note = "", *, as_json: JsonOption = False) -> None:
    """Say yes: the item goes on from where it stopped."""
    from afterclick.orders.inbox import decisions

    with acting(folder, "orders.decide") as (office, who):
        with office.database.transaction() as tx:
            decisions.approve(tx, task_id, by=who, note=note, now_ms=office.clock.now_ms())
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
    from afterclick.orders.inbox import decisions

    change = _change(pairs)
    with acting(folder, "orders.decide") as (office, who):
        permitted(office, "orders.change")
        with office.database.transaction() as tx:
            decisions.edit(tx, task_id, change, by=who, note=note, now_ms=office.clock.now_ms())
        _decided(office, task_id, as_json=as_json)


@app.command()
def reject(task_id: Id, folder: OfficeOption = HERE, note: Note = "", *, as_json: JsonOption = False) -> None:
    """Say no: the item is refused, and what was done for it is taken back."""
    from afterclick.orders.inbox import decisions

    with acting(folder, "orders.decide") as (office, who):
        with office.database.transaction() as tx:
            decisions.reject(tx, task_id, by=who, note=note, now_ms=office.clock.now_ms())
        _decided(office, task_id, as_json=as_json)


app.command()(asking.ask)
app.command()(asking.answer)
app.command()(asking.reassign)
app.command()(asking.note)
app.command()(asking.bulk)


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
    from afterclick.orders.inbox.tasks import task

    with office.database.reading() as tx:
        found = task(tx, task_id)
    if found is None:
        raise Refused(f"there is no task {task_id}; `afterclick inbox list` names the open ones")
    return found


def _in_words(found: "Task", order: "Order | None") -> dict[str, str]:
    """A question as its page says it, without what it does not have."""
    from afterclick.control_room.words import instant, money

    about = f"order {order.external_id}, {money(order.total, order.currency)}" if order else f"{found.item_kind} {found.item}"
    decided = f"{found.decided_by}, {instant(found.decided_ms)} UTC" if found.decided_by else ""
    told = {
        "question": str(found.id), "state": found.state, "about": about, "for": found.assignee or found.who,
        "asked": f"by {found.bot} at {found.stage.replace('_', ' ')}, {instant(found.asked_ms)} UTC", "because": found.because,
        "proposal": found.proposal, "escalated": f"{found.level} times" if found.level else "", "decided": decided,
        "note": found.note,
    }  # fmt: skip
    return {name: text for name, text in told.items() if text}


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

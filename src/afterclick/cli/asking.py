"""`afterclick inbox ask`, `answer`, `reassign`, `note` and `bulk`: what people do with questions beside deciding one."""

from typing import Annotated

import typer

from afterclick.cli.output import FAILED, HERE, JsonOption, OfficeOption, Refused, acting, figures, say_json, tell

Id = Annotated[int, typer.Argument(metavar="TASK", help="The task's number, as `inbox list` shows it.")]
Note = Annotated[str, typer.Option("--note", "-n", metavar="TEXT", help="Why; it stays on record.")]
To = Annotated[str, typer.Option("--to", metavar="WHOM", help="A team, or a person as person:<name>.")]


def ask(
    task_id: Id,
    question: Annotated[str, typer.Argument(metavar="QUESTION")],
    to: Annotated[str, typer.Option("--to", metavar="WHOM", help="customer, a team, or a person as person:<name>.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Ask the customer or a colleague something; the task waits with the question."""
    from afterclick.orders.inbox import handling

    with acting(folder, "orders.decide") as (office, who), office.database.transaction() as tx:
        limits, now_ms = office.policy.inbox, office.clock.now_ms()
        number = handling.ask_back(tx, task_id, to_whom=to, question=question, by=who.id, now_ms=now_ms, limits=limits)
    _said({"task": task_id, "question": number, "to": to}, f"question {number} is asked; the running office sends it", as_json)


def answer(
    question: Annotated[int, typer.Argument(metavar="NUMBER", help="The question's number, as `inbox show` shows it.")],
    text: Annotated[str, typer.Argument(metavar="ANSWER")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write down the answer to what was asked back."""
    from afterclick.orders.inbox import handling

    with acting(folder, "orders.decide") as (office, who), office.database.transaction() as tx:
        task_id = handling.answer(tx, question, text, by=who.id, now_ms=office.clock.now_ms())
    _said({"task": task_id, "question": question}, f"question {question} about task {task_id} is answered", as_json)


def reassign(task_id: Id, to: To, folder: OfficeOption = HERE, note: Note = "", *, as_json: JsonOption = False) -> None:
    """Hand a question to a team or a person."""
    from afterclick.orders.inbox import handling

    with acting(folder, "orders.decide") as (office, who), office.database.transaction() as tx:
        handling.reassign(tx, task_id, to_whom=to, by=who.id, because=note, now_ms=office.clock.now_ms())
    _said({"task": task_id, "to": to}, f"task {task_id} is handed to {to}", as_json)


def note(
    task_id: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Note something about a question, for whoever decides it."""
    from afterclick.orders.inbox import handling

    with acting(folder, "orders.decide") as (office, who), office.database.transaction() as tx:
        handling.note(tx, task_id, text, by=who.id, now_ms=office.clock.now_ms())
    _said({"task": task_id, "note": text}, f"noted at task {task_id}", as_json)


def bulk(
    deed: Annotated[str, typer.Argument(metavar="DEED", help="approve, reject or reassign.")],
    folder: OfficeOption = HERE,
    who: Annotated[str, typer.Option("--who", help="Only what this team is asked.")] = "",
    stage: Annotated[str, typer.Option("--stage", help="Only what came up at this stage.")] = "",
    tasks: Annotated[list[int] | None, typer.Option("--task", help="Only this one; may be repeated.")] = None,
    to: To = "",
    note: Note = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it; without this, only say what would happen.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Decide many questions at once; without `--yes` it only says what would happen, in numbers and money."""
    from afterclick.orders.inbox import bulk as many
    from afterclick.orders.inbox.tasks import Sought, chosen

    doing: many.Deed | None = next((one for one in many.DEEDS if one == deed), None)
    if doing is None or (doing == "reassign" and not to):
        raise Refused(f"{deed}: choose one of {', '.join(many.DEEDS)}; to reassign, name somebody with --to")
    with acting(folder, "orders.decide") as (office, by):
        with office.database.reading() as tx:
            ids = tasks or chosen(tx, Sought("open", who, stage), most=many.MOST)
            found = many.preview(tx, ids, doing, by=by)
        going = [one.id for one in found.tasks]
        would: dict[str, object] = {
            "deed": doing, "tasks": going, "stages": found.stages, "money": found.money, "left_out": dict(found.not_possible),
            "first": found.first,
        }  # fmt: skip
        if not yes:
            _said(would, "", as_json)
            for what, count in found.first.items():
                tell(f"first, for {count} of them: {what}; approved before that is done, they come back as new questions")
            tell("nothing was done; add --yes to do it")
            return
        results = many.decide(
            office.database.transaction, going, doing, by=by, note=note, to_whom=to, now_ms=office.clock.now_ms()
        )
    failed = {one.task: one.because for one in results if one.because}
    _said(would | {"done": len(results) - len(failed), "failed": failed}, "", as_json)
    if failed:
        raise typer.Exit(FAILED)


def _said(result: dict[str, object], sentence: str, as_json: bool) -> None:
    if as_json:
        say_json(result)
    elif sentence:
        tell(sentence)
    else:
        figures({name: value if isinstance(value, int | str) else str(value) for name, value in result.items()})

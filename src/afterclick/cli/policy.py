"""`afterclick policy …`: the limits and rules within which the bots act by themselves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from afterclick.cli import policy_versions
from afterclick.cli.output import (
    FAILED,
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    console,
    opened,
    permitted,
    plain,
    say_json,
    table,
    tell,
)  # fmt: skip

if TYPE_CHECKING:
    from afterclick.governance.policy_check import Checked

app = typer.Typer(cls=Commands, no_args_is_help=True, help="The limits and the shop's own rules: check, replay, put in force.")
policy_versions.join(app)
FileArgument = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The office's policy.toml if left out.")]


@app.command()
def show(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show every limit in force; what differs from its default stands out."""
    import msgspec

    from afterclick.governance.policy_words import entries

    with opened(folder, "policy.read") as office:
        policy = office.policy
    if as_json:
        say_json(msgspec.to_builtins(policy))
        return
    shown = table("limit", "value", right=("value",), long=("value",))
    for entry in entries(policy):
        shown.add_row(entry.name, plain(entry.value), style="bold" if entry.own else None)
    for rule in policy.rules:
        shown.add_row(f"rules.{rule.name}", f"{rule.when} → {rule.then}", style="bold")
    console().print(shown)


@app.command()
def check(file: FileArgument = None, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Check a policy file: errors with their lines, the tests of its rules, and rules that are dead, shadowed or conflicting."""
    from afterclick.governance.policy_check import check as checked

    found = checked(text_of(file or folder / "policy.toml"))
    if as_json:
        say_json(found)
    else:
        _print(found)
    if not found.ok:
        raise typer.Exit(FAILED)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the policy file, for editors."""
    from afterclick.governance.policy_words import schema as made

    say_json(made())


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A file, or the number of a version.")],
    after: Annotated[str, typer.Argument(metavar="B", help="A file, or the number of a version.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say in which limits and rules two policies differ."""
    from afterclick.governance.policy import read
    from afterclick.governance.policy_words import changes

    one, other = (read(text, name=name) for name, text in zip((before, after), _texts(folder, before, after), strict=True))
    found = changes(one, other)
    if as_json:
        say_json(found)
        return
    shown = table("what", before, after, long=(before, after))
    for change in found:
        shown.add_row(change.name, _said(change.old), _said(change.new))
    console().print(shown)
    tell(f"{len(found)} differences" if found else "they say the same")


@app.command()
def explain(
    name: Annotated[str, typer.Argument(metavar="ORDER", help="Our id, the store's own number, or that of a purchase order.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say which rules looked at an order or a purchase order, on which facts and limits, by which line of which version."""
    from afterclick.app import FLEET
    from afterclick.engine.explaining import explained
    from afterclick.orders.records import find

    with opened(folder, "policy.read") as office, office.database.reading() as tx:
        purchase = tx.value("SELECT id FROM purchase_orders WHERE number = ?", (name,))
        permitted(office, "supply.read" if purchase else "orders.read")
        about = f"purchase/{purchase}" if purchase else find(tx, name)
        if about is None:
            raise Refused(f"there is no order {name}; `afterclick orders list` and `purchase list` name them")
        found = explained(tx, FLEET, about)
    if as_json:
        say_json({"order": about, "events": found})
        return
    for one in found:
        console().print(f"\n{one.activity}: {one.verdict}" + (f", {plain(one.because)}" if one.because else ""), style="bold")
        at = f"line {one.line}: {plain(one.text)}" if one.line else plain(one.text)
        console().print(f"  policy version {one.version}{f', {at}' if at else ''}")
        for title, values in (("limits", one.limits), ("facts", one.facts)):
            if values:
                console().print(f"  {title}: " + ", ".join(f"{key} {plain(value)}" for key, value in values.items()), style="dim")
    if not found:
        tell("no rule has looked at this order yet")


def text_of(path: Path) -> str:
    """The text of a policy file."""
    return path.read_text(encoding="utf-8")


def _texts(folder: Path, *names: str) -> list[str]:
    """The texts of files, or of versions by their number."""
    from afterclick.governance.versions import version

    if not any(name.isdecimal() for name in names):
        return [text_of(Path(name)) for name in names]
    with opened(folder, "policy.read") as office, office.database.reading() as tx:
        return [version(tx, int(name)).text if name.isdecimal() else text_of(Path(name)) for name in names]


def _print(found: "Checked") -> None:
    shown = table("line", "what", "about", "because", right=("line",), long=("because",))
    for note in found.notes:
        example = f" For example {_facts(note.example)}." if note.example else ""
        about = ", ".join(note.rules)
        shown.add_row(str(note.line or ""), note.what, about, plain(note.because + example), style=_style(note.what))
    if found.notes:
        console().print(shown)
    tested = f"{found.rules} rules, {found.tests} tests"
    tell(f"{tested}: good to propose" if found.ok else f"{tested}: not good yet" if found.usable else f"{tested}: cannot be used")


def _style(what: str) -> str | None:
    return (
        "red" if what in ("error", "wrong", "failed test") else "yellow" if what in ("dead", "shadowed", "conflicting") else "dim"
    )


def _facts(example: dict[str, Any]) -> str:
    import msgspec

    return msgspec.json.encode(example).decode()


def _said(value: Any) -> str:
    if value is None:
        return "not there"
    return plain(", ".join(cast("list[str]", value)) if isinstance(value, list) else value)

"""What every command shares: its options, how it opens the office, how it says its result, and how it ends."""

import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from afterclick.app import Office
    from afterclick.governance.actor import Actor
    from afterclick.governance.permissions import Desk, Permission

FAILED: Final = 1
PARTLY: Final = 3

OfficeOption = Annotated[
    Path,
    typer.Option(
        "--office", envvar="AFTERCLICK_OFFICE", metavar="DIR", help="The office's folder.", show_default="current folder"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Because = Annotated[str, typer.Option("--because", "-b", metavar="TEXT", help="The reason; it stays on record.")]
HERE: Final = Path()
PIPED_WIDTH: Final = 160
TOKEN: Final = "AFTERCLICK_TOKEN"  # noqa: S105  # the name of the variable
_DESK_OF: Final["Mapping[str, Desk]"] = {"orders": "orders", "stock": "inventory", "supply": "procurement"}
"""The desk whose commands need a permission that begins like this."""


class Refused(RuntimeError):
    """A command cannot be done as asked; the message says why and what to do."""


class Commands(TyperGroup):
    """A group of commands whose known errors are one sentence on stderr, not a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("stopped; nothing is lost, the next start goes on", err=True)
            raise typer.Exit(130) from None
        except Exception as error:
            from afterclick.governance.vault.redaction import redact

            sentence = redact(_known(error))
            if not sentence or ctx.find_root().params.get("debug"):
                raise
            typer.echo(sentence, err=True)
            raise typer.Exit(FAILED) from None


def _known(error: Exception) -> str:
    """What to say about an error that a person can do something about; empty for one that is ours."""
    kind = type(error)
    if kind.__module__.startswith("afterclick."):
        return f"{error}"
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
        return f"{error.strerror}: {error.filename}"
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError) and error.filename is None:
        return f"the machine refused: {error.strerror or error}"
    if kind.__module__.startswith("sqlalchemy") and kind.__name__ in ("OperationalError", "InterfaceError", "NoSuchModuleError"):
        return f"the database cannot be used: {getattr(error, 'orig', None) or error}".splitlines()[0]
    if kind.__name__ == "OperationalError":
        return f"the database cannot be used: {error}".splitlines()[0]
    return ""


@contextmanager
def opened(folder: Path, *needs: "Permission") -> "Generator[Office]":
    """The office in a folder, for the length of the block, if whoever acts may do one of these (see `permitted`)."""
    from afterclick.app import Office

    office = Office.open(folder)
    try:
        if needs:
            permitted(office, *needs)
        yield office
    finally:
        office.close()


@contextmanager
def acting(folder: Path, *needs: "Permission") -> "Generator[tuple[Office, Actor]]":
    """The office in a folder, and who acts in it; see `opened`."""
    with opened(folder) as office:
        yield office, permitted(office, *needs)


def demand(folder: Path, *needs: "Permission") -> None:
    """Hold a token to what it may, for a command that needs no open office; see `permitted`."""
    if os.environ.get(TOKEN):
        with opened(folder, *needs):
            pass


def machine_user() -> str:
    """Who acts without a token, as the log names them: whoever is signed in on this machine, `machine:root`."""
    import getpass

    try:
        return f"machine:{getpass.getuser()}"
    except (OSError, KeyError):
        return "machine:unknown"


def actor(office: "Office") -> "Actor":
    """Who acts, with what they may do: the machine's user with every right, or the token in AFTERCLICK_TOKEN with its own.

    Whoever can write the office's files can do anything to it, so rights are not asked of them.

    Raises:
        Refused: the token does not count.
    """
    from afterclick.governance.actor import EVERYTHING, Actor
    from afterclick.governance.people import tokens

    secret = os.environ.get(TOKEN, "")
    if not secret:
        name = machine_user().partition(":")[2]
        return Actor(machine_user(), name, EVERYTHING, alone=True, also=frozenset({f"assistant:{name}"}))
    with office.database.reading() as tx:
        found = tokens.recognise(tx, secret, now_ms=office.clock.now_ms())
    if found is None:
        raise Refused(f"the token in {TOKEN} is unknown, revoked or expired; unset it to act as the user of this machine")
    return found


def permitted(office: "Office", *needs: "Permission") -> "Actor":
    """Who acts, if they may do one of these, at the desk that it is about; see `actor`.

    Raises:
        Refused: they may not, or the token does not count.
    """
    who = actor(office)
    if not any(who.may(one, desk=_DESK_OF.get(one.partition(".")[0])) for one in needs):
        raise Refused(f"this needs the permission {' or '.join(needs)}, which the token {who.name} does not have")
    return who


def say_json(result: object) -> None:
    """Print one JSON document."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(result), indent=2).decode())


def say(result: object, *, as_json: bool) -> None:
    """Print a result: as one JSON document, or as names and figures."""
    import msgspec

    if as_json:
        say_json(result)
    else:
        figures(msgspec.to_builtins(result))


def tell(text: str) -> None:
    """A message for people, beside the result."""
    typer.echo(text, err=True)


def console() -> "Console":
    """The terminal, for results that people read."""
    from rich.console import Console

    # Through a pipe there is no width to keep to; what reads it may cut it.
    return Console(highlight=False, emoji=False, markup=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)


def table(*columns: str, right: Sequence[str] = (), long: Sequence[str] = ()) -> "Table":
    """A table without lines around it; the columns in `right` hold figures, those in `long` texts that may be folded."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        made.add_column(
            column,
            justify="right" if column in right else "left",
            no_wrap=column not in long,
            overflow="fold",
            min_width=len(column),
        )
    return made


def figures(values: Mapping[str, object]) -> None:
    """Print names and values, one pair a line, aligned."""
    from rich.text import Text

    width = max((len(name) for name in values), default=0) + 2
    for name, value in values.items():
        console().print(Text.assemble((name.replace("_", " ").ljust(width), "dim"), plain(value)))


def plain(value: object) -> str:
    """A value for the terminal: without control characters, so that no customer's name can rewrite the screen."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)

"""What every command shares: its options, how it opens the office, how it says its result, and how it ends."""

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
            sentence = _known(error)
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
def opened(folder: Path) -> "Generator[Office]":
    """The office in a folder, for the length of the block."""
    from afterclick.app import Office

    office = Office.open(folder)
    try:
        yield office
    finally:
        office.close()


def person() -> str:
    """Who acts, as the log names people: whoever is signed in on this machine."""
    import getpass

    try:
        return f"person:{getpass.getuser()}"
    except (OSError, KeyError):
        return "person:unknown"


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

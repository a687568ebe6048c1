"""The option `--column`, by which a file's columns are named that are not recognised."""

from collections.abc import Sequence
from typing import Annotated

import typer

from afterclick.cli.output import Refused

Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="FIELD=NAME", help="A column that is not recognised by its name; may be repeated."),
]


def named(columns: Sequence[str] | None) -> dict[str, str]:
    """Field → the name of its column in the file.

    Raises:
        Refused: one of them is not written as FIELD=NAME.
    """
    found: dict[str, str] = {}
    for column in columns or ():
        field, _, name = (part.strip() for part in column.partition("="))
        if not field or not name:
            raise Refused(f"--column {column} must be FIELD=NAME, for example quantity=Menge")
        found[field] = name
    return found

"""`afterclick init`: a new office in a folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.output import JsonOption, Refused, figures, say_json, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from afterclick.settings import Value


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the office will lie; made if it is not there.")],
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting, for example shop.currency=GBP; may be repeated."),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a new office: its settings, its policy and an empty database."""
    from afterclick.app import DATABASE_FILE, Office
    from afterclick.settings import FILE

    given = _typed(folder, values or [])
    Office.create(folder, given)
    office = Office.open(folder)
    try:
        database = str(folder / DATABASE_FILE) if office.database.is_sqlite else "PostgreSQL"
    finally:
        office.close()
    made = {"office": str(folder), "settings": str(folder / FILE), "policy": str(folder / "policy.toml"), "database": database}
    if as_json:
        say_json(made)
        return
    figures(made)
    tell(f"next: afterclick orders import FILE --office {folder}")


def _typed(folder: Path, pairs: "Sequence[str]") -> "dict[str, Value]":
    """The values of `NAME=VALUE` pairs, each in the type of its setting."""
    from afterclick import settings

    known = {one.name: one for one in settings.ALL}
    raw: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or name not in known:
            raise Refused(f"--set {pair}: write NAME=VALUE with one of {', '.join(known)}")
        raw[name] = value
    read = settings.load(folder, {known[name].variable: value for name, value in raw.items()})
    # A reference such as ${SECRET} is written as it stands: it is looked up whenever the office opens.
    return {one.name: raw[one.name] if "${" in raw[one.name] else value for one, value in read.items() if one.name in raw}

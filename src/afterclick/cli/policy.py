"""`afterclick policy …`: the limits within which the bots act by themselves."""

from collections.abc import Iterator, Mapping
from typing import cast

import typer

from afterclick.cli.output import HERE, Commands, JsonOption, OfficeOption, console, plain, say_json, table

app = typer.Typer(cls=Commands, no_args_is_help=True, help="The limits in force: policy.toml over the defaults.")


@app.callback()
def policy() -> None:
    """Keeps `show` a word of its own while it is the only one."""


@app.command()
def show(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show every limit in force; what differs from its default stands out."""
    import msgspec

    from afterclick.governance.policy import DEFAULT, load

    limits = cast("dict[str, object]", msgspec.to_builtins(load(folder / "policy.toml")))
    if as_json:
        say_json(limits)
        return
    usual = dict(_flat(msgspec.to_builtins(DEFAULT)))
    shown = table("limit", "value", right=("value",), long=("value",))
    for name, value in _flat(limits):
        shown.add_row(name, plain(value), style="bold" if usual.get(name) != value else None)
    console().print(shown)


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(cast("dict[str, object]", value), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value

"""`afterclick audit …`: the log, and whether anybody changed it."""

import typer

from afterclick.cli.output import FAILED, HERE, Commands, JsonOption, OfficeOption, figures, opened, say_json, tell

app = typer.Typer(cls=Commands, no_args_is_help=True, help="The log of everything that happened.")


@app.callback()
def audit() -> None:
    """Keeps `verify` a word of its own while it is the only one."""


@app.command()
def verify(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Walk the chain of the log from its first block to its head; exits with 1 if it was changed."""
    from afterclick.engine.checks import one_view
    from afterclick.store import log

    with opened(folder) as office, office.database.reading() as tx:
        one_view(tx)
        found = log.verify(tx)
    if as_json:
        say_json(found)
    else:
        figures({"events": found.events, "blocks": found.blocks, "head": found.head})
        tell("the log is whole: nothing was changed, removed or put in" if found.ok else f"the log was changed: {found.detail}")
    if not found.ok:
        raise typer.Exit(FAILED)

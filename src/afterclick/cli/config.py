"""`afterclick config …`: the settings in force."""

from typing import Annotated

import typer

from afterclick.cli.output import HERE, Commands, JsonOption, OfficeOption, console, demand, figures, plain, say_json, table, tell

app = typer.Typer(cls=Commands, no_args_is_help=True, help="The office's settings: afterclick.toml and the environment.")


@app.command()
def show(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show every setting with its value; secrets are not shown."""
    from afterclick import settings

    demand(folder, "settings.read")
    in_force = settings.load(folder)
    found = {one.name: (one.shown(value), one) for one, value in in_force.items()}
    if as_json:
        say_json({"settings": {name: value for name, (value, _) in found.items()}})
        return
    shown = table("setting", "value", "from", "what for", long=("value", "what for"))
    for name, (value, one) in found.items():
        changed = value != one.default
        shown.add_row(name, plain(value), in_force.source(one.name), one.help, style="bold" if changed else None)
    console().print(shown)


@app.command("set")
def set_(
    name: Annotated[str, typer.Argument(metavar="SETTING", help="For example shop.name.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="A secret is given as vault:NAME or ${VARIABLE}.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Change one setting in afterclick.toml; what runs already reads it at its next start."""
    from afterclick import settings

    demand(folder, "settings.manage")
    changed = settings.change(folder, name, value)
    result = {"setting": name, "value": changed.shown(value), "file": str(folder / settings.FILE)}
    if as_json:
        say_json(result)
    else:
        tell(f"{name} is {plain(result['value'])} from the next start on, in {result['file']}")


@app.command()
def check(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Read settings and policy, open the database, and say whether the office could start."""
    from afterclick.cli.output import opened

    with opened(folder) as office, office.database.reading() as tx:
        version = tx.value("SELECT version_num FROM alembic_version")
        database = "SQLite" if office.database.is_sqlite else "PostgreSQL"
    result = {"ok": True, "office": str(folder), "database": database, "version": str(version)}
    if as_json:
        say_json(result)
    else:
        figures(result)
        tell("the office could start")

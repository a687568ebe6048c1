"""`afterclick config …`: the settings in force."""

import typer

from afterclick.cli.output import HERE, Commands, JsonOption, OfficeOption, console, figures, plain, say_json, table, tell

app = typer.Typer(cls=Commands, no_args_is_help=True, help="The office's settings: afterclick.toml and the environment.")
SECRET = ("secret", "token", "password")


@app.command()
def show(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show every setting with its value; secrets are not shown."""
    from afterclick import settings

    found = {one.name: (_hidden(one.name, value), one) for one, value in settings.load(folder).items()}
    if as_json:
        say_json({"settings": {name: value for name, (value, _) in found.items()}})
        return
    shown = table("setting", "value", "what for", long=("value", "what for"))
    for name, (value, one) in found.items():
        changed = value != one.default
        shown.add_row(name, plain(value), one.help, style="bold" if changed else None)
    console().print(shown)


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


def _hidden(name: str, value: object) -> object:
    """A value that may be shown: no secret, and no password in an address."""
    if any(word in name for word in SECRET) and value:
        return "(set)"
    text = str(value)
    if "://" in text and "@" in text:
        scheme, _, rest = text.partition("://")
        return f"{scheme}://(hidden)@{rest.rpartition('@')[2]}"
    return value

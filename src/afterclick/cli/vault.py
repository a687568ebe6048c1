"""`afterclick vault …`: the office's secrets; their values come from a prompt or from stdin, never from the command line."""

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from afterclick.cli.output import (
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    console,
    opened,
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.governance.cards import Card

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Secrets, encrypted at rest: keep, rotate, lend, revoke.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The secret's name, for example carrier.dhl.")]
HOUR_MS: Final = 3_600_000


@app.command("set")
def set_(name: Name, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Keep a new secret: asked for twice on a terminal, else read from stdin."""
    with acting(folder, "vault.manage") as (office, who):
        version = office.vault.put(name, _value(name), by=who.id)
    _said(name, version, f"refer to it in afterclick.toml as vault:{name}", as_json=as_json)


@app.command()
def rotate(
    name: Name,
    folder: OfficeOption = HERE,
    grace: Annotated[float, typer.Option("--grace-hours", min=0, max=2160, help="How long the old value stays readable.")] = 24,
    *,
    as_json: JsonOption = False,
) -> None:
    """Give a secret a new value; the old one stays readable for a while, so that nothing breaks between."""
    with acting(folder, "vault.manage") as (office, who):
        version = office.vault.rotate(name, _value(name), by=who.id, grace_ms=round(grace * HOUR_MS))
    _said(name, version, f"the old value can be read for {grace:g} more hours", as_json=as_json)


@app.command()
def revoke(name: Name, folder: OfficeOption = HERE, *, yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
           as_json: JsonOption = False) -> None:  # fmt: skip
    """Erase a secret in all its versions. Without `--yes` it only says what would be erased."""
    with acting(folder, "vault.manage") as (office, who):
        versions = office.vault.readable(name)
        if yes:
            office.vault.revoke(name, by=who.id)
    if as_json:
        say_json({"name": name, "versions": versions, "revoked": yes})
    else:
        tell(f"{name}: {len(versions)} readable versions {'are erased' if yes else 'would be erased; add --yes to do it'}")


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List the names, versions and ages of the secrets; never a value."""
    from afterclick.control_room.words import instant
    from afterclick.governance.vault import records

    with opened(folder, "vault.manage") as office, office.database.reading() as tx:
        held = records.held(tx)
    if as_json:
        say_json({"secrets": [one._asdict() for one in held]})
        return
    shown = table("secret", "version", "state", "since (UTC)", "by", "until (UTC)", "office key", right=("version",))
    for one in held:
        until = instant(one.until_ms) or "-"
        shown.add_row(one.name, str(one.version), one.state, instant(one.put_ms), one.put_by, until, one.office_key)
    if held:
        console().print(shown)
    else:
        tell("the vault is empty; `afterclick vault set NAME` keeps a secret")


@app.command()
def rekey(
    folder: OfficeOption = HERE,
    to: Annotated[
        str,
        typer.Option("--to", metavar="PLACE", help="Where the new key is, as in vault.key_from; else a new one is made."),
    ] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Put every secret under a new office key."""
    from afterclick.governance.vault.keys import KeySource, OfficeKeys

    with acting(folder, "vault.manage") as (office, who):
        elsewhere = OfficeKeys(KeySource.read(to, folder=folder)) if to else None
        count = office.vault.rekey(by=who.id, to=elsewhere)
    if as_json:
        say_json({"rewrapped": count})
    else:
        tell(f"{count} sealed values are under a new office key; back it up, apart from the database")
        if to:
            tell(f"now run: afterclick config set vault.key_from '{to}'")


@app.command()
def lease(
    name: Name,
    to: Annotated[str, typer.Option("--to", metavar="BOT", help="The bot that it is for; its card must name it.")],
    for_: Annotated[str, typer.Option("--for", metavar="TEXT", help="What for; it stays on record.")],
    folder: OfficeOption = HERE,
    *,
    show: Annotated[bool, typer.Option("--show", help="Print it although stdout is a terminal.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Lend a secret, and write it to stdout for the program that needs it."""
    if sys.stdout.isatty() and not show:
        raise Refused("this would print the secret on the terminal: pipe it into the program that needs it, or add --show")
    with acting(folder, "vault.manage") as (office, who):
        card = _card(office, to)
        with office.vault.lease(name, to=card, for_=for_, by=who.id) as secret:
            if as_json:
                say_json({"name": name, "to": to, "value": secret.reveal()})
            else:
                typer.echo(secret.reveal(), nl=sys.stdout.isatty())


def _value(name: str) -> str:
    """The secret's value: typed twice without being shown, or all of stdin without its last line end."""
    if not sys.stdin.isatty():
        text = sys.stdin.read()
        return text.removesuffix("\n").removesuffix("\r")
    return typer.prompt(f"Value of {name}", hide_input=True, confirmation_prompt=True, err=True)


def _card(office: "Office", bot: str) -> "Card":
    import msgspec

    from afterclick.governance.cards import Card

    with office.database.reading() as tx:
        text = tx.value("SELECT card FROM bots WHERE id = ?", (bot,))
    if text is None:
        raise Refused(f"there is no bot {bot}; `afterclick bots list` names them")
    return msgspec.json.decode(str(text), type=Card)


def _said(name: str, version: int, more: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"name": name, "version": version})
    else:
        tell(f"{name} version {version} is kept; {more}")

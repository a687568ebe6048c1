"""`afterclick people …`: who may come in, and what they may do."""

from typing import TYPE_CHECKING, Annotated

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
    plain,
    say_json,
    table,
    tell,
)
from afterclick.governance.permissions import DESKS, ROLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from afterclick.app import Office
    from afterclick.governance.people.accounts import Person
    from afterclick.governance.permissions import Desk, Role

app = typer.Typer(cls=Commands, no_args_is_help=True, help="The people of the office: accounts, roles and one-time links.")
Who = Annotated[str, typer.Argument(metavar="PERSON", help="Their name in the log, such as anna, or their e-mail address.")]
Roles = Annotated[
    list[str],
    typer.Option("--role", "-r", metavar="ROLE", help=f"{', '.join(ROLES[:-1])} or {ROLES[-1]}; may be repeated."),
]
Desks = Annotated[
    list[str] | None,
    typer.Option("--desk", metavar="DESK", help=f"Only at this desk: {', '.join(DESKS[:-1])} or {DESKS[-1]}; may be repeated."),
]


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List everybody, with roles, desks and second factor."""
    from afterclick.control_room.words import instant
    from afterclick.governance.people import accounts

    with opened(folder, "people.read") as office, office.database.reading() as tx:
        found = accounts.listed(tx)
    if as_json:
        say_json({"people": [_shown(one) for one in found]})
        return
    shown = table("person", "name", "e-mail", "roles", "desks", "factor", "state", "last seen (UTC)", long=("roles",))
    for one in found:
        roles = ", ".join(one.roles) + (" (alone)" if one.alone else "")
        factor, seen = "on" if one.has_factor else "off", instant(one.seen_ms) or "-"
        shown.add_row(one.handle, plain(one.name), one.email, roles, ", ".join(sorted(one.desks)), factor, one.state, seen)
    if found:
        console().print(shown)
    else:
        tell("nobody has an account yet: `afterclick serve` shows a link for the first one")


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    roles: Roles,
    folder: OfficeOption = HERE,
    desks: Desks = None,
    *,
    alone: Annotated[bool, typer.Option("--alone", help="They run the shop alone, and may hold what takes two.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a person in, and print the one-time link by which they choose a password."""
    from afterclick.governance.people import accounts, links
    from afterclick.governance.people.accounts import NewPerson

    with acting(folder, "people.manage") as (office, by):
        now_ms, held, at = office.clock.now_ms(), _roles(roles), _desks(desks)
        with office.database.transaction() as tx:
            person = accounts.add(tx, NewPerson(name, email, () if alone else held, at), by=by, now_ms=now_ms)
            if alone:
                person = accounts.change_roles(tx, person.id, held, at, by=by, now_ms=now_ms, alone=True)
            key = links.make(tx, person, by=by, now_ms=now_ms)
        _say_link(office, person, key, as_json=as_json)


@app.command()
def roles(
    who: Who,
    roles: Roles,
    folder: OfficeOption = HERE,
    desks: Desks = None,
    *,
    alone: Annotated[
        bool | None, typer.Option("--alone/--not-alone", help="Whether they run the shop alone; as it was if left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Give a person exactly these roles, and at these desks (all, if none is named)."""
    from afterclick.governance.people import accounts

    with acting(folder, "people.manage") as (office, by), office.database.transaction() as tx:
        person = accounts.change_roles(
            tx, accounts.named(tx, who).id, _roles(roles), _desks(desks), by=by, now_ms=office.clock.now_ms(), alone=alone
        )
    _say(person, as_json=as_json)


@app.command()
def link(who: Who, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Print a one-time link by which a person chooses a new password; it works for a day."""
    from afterclick.governance.people import accounts, links

    with acting(folder, "people.manage") as (office, by):
        with office.database.transaction() as tx:
            person = accounts.named(tx, who)
            key = links.make(tx, person, by=by, now_ms=office.clock.now_ms())
        _say_link(office, person, key, as_json=as_json)


@app.command()
def disable(who: Who, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Shut a person out: sessions and links end, tokens no longer count."""
    from afterclick.governance.people import accounts

    with acting(folder, "people.manage") as (office, by), office.database.transaction() as tx:
        accounts.disable(tx, accounts.named(tx, who).id, by=by, now_ms=office.clock.now_ms())
        person = accounts.named(tx, who)
    _say(person, as_json=as_json)


@app.command()
def enable(who: Who, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Let a person in again who was shut out."""
    from afterclick.governance.people import accounts

    with acting(folder, "people.manage") as (office, by), office.database.transaction() as tx:
        accounts.enable(tx, accounts.named(tx, who).id, by=by, now_ms=office.clock.now_ms())
        person = accounts.named(tx, who)
    _say(person, as_json=as_json)


def _say_link(office: "Office", person: "Person", key: str, *, as_json: bool) -> None:
    of = office.settings
    address = of.text("serve.address").rstrip("/") or f"http://{of.text('serve.host')}:{of.number('serve.port')}"
    made = f"{address}/sign-in/link?key={key}"
    if as_json:
        say_json({"person": _shown(person), "link": made})
        return
    tell(f"for {plain(person.name)} alone: whoever opens it first chooses the password. It works once, for a day")
    typer.echo(made)


def _say(person: "Person", *, as_json: bool) -> None:
    if as_json:
        say_json(_shown(person))
    else:
        tell(f"{person.handle} is {person.state}: {', '.join(person.roles) or 'no role'}{' (alone)' if person.alone else ''}")


def _shown(person: "Person") -> dict[str, object]:
    import msgspec

    shown: dict[str, object] = msgspec.to_builtins(person, order="deterministic")
    return shown


def _roles(names: "Sequence[str]") -> "list[Role]":
    unknown = [name for name in names if name not in ROLES]
    if unknown:
        raise Refused(f"there is no role {unknown[0]}; choose from {', '.join(ROLES)}")
    return [role for role in ROLES if role in names]


def _desks(names: "Sequence[str] | None") -> "list[Desk]":
    unknown = [name for name in names or () if name not in DESKS]
    if unknown:
        raise Refused(f"there is no desk {unknown[0]}; choose from {', '.join(DESKS)}")
    return [desk for desk in DESKS if not names or desk in names]

"""`afterclick mcp`: an assistant may look around and propose, over standard input and output."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.output import HERE, TOKEN, OfficeOption, Refused, actor, machine_user, opened

if TYPE_CHECKING:
    from fastapi import Request

    from afterclick.app import Office
    from afterclick.governance.actor import Actor


def mcp(
    folder: OfficeOption = HERE,
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say as whom it would act, and end.")] = False,
) -> None:
    """Serve the office to an assistant by the Model Context Protocol: reading as its role may, writing only proposes.

    With a token in AFTERCLICK_TOKEN it acts as that; without one, as a viewer on this machine.
    """
    try:
        from afterclick.control_room.assistant import server
    except ImportError as error:
        raise Refused("the package for this is missing: pip install 'afterclick[mcp]'") from error
    from afterclick import __version__
    from afterclick.site import site

    token = os.environ.get(TOKEN, "")
    with opened(folder) as office:
        who = _who(office)
        if check:
            typer.echo(f"{who.id}: {', '.join(sorted(who.roles))}")
            return

        def here(_request: "Request") -> "Actor":
            return _who(office)  # asked anew, so that a token that is revoked meanwhile no longer counts

        server(site(office, host="127.0.0.1", authenticate=here), token=lambda: token, version=__version__).run("stdio")


def _who(office: "Office") -> "Actor":
    from afterclick.governance.actor import Actor

    if os.environ.get(TOKEN):
        return actor(office)
    name = machine_user()
    return Actor(f"assistant:{name.partition(':')[2]}", f"the assistant of {name}", frozenset({"viewer"}), also=frozenset({name}))

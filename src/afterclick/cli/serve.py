"""`afterclick serve`: the first page, the webhooks, and on SQLite the bots, in one process."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.output import HERE, JsonOption, OfficeOption, Refused, opened, person, say_json, tell

if TYPE_CHECKING:
    from fastapi import Request


def serve(
    folder: OfficeOption = HERE,
    host: Annotated[str, typer.Option("--host", help="Where to listen; the setting serve.host if left out.")] = "",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="The setting serve.port if left out.")] = 0,
    *,
    work: Annotated[bool, typer.Option("--work", help="On PostgreSQL: let the bots work in this process too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Serve queue, inbox and orders as pages, and take webhooks; on SQLite the bots work here too. Stop with Ctrl-C."""
    import uvicorn

    from afterclick.governance.actor import EVERYTHING, Actor
    from afterclick.site import LOOPBACK, site

    with opened(folder) as office, ExitStack() as stack:
        host, port = host or office.settings.text("serve.host"), port or office.settings.number("serve.port")
        notify: Callable[[], None] | None = None
        if work or office.database.is_sqlite:
            engine = stack.enter_context(office.engine())
            engine.start()
            notify = engine.notify
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        if host not in LOOPBACK:
            tell("there is no sign-in yet: whoever reaches this address can decide in your name")
        if as_json:
            say_json({"address": address, "works": notify is not None})
        else:
            tell(f"{address}  ({'the bots work here too' if notify else 'pages and webhooks only'}; stop with Ctrl-C)")
        me = Actor(person(), person().partition(":")[2], EVERYTHING, alone=True)

        def here(_request: "Request") -> Actor:
            return me

        config = uvicorn.Config(
            site(office, host=host, authenticate=here, notify=notify),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
        )
        server = uvicorn.Server(config)
        server.run()
        if not server.started:
            raise Refused(f"port {port} on {host} cannot be used; is it taken? choose another with --port")

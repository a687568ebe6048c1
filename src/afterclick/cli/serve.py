"""`afterclick serve`: the first page, the webhooks, and on SQLite the bots, in one process."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.output import HERE, JsonOption, OfficeOption, Refused, opened, say_json, tell

if TYPE_CHECKING:
    from afterclick.app import Office


def serve(
    folder: OfficeOption = HERE,
    host: Annotated[str, typer.Option("--host", help="Where to listen; the setting serve.host if left out.")] = "",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="The setting serve.port if left out.")] = 0,
    *,
    work: Annotated[bool, typer.Option("--work", help="On PostgreSQL: let the bots work in this process too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Serve the pages, and take webhooks; on SQLite the bots work here too. Stop with Ctrl-C."""
    with opened(folder) as office:
        serving(office, host, port, work=work, as_json=as_json)


def serving(office: "Office", host: str = "", port: int = 0, *, work: bool = False, as_json: bool = False) -> None:
    """Serve an open office until Ctrl-C; host and port are those of its settings where they are left out."""
    import uvicorn

    from afterclick.cli.sensors import listener_of
    from afterclick.inventory.sensing.listening import beside
    from afterclick.site import recognise, site

    with ExitStack() as stack:
        host, port = host or office.settings.text("serve.host"), port or office.settings.number("serve.port")
        notify: Callable[[], None] | None = None
        if work or office.database.is_sqlite:
            engine = stack.enter_context(office.engine())
            engine.start()
            notify = engine.notify
            stack.enter_context(beside(listener_of(office)))
        app = site(office, host=host, authenticate=recognise(office), notify=notify)
        _greet(office, host, port, works=notify is not None, as_json=as_json)
        config = uvicorn.Config(
            app, host=host, port=port, log_level="warning", access_log=False, server_header=False, timeout_keep_alive=30,
            backlog=2_048,
        )  # fmt: skip
        server = uvicorn.Server(config)
        app.state.live.is_leaving = lambda: server.should_exit  # live streams end before the server waits for them
        server.run()
        if not server.started:
            raise Refused(f"port {port} on {host} cannot be used; is it taken? choose another with --port")


def _greet(office: "Office", host: str, port: int, *, works: bool, as_json: bool) -> None:
    """Say where the office is, and to its first person how to come in."""
    from afterclick.governance.people import links
    from afterclick.site import LOOPBACK

    address = office.settings.text("serve.address").rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if host not in LOOPBACK and not address.startswith("https://"):
        tell("passwords cross the network in the open: put a proxy with https before the office, and set serve.address to it")
    with office.database.transaction() as tx:
        key = links.make_set_up(tx, now_ms=office.clock.now_ms())
    set_up = f"{address}/set-up?key={key}" if key else ""
    if as_json:
        say_json({"address": f"{address}/", "works": works, "set_up": set_up})
        return
    tell(f"{address}/  ({'the bots work here too' if works else 'pages and webhooks only'}; stop with Ctrl-C)")
    if set_up:
        tell(f"nobody has an account yet: open this within a day to make the first one\n{set_up}")

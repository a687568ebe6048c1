"""The command `afterclick`: every noun with its verbs."""

from importlib import import_module
from typing import Annotated, Any, Final

import typer

from afterclick.cli import (
    audit,
    bots,
    check,
    config,
    counts,
    inbox,
    invoice,
    office,
    order,
    orders,
    people,
    policy,
    purchase,
    run,
    sales,
    sensors,
    serve,
    status,
    stock,
    token,
    transfer,
    vendors,
    warehouses,
    webhooks,
    worker,
)
from afterclick.cli import mcp as assistant
from afterclick.cli.output import Commands

LATER: Final = {
    "demo": ("afterclick.cli.demo", "demo", "Work through a seeded trading day of a simulated company."),
    "bench": ("afterclick.cli.bench", "app", "Measure how fast orders go through every stage."),
    "forecast": ("afterclick.cli.forecast", "forecast", "Forecast demand from a sales file, with its uncertainty."),
    "replenish": ("afterclick.cli.replenish", "app", "Replenishment: what to order, why, and what it would have cost."),
    "scout": ("afterclick.cli.scout", "app", "Scouts: read what vendors and competitors ask, on pages and in price lists."),
    "vault": ("afterclick.cli.vault", "app", "Secrets, encrypted at rest: keep, rotate, list, lend and revoke them."),
}
"""Commands whose modules are loaded when they are called: name → (module, what to call in it, help)."""


class Root(Commands):
    """The commands, of which some are loaded late, so that the others start at once."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in LATER:
            self.commands[args[0]] = _loaded(*LATER[args[0]][:2])
        return super().resolve_command(ctx, args)


def _loaded(module: str, name: str) -> Any:
    found = getattr(import_module(module), name)
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False)
    alone.command()(found)
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=Root,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The autonomous back office of an online shop: everything after the click.",
)


@app.callback()
def options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False,
) -> None:
    """Options of all commands; `--debug` is read where errors are caught."""


app.command("init")(office.init)
app.command("run")(run.run)
app.add_typer(orders.app, name="orders")
app.add_typer(order.app, name="order")
app.add_typer(warehouses.app, name="warehouses")
app.add_typer(stock.app, name="stock")
app.add_typer(sales.app, name="sales")
app.add_typer(counts.app, name="counts")
app.add_typer(sensors.app, name="sensors")
app.add_typer(inbox.app, name="inbox")
app.add_typer(purchase.app, name="purchase")
app.add_typer(transfer.app, name="transfer")
app.add_typer(vendors.app, name="vendors")
app.add_typer(bots.app, name="bots")
app.add_typer(people.app, name="people")
app.add_typer(token.app, name="token")
app.command("invoice")(invoice.invoice)
app.command("status")(status.status)
app.command("check")(check.check)
app.add_typer(audit.app, name="audit")
app.command("worker")(worker.worker)
app.command("serve")(serve.serve)
app.command("mcp")(assistant.mcp)
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(config.app, name="config")
app.add_typer(policy.app, name="policy")

for late, (_, _, sentence) in LATER.items():
    app.command(late, help=sentence)(lambda: None)

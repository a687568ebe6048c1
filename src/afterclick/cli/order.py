"""`afterclick order …`: one order, shown whole or changed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.output import (
    HERE,
    Because,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    figures,
    opened,
    say_json,
    tell,
)

if TYPE_CHECKING:
    from afterclick.orders.amendments import Action
    from afterclick.store.transaction import Tx

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Show one order's whole case, or ask for a change.")
Id = Annotated[str, typer.Argument(metavar="ID", help="Our id, or the store's own number.")]


@app.command()
def show(name: Id, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show the whole case: timeline, verdicts and facts, money, stock, parcels, documents."""
    from afterclick.cli import case_view
    from afterclick.orders.cases.case import case

    with opened(folder, "orders.read") as office, office.database.reading() as tx:
        found = case(tx, _find(tx, name))
        now_ms = office.clock.now_ms()
    if found is None:
        raise Refused(f"there is no order {name}; `afterclick orders list` names them")
    if as_json:
        say_json(found)
    else:
        case_view.print_case(found, now_ms=now_ms)


@app.command()
def cancel(
    name: Id,
    folder: OfficeOption = HERE,
    because: Because = "cancelled by hand",
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it; without this, only say what would be undone.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Cancel an order wherever it is: money, stock, labels, invoice and messages are taken back."""
    from afterclick.orders.cases.case import case

    if yes:
        _ask(folder, name, "cancel", {}, because, as_json=as_json)
        return
    with opened(folder, "orders.change") as office, office.database.reading() as tx:
        found = case(tx, _find(tx, name))
    if found is None:
        raise Refused(f"there is no order {name}; `afterclick orders list` names them")
    would = {
        "order": found.order.id,
        "action": "cancel",
        "asked": False,
        "state": found.order.state,
        "payments_to_give_back": sum(one.state in ("authorised", "captured") for one in found.payments),
        "pieces_to_release": sum(one.quantity for one in found.reservations if one.state == "open"),
        "parcels_to_stop": sum(one.state in ("labelled", "handed_over") for one in found.parcels),
        "invoices_to_credit": sum(1 if one.kind == "invoice" else -1 for one in found.documents),
    }
    if as_json:
        say_json(would)
    else:
        figures(would)
    tell("nothing was done; add --yes to cancel the order")


@app.command()
def hold(name: Id, folder: OfficeOption = HERE, because: Because = "put on hold by hand", *, as_json: JsonOption = False) -> None:
    """Keep an order from going on until it is released."""
    _ask(folder, name, "hold", {}, because, as_json=as_json)


@app.command()
def release(name: Id, folder: OfficeOption = HERE, because: Because = "released by hand", *, as_json: JsonOption = False) -> None:
    """Let an order on hold go on."""
    _ask(folder, name, "release", {}, because, as_json=as_json)


@app.command("change-address")
def change_address(
    name: Id,
    folder: OfficeOption = HERE,
    to_name: Annotated[str, typer.Option("--name")] = "",
    line1: Annotated[str, typer.Option("--line1", help="Street and number.")] = "",
    line2: Annotated[str, typer.Option("--line2")] = "",
    city: Annotated[str, typer.Option("--city")] = "",
    region: Annotated[str, typer.Option("--region")] = "",
    postcode: Annotated[str, typer.Option("--postcode")] = "",
    country: Annotated[str, typer.Option("--country", help="ISO 3166-1 alpha-2.")] = "",
    because: Because = "address changed by hand",
    *,
    as_json: JsonOption = False,
) -> None:
    """Send an order elsewhere; what is not given stays as it is."""
    given = {
        "name": to_name,
        "line1": line1,
        "line2": line2,
        "city": city,
        "region": region,
        "postcode": postcode,
        "country": country.upper(),
    }
    changed = {field: text for field, text in given.items() if text}
    if not changed:
        raise Refused("name at least one part of the address, for example --postcode 20095 --city Hamburg")
    _ask(folder, name, "address", changed, because, as_json=as_json)


@app.command("change-quantity")
def change_quantity(
    name: Id,
    line: Annotated[int, typer.Argument(metavar="LINE", help="The line's number.")],
    quantity: Annotated[int, typer.Argument(metavar="QUANTITY", min=0, help="Pieces from now on; 0 takes the line off.")],
    folder: OfficeOption = HERE,
    because: Because = "quantity changed by hand",
    *,
    as_json: JsonOption = False,
) -> None:
    """Change how many pieces of a line are sent."""
    _ask(folder, name, "quantity", {"lines": {line: quantity}}, because, as_json=as_json)


@app.command()
def split(
    name: Id,
    lines: Annotated[list[int], typer.Argument(metavar="LINE…", help="Numbers of the lines that become an order of their own.")],
    folder: OfficeOption = HERE,
    because: Because = "split by hand",
    *,
    as_json: JsonOption = False,
) -> None:
    """Part an order in two, so that the rest can go now."""
    _ask(folder, name, "split", {"lines": lines}, because, as_json=as_json)


def _find(tx: "Tx", name: str) -> int:
    from afterclick.orders.records import find

    found = find(tx, name)
    if found is None:
        raise Refused(f"there is no order {name}; `afterclick orders list` names them")
    return found


def _ask(
    folder: "OfficeOption", name: str, action: "Action", change: Mapping[str, object], because: str, *, as_json: bool
) -> None:
    """Ask for an amendment; the engine does it at the order's next stage, or at its next start."""
    from afterclick.orders import amendments

    with acting(folder, "orders.change") as (office, who), office.database.transaction() as tx:
        order_id = _find(tx, name)
        now_ms = office.clock.now_ms()
        amendment = amendments.ask_and_log(tx, order_id, action, change, by=who.id, because=because, now_ms=now_ms)
    result = {"order": order_id, "action": action, "asked": amendment is not None, "amendment": amendment, "because": because}
    if as_json:
        say_json(result)
        return
    said = f"{action} is asked for (amendment {amendment})" if amendment is not None else f"{action} was asked for already"
    tell(f"order {order_id}: {said}; the running office does it now, otherwise the next `afterclick run`")

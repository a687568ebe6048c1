"""`afterclick vendors …`: whom we buy from, and what they ask."""

from pathlib import Path
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
    console,
    figures,
    opened,
    plain,
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from afterclick.procurement.buying.records import Asked

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Vendors and their price lists.")
Vendor = Annotated[str, typer.Argument(metavar="VENDOR", help="The vendor's id.")]
SHOWN_LINES = 20


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet, one vendor a line.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take in a file of vendors; a new one is not bought from until `allow`."""
    from afterclick.procurement.buying import records
    from afterclick.procurement.buying.vendor_files import read_vendors

    with acting(folder, "supply.change") as (office, who):
        with office.database.reading() as tx:
            known = records.vendors(tx)
        read = read_vendors(file, currency=office.settings.text("shop.currency"), known=known)
        with office.database.transaction() as tx:
            events = records.save_vendors(tx, read.vendors, now_ms=office.clock.now_ms())
            office.record(tx, events, by=who.id)
    result = {
        "vendors": len(read.vendors),
        "added": sum(one.activity == "vendor.added" for one in events),
        "changed": sum(one.activity == "vendor.changed" for one in events),
        "rejected_lines": len(read.rejected),
    }
    _said(result, read.rejected, as_json=as_json)


@app.command()
def prices(
    vendor_id: Vendor,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX, Parquet, PDF, XML or JSON.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take in a vendor's price list; what is no SKU of ours, or cannot be read, is named and left out."""
    from afterclick.procurement.buying import records
    from afterclick.procurement.buying.price_files import as_offers, read_prices
    from afterclick.store.log import Event

    with acting(folder, "supply.change") as (office, who):
        with office.database.reading() as tx:
            vendor = records.vendor(tx, vendor_id)
        listed = read_prices(file, vendor)
        with office.database.transaction() as tx:
            now_ms = office.clock.now_ms()
            read = as_offers(tx, listed, vendor, source=file.name, now_ms=now_ms)
            changed = records.save_offers(tx, read.offers, now_ms=now_ms)
            because = f"{file.name}: {len(read.offers):,} offers, {changed:,} of them new or changed"
            office.record(tx, [Event("offers.read", None, f"vendor/{vendor.id}", "", because)], by=who.id)
    result = {"lines": read.lines, "offers": len(read.offers), "changed": changed, "rejected_lines": len(read.rejected)}
    _said(result, read.rejected, as_json=as_json)
    for note in listed.notes:
        tell(plain(note))


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List the vendors: who is allowed, how many offers are on record, and how many orders are open."""
    from afterclick.procurement.buying.listing import vendors

    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        found = vendors(tx)
    if as_json:
        say_json({"vendors": found})
        return
    shown = table(
        "id", "name", "allowed", "currency", "lead days", "document", "offers", "open", right=("lead days", "offers", "open")
    )
    for one in found:
        vendor = one.vendor
        row = (
            vendor.id,
            vendor.name,
            vendor.allowed,
            vendor.currency,
            vendor.lead_days,
            vendor.document,
            one.offers,
            one.open_orders,
        )
        shown.add_row(*map(plain, row))
    if found:
        console().print(shown)
    else:
        tell("no vendor yet: afterclick vendors import FILE")


@app.command()
def show(vendor_id: Vendor, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show a vendor with its terms, what it asks, and how its promises hold."""
    from datetime import UTC, datetime

    import msgspec

    from afterclick.control_room.words import money
    from afterclick.procurement.buying import records
    from afterclick.procurement.buying.experience import deliveries
    from afterclick.procurement.vendors.reliability import UNKNOWN, learn

    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        vendor = records.vendor(tx, vendor_id)
        offers = records.offers(tx, vendor_ids=[vendor.id])
        today = datetime.fromtimestamp(office.clock.now_ms() / 1000, UTC).date()
        record = learn(deliveries(tx), today=today).get(vendor.id, UNKNOWN)
    if as_json:
        say_json({
            "vendor": vendor,
            "reliability": {"deliveries": record.deliveries, "late_share": record.late_share, "said": record.said},
            "offers": [msgspec.to_builtins(one.offer) | {"readings": one.readings} for one in offers],
        })  # fmt: skip
        return
    terms = {name: value for name, value in msgspec.to_builtins(vendor).items() if value and not isinstance(value, dict)}
    figures(terms | {"minimum_value": money(vendor.minimum_value, vendor.currency), "reliability": record.said})
    if offers:
        _print_offers(offers)


@app.command()
def allow(vendor_id: Vendor, folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """Let the bots buy from this vendor without asking, within the limits."""
    _allow(folder, vendor_id, allowed=True, because=because, as_json=as_json)


@app.command()
def disallow(vendor_id: Vendor, folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """Let every purchase from this vendor ask a person."""
    _allow(folder, vendor_id, allowed=False, because=because, as_json=as_json)


def _allow(folder: Path, vendor_id: str, *, allowed: bool, because: str, as_json: bool) -> None:
    from afterclick.procurement.buying import records

    if not because.strip():
        raise Refused('say why: --because "…"')
    with acting(folder, "supply.approve" if allowed else "supply.change") as (office, who), office.database.transaction() as tx:
        events = records.allow(tx, vendor_id, allowed=allowed, because=because, now_ms=office.clock.now_ms())
        office.record(tx, events, by=who.id)
    if as_json:
        say_json({"vendor": vendor_id, "allowed": allowed, "changed": bool(events)})
    else:
        tell(f"{vendor_id} is {'' if allowed else 'not '}on the list{'' if events else '; it was so already'}")


def _print_offers(offers: "Sequence[Asked]") -> None:
    from afterclick.control_room.words import money

    right = ("price", "for", "from", "pack", "readings")
    shown = table("SKU", "their number", "price", "for", "from", "pack", "source", "readings", right=right)
    for one in offers:
        offer = one.offer
        price = money(offer.breaks[0].price, offer.currency) if offer.breaks else ""
        source = offer.source_name or offer.source
        row = (offer.sku, offer.vendor_sku, price, offer.price_basis, offer.minimum, offer.pack, source, one.readings)
        shown.add_row(*map(plain, row))
    console().print(shown)


def _said(result: dict[str, int], rejected: tuple[tuple[int, str], ...], *, as_json: bool) -> None:
    if as_json:
        say_json(result | {"rejected": [{"line": line, "because": because} for line, because in rejected]})
        return
    figures(result)
    for line, because in rejected[:SHOWN_LINES]:
        tell(f"line {line}: {plain(because)}")
    if len(rejected) > SHOWN_LINES:
        tell(f"and {len(rejected) - SHOWN_LINES:,} more; --json names all")

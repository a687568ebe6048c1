"""`afterclick scout …`: read what vendors and competitors ask, on their pages and in their price lists."""

import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from afterclick.cli.output import (
    HERE,
    PARTLY,
    Because,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    console,
    opened,
    plain,
    say,
    say_json,
    table,
    tell,
)
from afterclick.cli.scout_shown import finding, reading_row, watch_row

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.ports.web import Fetched

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Scouts: prices on pages and in price lists.")
Url = Annotated[str, typer.Argument(metavar="URL_OR_FILE", help="A web address, or a file.")]
Sku = Annotated[str, typer.Option("--sku", help="Our SKU that it is for; a list names its own.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER")]
Currency = Annotated[str, typer.Option("--currency", help="ISO 4217, where the page names none.")]
Country = Annotated[str, typer.Option("--country", help="ISO 3166, where the address does not tell.")]
LONGEST_RUN_S = 600


@app.command()
def read(
    what: Url,
    sku: Annotated[str, typer.Option("--sku", help="The vendor's number of the variant that is meant.")] = "",
    gtin: Annotated[str, typer.Option("--gtin", help="The GTIN of the variant that is meant.")] = "",
    known: Annotated[str, typer.Option("--known", help="What it cost last: tells 1.234 from 1,234.")] = "",
    currency: Currency = "",
    country: Country = "",
    *,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Also from this machine and its network.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print what a page or price list says, with its sources and how far each is believed. Needs no office, changes nothing."""
    from afterclick.reading.pages.markup import Unreadable
    from afterclick.reading.pages.page import Wanted, read_page
    from afterclick.reading.price_lists.read import is_list
    from afterclick.reading.tables.rows import BadFile

    came = _fetched(what, allow_private=allow_private)
    if not came.ok:
        raise Refused(came.said or f"{what}: the site answers {came.status}")
    try:
        if is_list(came.body, came.content_type):
            finding(_price_list(came, what, currency, country), as_json=as_json)
            return
        wanted = Wanted(sku, gtin, _amount(known), currency.upper(), country.upper())
        page = read_page(came.body, url=came.url, content_type=came.content_type, wanted=wanted)
    except (Unreadable, BadFile) as error:
        raise Refused(f"{what}: {error}") from error
    finding(page, as_json=as_json)
    if page.price is None:
        raise typer.Exit(PARTLY)


@app.command()
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A web address, or file:NAME in the folder for price lists.")],
    party: Annotated[str, typer.Option("--of", metavar="WHO", help="The vendor or competitor, by its id.")],
    sku: Sku = "",
    role: Annotated[Literal["vendor", "competitor"], typer.Option("--as", help="vendor or competitor.")] = "vendor",
    every_hours: Annotated[int, typer.Option("--every", min=1, help="Hours between two visits.")] = 24,
    vendor_sku: Annotated[str, typer.Option("--vendor-sku", help="Its number there, where the page or list has several.")] = "",
    gtin: Annotated[str, typer.Option("--gtin", help="Its GTIN; a page about another one is not believed.")] = "",
    currency: Currency = "",
    country: Country = "",
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Watch an address: it is read every so many hours, as its robots.txt allows."""
    from afterclick.procurement.scouting import watches

    watch = watches.Watch(
        party=party, role=role, address=address, sku=sku, vendor_sku=vendor_sku, gtin=gtin, currency=currency.upper(),
        country=country.upper(), every_hours=every_hours,
    )  # fmt: skip
    with acting(folder, "supply.change") as (office, who), office.database.transaction() as tx:
        made, event = watches.add(tx, watch, by=who.id, now_ms=office.clock.now_ms())
        office.record(tx, [event], by=who.id)
    if as_json:
        say_json({"watch": made.id})
    else:
        tell(f"watch {made.id}: {plain(address)} is read every {every_hours} hours from now on")


@app.command("list")
def list_(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """List what is watched, and how the last visits went."""
    from afterclick.procurement.scouting import watches

    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        found = watches.all_watches(tx)
    if as_json:
        say_json({"watches": found})
        return
    shown = table("no", "whose", "SKU", "address", "every", "read (UTC)", "said", right=("no", "every"), long=("address", "said"))
    for one in found:
        shown.add_row(*watch_row(one))
    if found:
        console().print(shown)
    else:
        tell("nothing is watched yet: afterclick scout add https://… --of VENDOR --sku SKU")


@app.command()
def remove(number: Number, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Watch an address no longer; what was read there stays on record."""
    from afterclick.procurement.scouting import watches

    with acting(folder, "supply.change") as (office, who), office.database.transaction() as tx:
        office.record(tx, [watches.remove(tx, number)], by=who.id)
    say({"removed": number}, as_json=as_json)


@app.command()
def readings(
    folder: OfficeOption = HERE,
    sku: Sku = "",
    party: Annotated[str, typer.Option("--of", metavar="WHO", help="Of this vendor or competitor alone.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 50,
    *,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="Those that do not count.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what was read, newest first: what counts, what does not, and why."""
    from afterclick.procurement.scouting import readings as records

    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        found = records.history(tx, sku=sku, party=party, doubtful=doubtful, limit=limit)
    if as_json:
        say_json({"readings": [{"id": one.id, "reading": one.reading, "judged": one.judged} for one in found]})
        return
    shown = table("no", "read (UTC)", "whose", "SKU", "price", "verdict", "because", right=("no", "price"), long=("because",))
    for one in found:
        shown.add_row(*reading_row(one))
    if found:
        console().print(shown)
    else:
        tell("nothing was read that fits this")


@app.command()
def accept(number: Number, because: Because, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Let a doubtful reading count, for a reason that stays on record; `scout readings --doubtful` shows the numbers."""
    from afterclick.procurement.scouting.accepting import accept as let_count

    with acting(folder, "supply.change") as (office, who), office.database.transaction() as tx:
        event = let_count(tx, number, by=who.id, because=because, now_ms=office.clock.now_ms())
        office.record(tx, [event], by=who.id)
    say({"accepted": number, "said": event.because}, as_json=as_json)


@app.command()
def run(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Read everything that is watched now, whether it is due or not; hosts are still visited no faster than they allow."""
    from afterclick.procurement.scouting import watches

    with acting(folder, "supply.change") as (office, _who):
        began = office.clock.now_ms()
        with office.database.transaction() as tx:
            tx.run("UPDATE watches SET due_ms = ? WHERE state = 'active'", (began,))
        _work(office)
        with office.database.reading() as tx:
            found = watches.all_watches(tx)
    good = [one for one in found if one.read_ms >= began]
    bad = [one for one in found if one.read_ms < began and one.said]
    if as_json:
        say_json({"read": len(good), "failed": [{"watch": one.id, "address": one.address, "said": one.said} for one in bad]})
    else:
        tell(f"{len(good)} of {len(found)} watches were read")
        for one in bad:
            tell(f"watch {one.id}: {plain(one.said)}")
    if bad:
        raise typer.Exit(PARTLY)


def _work(office: "Office") -> None:
    """Let the scout work until every visitor is back."""
    from afterclick.engine import queue
    from afterclick.procurement.scouting.scout import CARD
    from afterclick.procurement.scouting.watches import due

    with office.engine() as engine:
        until = time.monotonic() + LONGEST_RUN_S
        while time.monotonic() < until:
            with office.database.transaction() as tx:
                queue.put_start(tx, CARD.id, now_ms=office.clock.now_ms())
            engine.run_until_idle()
            under_way = sum(
                getattr(system, "held", int)() for name, system in engine.door.ports.items() if name.startswith("web")
            )
            with office.database.reading() as tx:
                waiting = due(tx, now_ms=office.clock.now_ms(), limit=1)
            if not under_way and not waiting:
                return
            time.sleep(0.2)


def _fetched(what: str, *, allow_private: bool) -> "Fetched":
    """The page or file, however it is named."""
    from afterclick.connectors.price_folder import PriceFolder
    from afterclick.ports.web import Visit

    if not what.startswith(("http://", "https://")):
        path = Path(what.removeprefix("file:"))
        return PriceFolder(path.parent).visit(Visit("read", path.name))
    from afterclick.connectors.web import HttpWeb

    return HttpWeb(every_s=0, allow_private=allow_private).visit(Visit("read", what))


def _price_list(came: "Fetched", what: str, currency: str, country: str) -> object:
    import tempfile

    from afterclick.reading.price_lists.read import read_price_list
    from afterclick.reading.prices.texts import Hints

    with tempfile.TemporaryDirectory(prefix="afterclick-list-") as place:
        path = Path(place) / (Path(what).name[:80] or "price-list")
        path.write_bytes(came.body)
        return read_price_list(path, hints=Hints(currency.upper(), country.upper()))


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation as error:
        raise Refused(f"--known {text[:40]!r} is no amount; write it like 12.50") from error

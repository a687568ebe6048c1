"""How what scouts found is printed."""

from typing import TYPE_CHECKING

from afterclick.cli.output import console, figures, plain, say_json, table, tell

if TYPE_CHECKING:
    from afterclick.procurement.scouting.readings import Kept
    from afterclick.procurement.scouting.watches import Watch
    from afterclick.reading.pages.facts import PageFacts
    from afterclick.reading.price_lists.lines import PriceList

SHOWN = 40


def finding(found: object, *, as_json: bool) -> None:
    """Print what a page or a price list says."""
    if as_json:
        say_json(found)
        return
    from afterclick.reading.pages.facts import PageFacts
    from afterclick.reading.price_lists.lines import PriceList

    if isinstance(found, PageFacts):
        _page(found)
    elif isinstance(found, PriceList):
        _list(found)


def _page(page: "PageFacts") -> None:
    shown = table("what", "value", "believed", "sources", "where", right=("believed",), long=("value", "where"))
    price = page.price
    if price is not None:
        per = "" if price.per.pieces == 1 else f" for {price.per.count.normalize():f} {price.per.unit}"
        text = f"{'from ' if price.kind == 'from' else ''}{price.amount:f} {price.currency}{per}"
        shown.add_row("price", plain(text), f"{price.confidence:.0%}", ", ".join(price.sources), plain(price.path))
    for name in ("availability", "name", "brand", "sku", "gtin"):
        fact = getattr(page, name)
        if fact is not None:
            shown.add_row(name, plain(fact.value[:120]), f"{fact.confidence:.0%}", ", ".join(fact.sources), plain(fact.path))
    figures({"page": page.url or page.title, "sha256": page.sha256, "products": page.products})
    console().print(shown)
    if price is None:
        tell("no price was found on it that could be believed")
    elif price.was is not None:
        tell(f"before, it was {price.was:f}")
    for doubt in (*([price.doubt] if price and price.doubt else []), *page.notes):
        tell(plain(doubt))


def _list(listed: "PriceList") -> None:
    shown = table(
        "line", "number", "GTIN", "description", "price", "for", "minimum", "pack", "breaks",
        right=("line", "price", "for", "minimum", "pack"), long=("description", "breaks"),
    )  # fmt: skip
    for one in listed.lines[:SHOWN]:
        breaks = ", ".join(f"{quantity}+ {price:f}" for quantity, price in one.breaks)
        shown.add_row(
            str(one.number), plain(one.vendor_sku), one.gtin, plain(one.description[:60]), f"{one.price:f} {one.currency}",
            str(one.pieces), str(one.minimum), str(one.pack), breaks,
        )  # fmt: skip
    figures({"lines": len(listed.lines), "rejected": listed.rejected})
    console().print(shown)
    for number, because in listed.named[:SHOWN]:
        tell(f"line {number}: {plain(because)}")
    for note in listed.notes:
        tell(plain(note))


def watch_row(watch: "Watch") -> tuple[str, ...]:
    """A watch as the cells of a row."""
    from afterclick.control_room.words import instant

    read = instant(watch.read_ms) if watch.read_ms else "never"
    return (
        str(watch.id), plain(f"{watch.party} ({watch.role})"), plain(watch.sku or "by line"), plain(watch.address),
        f"{watch.every_hours} h", read, plain(watch.said),
    )  # fmt: skip


def reading_row(kept: "Kept") -> tuple[str, ...]:
    """A reading as the cells of a row."""
    from afterclick.control_room.words import instant
    from afterclick.domain import money

    one = kept.reading
    price = f"{money.to_text(one.amount, one.currency)} {one.currency}" + (f" / {one.pieces}" if one.pieces > 1 else "")
    return (
        str(kept.id), instant(one.at_ms), plain(one.party), plain(one.sku), price, kept.judged.verdict,
        plain(kept.judged.because),
    )  # fmt: skip

"""Turn what came from a visit into readings: the price of a page, or the lines of a list that are for articles of ours."""

import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from afterclick.domain import money
from afterclick.domain.scouting import Reading
from afterclick.ports.web import Fetched
from afterclick.procurement.scouting.watches import Watch

if TYPE_CHECKING:
    from afterclick.reading.pages.facts import PageFacts
    from afterclick.reading.price_lists.lines import ListLine, PriceList

MOST_PIECES: Final = 10**9
MOST_BAD_SAID: Final = 5


class Found(NamedTuple):
    """What a visit gave: readings, and what should be said of it; `lines` and `bad` count the lines of a list."""

    readings: tuple[Reading, ...] = ()
    said: str = ""
    lines: int = 0
    bad: int = 0


class Articles(NamedTuple):
    """Our SKUs by the vendor's number, by GTIN, and as they are."""

    by_vendor_sku: Mapping[str, str]
    by_gtin: Mapping[str, str]
    ours: frozenset[str]

    def sku(self, vendor_sku: str, gtin: str, watch: Watch) -> str:
        """The SKU that a line is for; '' for an article that we do not have."""
        if watch.sku and (
            (vendor_sku and vendor_sku == watch.vendor_sku) or (gtin and gtin.lstrip("0") == watch.gtin.lstrip("0"))
        ):
            return watch.sku
        found = self.by_vendor_sku.get(vendor_sku) or self.by_gtin.get(gtin.lstrip("0"), "")
        return found or (vendor_sku if vendor_sku in self.ours else "")


def look(came: Fetched, watch: Watch, *, known: Decimal | None, articles: Articles, now_ms: int) -> Found:
    """Read what came. A page or list that cannot be read is named in `said`; the rest goes on.

    `known` is what one piece cost last, in the watch's currency: it tells 1.234 from 1,234.
    """
    try:
        from afterclick.reading.pages.markup import Unreadable
        from afterclick.reading.pages.page import Wanted, read_page
        from afterclick.reading.price_lists.read import is_list
        from afterclick.reading.tables.rows import BadFile
    except ModuleNotFoundError as error:
        return Found(said=f"pages need {error.name} to be read: install afterclick[scouting]")
    try:
        if watch.is_file or is_list(came.body, came.content_type):
            listed = _read_list(came.body, watch)
            return of_list(listed, came, watch, articles=articles, now_ms=now_ms)
        wanted = Wanted(watch.vendor_sku, watch.gtin, known, watch.currency, watch.country)
        page = read_page(came.body, url=came.url, content_type=came.content_type, wanted=wanted)
        return of_page(page, came, watch, now_ms=now_ms)
    except (Unreadable, BadFile) as error:
        return Found(said=f"{came.url[:200]}: {error}")
    except (ValueError, ArithmeticError, RecursionError, LookupError, MemoryError) as error:
        return Found(said=f"{came.url[:200]}: it cannot be read ({type(error).__name__} {str(error)[:150]})")


def of_page(page: "PageFacts", came: Fetched, watch: Watch, *, now_ms: int) -> Found:
    """The reading of a page; none where it names no price that can be believed, or is about another article."""
    if (
        watch.gtin
        and page.gtin is not None
        and page.gtin.confidence >= 0.7
        and page.gtin.value.lstrip("0") != watch.gtin.lstrip("0")
    ):
        return Found(said=f"{came.url[:200]}: the page is about {page.gtin.value}, not {watch.gtin}")
    price = page.price
    if price is None:
        gone = page.availability is not None and page.availability.value == "OutOfStock"
        return Found(said=f"{came.url[:200]}: " + ("it is sold out, and names no price" if gone else "no price was found"))
    if not price.per.pieces:
        return Found(said=f"{came.url[:200]}: the price is per {price.per.unit}, not per piece")
    amount, pieces = exact(price.amount, price.per.pieces, price.currency)
    return Found((
        Reading(
            party=watch.party, sku=watch.sku, at_ms=now_ms, amount=amount, currency=price.currency, pieces=pieces,
            role=watch.role, watch=watch.id, vendor_sku=page.sku.value if page.sku else "",
            gtin=page.gtin.value if page.gtin else "",
            availability=page.availability.value if page.availability else "", source="+".join(price.sources),
            confidence=price.confidence, url=came.url, site=urlsplit(came.url).hostname or watch.site, sha256=came.sha256,
            path=price.path, text=price.text, doubt=price.doubt,
        ),
    ))  # fmt: skip


def of_list(listed: "PriceList", came: Fetched, watch: Watch, *, articles: Articles, now_ms: int) -> Found:
    """The readings of a list: of its lines for articles of ours. Bad lines are named."""
    readings: dict[str, Reading] = {}
    twice: set[str] = set()
    for line in listed.lines:
        sku = articles.sku(line.vendor_sku, line.gtin, watch)
        if not sku:
            continue
        one = _of_line(line, sku, listed.source, came, watch, now_ms)
        if sku in readings and (readings[sku].amount, readings[sku].pieces) != (one.amount, one.pieces):
            twice.add(sku)
        readings[sku] = one
    kept = [one for sku, one in readings.items() if sku not in twice]
    said = [f"line {number}: {because}" for number, because in listed.named[:MOST_BAD_SAID]]
    said += [f"{sku} stands there with two prices" for sku in sorted(twice)[:MOST_BAD_SAID]]
    said += list(listed.notes[:2]) + ([] if kept else ["no line is for an article of ours"])
    return Found(tuple(kept), "; ".join(said), len(listed.lines), listed.rejected)


def _of_line(line: "ListLine", sku: str, source: str, came: Fetched, watch: Watch, now_ms: int) -> Reading:
    amount, pieces = exact(line.price, line.pieces, line.currency)
    return Reading(
        party=watch.party, sku=sku, at_ms=now_ms, amount=amount, currency=line.currency, pieces=pieces, role=watch.role,
        watch=watch.id, vendor_sku=line.vendor_sku, gtin=line.gtin, availability=line.availability, source=source,
        confidence=0.95, url=came.url, site=watch.site, sha256=came.sha256, path=f"line {line.number}",
        text=f"{line.price} {line.currency} {line.unit}".strip(), doubt=line.doubt, vouched=watch.is_file,
    )  # fmt: skip


def exact(amount: Decimal, pieces: int, currency: str) -> tuple[int, int]:
    """An amount as minor units for so many pieces that nothing is lost: 0.0123 for 1 is 123 cents for 100."""
    places = money.decimals(currency)
    exponent = amount.normalize().as_tuple().exponent
    beyond = max(0, -exponent - places) if isinstance(exponent, int) else 0
    beyond = min(beyond, 6)
    if pieces * 10**beyond > MOST_PIECES:
        beyond = 0
    return money.to_minor(amount * 10**beyond, currency), pieces * 10**beyond


def _read_list(body: bytes, watch: Watch) -> "PriceList":
    """The lines of a list; table readers want a file, so it lies in one for as long as it is read."""
    from afterclick.reading.price_lists.read import read_price_list
    from afterclick.reading.prices.texts import Hints

    with tempfile.TemporaryDirectory(prefix="afterclick-list-") as folder:
        path = Path(folder) / "price-list"
        path.write_bytes(body)
        return read_price_list(path, hints=Hints(watch.currency, watch.country))


def known_amount(reading: Reading | None, currency: str) -> Decimal | None:
    """What one piece cost last, in major units; None where that is not known, or in another currency."""
    if reading is None or (currency and reading.currency != currency):
        return None
    return Decimal(reading.amount).scaleb(-money.decimals(reading.currency)) / reading.pieces


def worth_keeping(reading: Reading, last: Reading | None, *, pending: Sequence[Reading], fresh_ms: int) -> bool:
    """Whether a line of a long list says anything new: another price, one that does not count yet, or the last is getting old."""
    same = last is not None and (last.amount * reading.pieces, last.currency) == (reading.amount * last.pieces, reading.currency)
    return not same or bool(pending) or (last is not None and last.at_ms < fresh_ms)

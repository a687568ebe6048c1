"""Read what a product page says of its product."""

import hashlib
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from afterclick.reading.gtin import same
from afterclick.reading.pages.choosing import choose
from afterclick.reading.pages.facts import AVAILABLE, Fact, PageFacts, PriceFact, Seen, SeenPrice, Source, believed
from afterclick.reading.pages.markup import attribute, joined, tree
from afterclick.reading.pages.meta import Head, read_head
from afterclick.reading.pages.structured import Listed, Offer, listed, machine_amount
from afterclick.reading.pages.visible import seen_prices
from afterclick.reading.pages.words import Stock, labelled, stock_in_words
from afterclick.reading.prices.signs import COUNTRIES, WHOLE, is_code
from afterclick.reading.prices.texts import Hints, read_price
from afterclick.reading.trees import Element

_STRUCTURED: Final[dict[Source, float]] = {"json-ld": 0.85, "microdata": 0.8}
_SCRIPT: Final = re.compile(
    r"""["']?(?:price|sale_?price|final_?price|current_?price|product_?price|offer_?price|selling_?price|price_?value)["']?\s*:\s*"""
    r"""["']?(\d{1,9}(?:[.,]\d{1,3})?)["']?\s*[,}\]]""",
    re.IGNORECASE,
)

_LONGEST_SCRIPT: Final = 400_000


class Wanted(msgspec.Struct, frozen=True):
    """Which article of the page is asked for, and what is known of it; all may be left out."""

    sku: str = ""
    gtin: str = ""
    known: Decimal | None = None
    """What it cost last, in the page's currency."""
    currency: str = ""
    country: str = ""


ANYTHING: Final = Wanted()


def read_page(body: bytes, *, url: str = "", content_type: str = "", wanted: Wanted = ANYTHING) -> PageFacts:
    """What a page says of its product; the sources of the page are weighed against each other.

    Raises:
        Unreadable: the page is too large, or no HTML.
    """
    root = tree(body, content_type)
    head = read_head(root, url)
    products, notes = listed(root, head.url)
    main = _main_products(products, head, root, wanted)
    country = wanted.country or head.country
    hints = Hints(_currency(main, head, wanted, country), country, known=wanted.known)
    seen = [
        *_structured_prices(main, wanted, hints), *_head_prices(head, hints), *_script_prices(root, hints),
        *seen_prices(root, hints),
    ]  # fmt: skip
    marked = believed([
        *(Seen(one.availability, item.source, 0.8, item.path) for item in main for one in item.offers if one.availability),
        *head.availability,
    ])  # fmt: skip
    stock = stock_in_words(root)
    gone = marked.value not in AVAILABLE if marked else bool(stock.gone and not stock.here)
    price, more = choose(seen, hints, sold_out=gone)
    availability = marked or _availability(stock, price)
    words = labelled(root, head.url)

    def of_markup(field: Callable[[Listed], str], confidence: float) -> list[Seen]:
        return [Seen(value, item.source, confidence, item.path) for item in main if (value := field(item))]

    return PageFacts(
        url=head.url or url, sha256=hashlib.sha256(body).hexdigest(), title=head.title,
        name=believed(of_markup(lambda item: item.name, 0.8) + _heading(root)),
        brand=believed(of_markup(lambda item: item.brand, 0.8) + list(head.brand) + words.brand),
        sku=believed(of_markup(lambda item: item.sku, 0.8) + list(head.sku) + words.sku),
        gtin=believed(of_markup(lambda item: item.gtin, 0.9) + list(head.gtin) + words.gtin),
        availability=availability, price=price, products=len(products), notes=(*notes, *more), seen=tuple(seen[:40]),
    )  # fmt: skip


def _main_products(products: Sequence[Listed], head: Head, root: Element, wanted: Wanted) -> list[Listed]:
    """Of each source, the product that the page is about: the one asked for, else the one that bears its name or address."""
    names = f"{head.title} {' '.join(one.value for one in _heading(root))}".casefold()
    words = set(re.findall(r"\w+", names))

    def fits(place: int, item: Listed) -> float:
        mine = set(re.findall(r"\w+", item.name.casefold()))
        score = 3.0 * len(mine & words) / len(mine) if mine else 0.5
        score += 2.0 * bool(item.url and _path(item.url) == _path(head.url)) + 0.5 * bool(item.offers) - 4.0 * item.aside
        asked = bool(wanted.sku) and wanted.sku in {item.sku, *(number for one in item.offers for number in one.ids)}
        return score + 20.0 * (asked or same(wanted.gtin, item.gtin)) - 0.01 * place

    best: dict[Source, tuple[float, Listed]] = {}
    for place, item in enumerate(products):
        score = fits(place, item)
        if item.source not in best or score > best[item.source][0]:
            best[item.source] = (score, item)
    return [item for score, item in best.values() if score > 0]


def _availability(stock: Stock, price: PriceFact | None) -> Fact | None:
    """What the words say; where they say both, a page that names a price sells, and one that only names a price may."""
    if price is None:
        return believed(stock.gone or stock.here)
    return believed(stock.here or stock.gone) or Fact("InStock", 0.3, price.sources, price.path)


def _path(url: str) -> str:
    return url.partition("://")[2].partition("/")[2].partition("#")[0].rstrip("/")


def _heading(root: Element) -> list[Seen]:
    return [Seen(text, "visible", 0.5, "h1") for one in root.iter("h1") if 3 < len(text := joined(one, 300)) <= 300][:1]


def _currency(main: Sequence[Listed], head: Head, wanted: Wanted, country: str) -> str:
    """The currency that the page names by its code, else the one that it is known to use."""
    named = [offer.currency for item in main for offer in item.offers if is_code(offer.currency)]
    home = COUNTRIES[country].currency if country in COUNTRIES else ""
    return next(iter(named), "") or head.currency or wanted.currency or home


def _structured_prices(main: Sequence[Listed], wanted: Wanted, hints: Hints) -> list[SeenPrice]:
    found: list[SeenPrice] = []
    for item in main:
        offers = _of_variant(item, wanted)
        prices = {offer.price for offer in offers if offer.price}
        for offer in offers:
            sure = _STRUCTURED[item.source] if len(prices) == 1 else 0.5
            one = _machine(offer.price, offer.currency, hints, item.source, sure - 0.2 * (offer.kind == "from"), item.path)
            if one is not None:
                found.append(msgspec.structs.replace(one, kind="from" if offer.kind == "from" else "is"))
    return found


def _of_variant(item: Listed, wanted: Wanted) -> Sequence[Offer]:
    """The offers of the variant that is asked for, where the markup tells variants apart."""
    asked = [
        one for one in item.offers if (wanted.sku and wanted.sku in one.ids) or any(same(wanted.gtin, id_) for id_ in one.ids)
    ]
    return asked or item.offers


def _head_prices(head: Head, hints: Hints) -> list[SeenPrice]:
    told = (_machine(one.value, head.currency, hints, "meta", one.confidence, one.path) for one in head.prices)
    return [one for one in told if one is not None]


def _machine(text: str, currency: str, hints: Hints, source: Source, confidence: float, path: str) -> SeenPrice | None:
    """A price of the markup: a plain number by the rules of schema.org, but many shops write it as they print it."""
    amount = machine_amount(text)
    code = currency if is_code(currency) else hints.currency
    if amount is None or (code in WHOLE and re.search(r"\.\d{3}$", text)):
        price = read_price(text, hints=msgspec.structs.replace(hints, currency=code))
        if price is None or price.amount <= 0:
            return None
        return SeenPrice(
            price.amount, price.currency or code, price.sign, source, confidence, path, text, price.other, per=price.per
        )
    if amount <= 0:
        return None
    other = Decimal(text.replace(".", "")) if re.fullmatch(r"\d{1,3}\.\d{3}", text) else None
    return SeenPrice(amount, code, currency, source, confidence, path, text, other)


def _script_prices(root: Element, hints: Hints) -> list[SeenPrice]:
    """What the page's programs are told it costs: too loose to choose by, good to agree with."""
    counts: dict[str, int] = {}
    for script in root.iter("script"):
        if "ld+json" in attribute(script, "type"):
            continue  # a source of its own
        text = str(script.text or "")[:_LONGEST_SCRIPT]
        for found in _SCRIPT.finditer(text):
            counts[found[1]] = counts.get(found[1], 0) + 1
    often = sorted(counts.items(), key=lambda item: -item[1])[:8]
    told = (_machine(text, "", hints, "script", 0.3 if place == 0 else 0.15, "script") for place, (text, _) in enumerate(often))
    return [one for one in told if one is not None]

"""What a page's head says: Open Graph and other meta tags, title, canonical address."""

from typing import Final
from urllib.parse import urljoin, urlsplit

import msgspec

from afterclick.reading.gtin import checked
from afterclick.reading.pages.facts import Seen
from afterclick.reading.pages.markup import attribute
from afterclick.reading.pages.structured import state
from afterclick.reading.prices.signs import COUNTRIES
from afterclick.reading.prices.texts import read_price
from afterclick.reading.trees import Element

_SALE: Final = ("product:sale_price:amount", "og:sale_price:amount")
_PRICE: Final = ("product:price:amount", "og:price:amount", "og:price", "product:price", "price", "twitter:data1")
_CURRENCY: Final = ("product:price:currency", "og:price:currency", "product:sale_price:currency", "pricecurrency", "currency")
_SKU: Final = ("product:retailer_item_id", "product:sku", "sku", "productid")
_GTIN: Final = ("product:gtin", "product:ean", "product:upc", "gtin13", "gtin", "ean", "og:upc", "og:ean")
_STOCK: Final = ("product:availability", "og:availability", "availability")
_BRAND: Final = ("product:brand", "og:brand", "brand")
_NEAR: Final = 80
"""Characters of a description: a shop that puts its price there puts it first."""
_NAMELESS: Final = frozenset({"io", "tv", "co", "me", "cc", "ai", "eu"})
"""Endings of web addresses that look like a country and tell nothing of it."""


class Head(msgspec.Struct, frozen=True):
    """The head of a page. `prices` are texts with their confidence; `country` is the shop's, as far as address or
    language tell."""

    title: str
    url: str
    country: str
    currency: str
    prices: tuple[Seen, ...]
    sku: tuple[Seen, ...]
    gtin: tuple[Seen, ...]
    availability: tuple[Seen, ...]
    brand: tuple[Seen, ...]


def read_head(root: Element, url: str) -> Head:
    """What the meta tags, title and links of a page say."""
    tags: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        name = attribute(element, "property") or attribute(element, "name") or attribute(element, "itemprop")
        content = " ".join(attribute(element, "content")[:500].split())
        if name and content and not _within_item(element):
            tags.setdefault(name.strip().lower(), []).append(content)
    title = next((" ".join("".join(one.itertext()).split())[:300] for one in root.iter("title")), "")
    canonical = next(
        (attribute(one, "href") for one in root.iter("link") if "canonical" in attribute(one, "rel").lower()), ""
    ) or next(iter(tags.get("og:url", [])), "")
    address = _joined(url, canonical)

    def seen(names: tuple[str, ...], confidence: float) -> list[Seen]:
        return [
            Seen(values[0], "meta", confidence, f"meta {name}")
            for name in names
            if (values := tags.get(name)) and len(values) < 3
        ]

    prices = seen(_SALE, 0.8) or [
        one for one in seen(_PRICE, 0.7)
        if one.path != "meta twitter:data1" or any("pri" in label.lower() for label in tags.get("twitter:label1", []))
    ]  # fmt: skip
    described = next(iter(tags.get("og:description", []) or tags.get("description", [])), "")[:_NEAR]
    if not prices and (said := read_price(described)) and said.signed and said.kind == "is":
        prices = [Seen(f"{said.amount}", "meta", 0.5, "meta description")]
    return Head(
        tags.get("og:title", [title])[0] or title, address, _country(root, address, tags),
        next((one.value.upper() for one in seen(_CURRENCY, 1) if len(one.value) == 3), ""),
        tuple(prices), tuple(seen(_SKU, 0.5)),
        tuple(msgspec.structs.replace(one, value=checked(one.value)) for one in seen(_GTIN, 0.7) if checked(one.value)),
        tuple(msgspec.structs.replace(one, value=state(one.value)) for one in seen(_STOCK, 0.6) if state(one.value)),
        tuple(seen(_BRAND, 0.6)),
    )  # fmt: skip


def _within_item(element: Element) -> bool:
    """Whether a meta tag belongs to an item of microdata, which is read by itself."""
    return (
        "itemprop" in element.attrib
        and next(element.iterancestors("*"), None) is not None
        and any("itemscope" in one.attrib for one in element.iterancestors())
    )


def _joined(url: str, canonical: str) -> str:
    try:
        return urljoin(url, canonical)[:2_000] if canonical else url
    except ValueError:
        return url


def _country(root: Element, address: str, tags: dict[str, list[str]]) -> str:
    """The country: by the ending of the shop's address, by the region of its language (`de-AT`), or ''."""
    try:
        ending = (urlsplit(address).hostname or "").rpartition(".")[2]
    except ValueError:
        ending = ""
    if ending.upper() in COUNTRIES and ending not in _NAMELESS:
        return ending.upper()
    for language in (attribute(root, "lang"), *tags.get("og:locale", []), *tags.get("content-language", [])):
        region = language.replace("_", "-").rpartition("-")[2].upper()
        if "-" in language.replace("_", "-") and region in COUNTRIES:
            return region
    return ""

"""What a page says for machines: JSON-LD and microdata in the words of schema.org."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple, cast

from extruct.w3cmicrodata import MicrodataExtractor

from afterclick.reading.gtin import checked
from afterclick.reading.pages.facts import Availability, Source
from afterclick.reading.trees import Element

DEEPEST: Final = 24
MOST_NODES: Final = 20_000
_GOODS: Final = frozenset({
    "product", "individualproduct", "productmodel", "productgroup", "someproducts", "vehicle", "car", "book", "movie",
    "softwareapplication", "event", "musicevent", "theaterevent", "sportsevent", "course", "menuitem", "apartment",
})  # fmt: skip
_ASIDE: Final = frozenset(
    {"issimilarto", "isrelatedto", "isaccessoryorsparepartfor", "itemlistelement", "review", "isconsumablefor"}
)
"""Where a page's markup speaks of other goods than its own."""
_NUMBERS: Final = ("gtin", "gtin13", "gtin12", "gtin14", "gtin8", "ean", "isbn", "productid")
_STATES: Final[tuple[tuple[str, Availability], ...]] = (
    ("outofstock", "OutOfStock"), ("soldout", "OutOfStock"), ("limited", "LimitedAvailability"), ("preorder", "PreOrder"),
    ("presale", "PreOrder"), ("backorder", "BackOrder"), ("discontinued", "Discontinued"), ("instock", "InStock"),
    ("instoreonly", "InStock"), ("onlineonly", "InStock"), ("available", "InStock"), ("oos", "OutOfStock"),
)  # fmt: skip


class Offer(NamedTuple):
    """A price in the markup, with whom it concerns; `kind` is `from` where it is the lowest of several."""

    price: str
    currency: str
    availability: Availability
    kind: str
    ids: frozenset[str]
    url: str


class Listed(NamedTuple):
    """A product in the markup; `aside` when the markup names it beside the page's own."""

    source: Source
    path: str
    name: str
    brand: str
    sku: str
    gtin: str
    url: str
    offers: tuple[Offer, ...]
    aside: bool


def listed(root: Element, url: str) -> tuple[list[Listed], list[str]]:
    """The products in the markup in its order, and what of it could not be read."""
    found: list[Listed] = []
    notes: list[str] = []
    for source, read in (("json-ld", _json_ld), ("microdata", _microdata)):
        try:
            nodes = list(read(root, url))
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
            notes.append(f"the page's {source} cannot be read: {str(error)[:120]}")
            continue
        for path, node, aside in nodes:
            one = _product(cast(Source, source), path, node, aside=aside)
            if one is not None:
                found.append(one)
    return found, notes


def state(text: str) -> Availability:
    """The availability that a word of schema.org, Open Graph or a feed means; '' for one that is not known."""
    plain = re.sub(r"[^a-z]", "", text.rsplit("/", 1)[-1].lower())
    if plain in ("notavailable", "unavailable"):
        return "OutOfStock"
    for word, known in _STATES:
        if word in plain:
            return known
    return ""


def _json_ld(root: Element, url: str) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    for place, script in enumerate(root.iter("script")):
        if "ld+json" not in str(script.get("type", "")).lower():
            continue
        for text in (str(script.text or ""), _mended(str(script.text or ""))):
            try:
                yield from _walk(json.loads(text, strict=False), f"script[{place}]", aside=False)
                break
            except (ValueError, RecursionError):
                continue  # one broken script does not take the others along


def _mended(text: str) -> str:
    """JSON as some shops write it: within comments, with a comma behind the last entry."""
    inner = re.sub(r"^\s*(?:<!--|/\*.*?\*/|//\s*<!\[CDATA\[)|(?:-->|//\s*\]\]>)\s*;?\s*$", "", text, flags=re.DOTALL)
    return re.sub(r",(\s*[}\]])", r"\1", inner).strip().rstrip(";")


def _microdata(root: Element, url: str) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    extract: Any = MicrodataExtractor(strict=False)
    for place, item in enumerate(extract.extract_items(root, url or "http://page/")):
        yield from _walk(_flat(item), f"item[{place}]", aside=False)


def _flat(item: Any, depth: int = 0) -> Any:
    """A microdata item in the shape of JSON-LD."""
    if depth > DEEPEST:
        return ""
    if isinstance(item, list):
        return [_flat(one, depth + 1) for one in cast(list[Any], item)]
    if not isinstance(item, dict) or "properties" not in item:
        return cast(Any, item)
    typed = cast(dict[str, Any], item)
    return {"@type": typed.get("type", ""), **{name: _flat(value, depth + 1) for name, value in typed["properties"].items()}}


def _walk(node: Any, path: str, *, aside: bool) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Every object in the markup, outer ones first, without going round in circles or too deep."""
    stack: list[tuple[Any, str, bool, int]] = [(node, path, aside, 0)]
    seen = 0
    while stack and seen < MOST_NODES:
        one, at, beside, depth = stack.pop(0)
        seen += 1
        if depth > DEEPEST:
            continue
        if isinstance(one, list):
            stack.extend((part, f"{at}[{no}]", beside, depth + 1) for no, part in enumerate(cast(list[Any], one)))
        elif isinstance(one, dict):
            mapping = {str(name).lower().rsplit("/", 1)[-1]: value for name, value in cast(dict[Any, Any], one).items()}
            yield at, mapping, beside
            for name, value in mapping.items():
                if isinstance(value, list | dict) and name != "offers":
                    stack.append((cast(Any, value), f"{at}.{name}", beside or name in _ASIDE, depth + 1))


def _types(node: Mapping[str, Any]) -> set[str]:
    return {str(one).rsplit("/", 1)[-1].lower() for one in _many(node.get("@type", node.get("type", "")))}


def _product(source: Source, path: str, node: Mapping[str, Any], *, aside: bool) -> Listed | None:
    types = _types(node)
    alone = bool(types & {"offer", "aggregateoffer"})
    if not (types & _GOODS or alone or ("offers" in node and "name" in node)):
        return None
    offers = tuple(_offers(node if alone else node.get("offers"))) or tuple(_offers(node))
    brand = next(iter(_many(node.get("brand") or node.get("manufacturer"))), "")
    sku = _text(node.get("sku")) or _text(node.get("productid")) or _text(node.get("mpn"))
    gtin = next((number for name in _NUMBERS if (number := checked(_text(node.get(name)).rpartition(":")[2]))), "")
    if not gtin and (number := checked(_text(node.get("sku")))) and len(number) >= 12:
        gtin = number
    name = "" if alone else _text(node.get("name"))
    return Listed(source, path, name, _text(brand), sku, gtin, _text(node.get("url")), offers, aside)


def _offers(value: Any) -> Iterator[Offer]:
    for one in _many(value):
        if not isinstance(one, dict):
            continue
        node = {str(name).lower(): part for name, part in cast(dict[str, Any], one).items()}
        inner, specs = _objects(node.get("offers")), _objects(node.get("pricespecification"))
        stock = state(_text(node.get("availability")))
        ids = frozenset(number for key in ("sku", "gtin13", "gtin", "mpn", "productid") if (number := _text(node.get(key))))
        currency, url = _text(node.get("pricecurrency")), _text(node.get("url"))
        price, kind = _text(node.get("price")), "is"
        if not price and (spec := next((part for part in specs if not _is_list_price(part)), None)):
            price, currency = _text(spec.get("price")), currency or _text(spec.get("priceCurrency"))
        if not price:
            low, high = _text(node.get("lowprice")), _text(node.get("highprice"))
            price, kind = low, "from" if high and high != low else "is"
        if price or stock:
            yield Offer(price, currency.strip().upper() if len(currency.strip()) == 3 else currency, stock, kind, ids, url)
        for part in inner:
            yield from _offers(part)


def _is_list_price(spec: Mapping[str, Any]) -> bool:
    return any(word in _text(spec.get("priceType")).lower() for word in ("list", "srp", "msrp", "strikethrough", "regular"))


def _many(value: Any) -> Sequence[Any]:
    return cast(list[Any], value) if isinstance(value, list) else [] if value is None else [value]


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [cast(dict[str, Any], one) for one in _many(value) if isinstance(one, dict)]


def _text(value: Any) -> str:
    """A property's text; of several values the first that has one."""
    if isinstance(value, dict):
        node = cast(dict[str, Any], value)
        return _text(node.get("name", node.get("@value", node.get("value", ""))))
    if isinstance(value, list):
        return next((text for one in cast(list[Any], value) if (text := _text(one))), "")
    if value is None or isinstance(value, bool):
        return ""
    return " ".join(str(value)[:500].split())


def machine_amount(text: str) -> Decimal | None:
    """An amount in the form that schema.org asks for: digits with a point at most; None for any other."""
    if not re.fullmatch(r"\d{1,12}(?:\.\d{1,10})?", text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None

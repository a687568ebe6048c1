"""Product feeds in XML (RSS or Atom in the manner of Google Merchant, or plain) and JSON, into rows of texts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import msgspec

from afterclick.reading.price_lists.columns import SYNONYMS
from afterclick.reading.tables.columns import plain
from afterclick.reading.tables.rows import BadFile, Figure, plainly
from afterclick.reading.trees import Element, NotMarkup, xml_tree

LARGEST: Final = 50_000_000
"""Bytes of a feed."""
MOST: Final = 500_000
"""Products of a feed."""
DEEPEST: Final = 6
_ITEMS: Final = frozenset(
    {"item", "entry", "product", "offer", "article", "shopitem", "artikel", "produit", "producto", "row", "record"}
)
_ALSO: Final = {"offerid": "vendor_sku", "sku": "vendor_sku", "saleprice": "sale", "pricevat": "price", "productno": "vendor_sku",
                "productname": "description", "minimumorderquantity": "minimum", "unitpricingmeasure": "measure"}  # fmt: skip
_FIELDS: Final = {
    plain(name): field for field, names in reversed(SYNONYMS.items()) for name in reversed(names.split("|"))
} | _ALSO


def xml_rows(body: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The products of an XML feed as (place in the feed, field → text). Entities and outside files are never followed.

    Raises:
        BadFile: it is too large, or no XML.
    """
    if len(body) > LARGEST:
        raise BadFile(f"the feed has {len(body):,} bytes, more than {LARGEST:,}")
    if b"<!ENTITY" in body[:20_000] or b"<!DOCTYPE" in body[:20_000]:
        raise BadFile("the feed declares entities of its own, which is not allowed here")
    try:
        root = xml_tree(body)
    except NotMarkup as error:
        raise BadFile(f"the feed is no good XML: {error}") from error
    place = 0
    for element in root.iter():
        if not isinstance(element.tag, str) or _local(element) not in _ITEMS or any(_local(child) in _ITEMS for child in element):
            continue
        place += 1
        if place > MOST:
            raise BadFile(f"the feed has more than {MOST:,} products")
        row: dict[str, str] = {name: str(value) for name, value in element.attrib.items()}
        for child in element.iter():
            if child is not element and isinstance(child.tag, str) and (child.text or "").strip():
                row.setdefault(_local(child), " ".join(str(child.text).split()))
        yield place, _fields(row)


def json_rows(body: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The products of a JSON feed: the longest list of objects in it.

    Raises:
        BadFile: it is too large, no JSON, or holds no list of objects.
    """
    if len(body) > LARGEST:
        raise BadFile(f"the feed has {len(body):,} bytes, more than {LARGEST:,}")
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadFile(f"the feed is no good JSON: {str(error)[:200]}") from error
    items = max(_lists(found, 0), key=len, default=list[dict[str, Any]]())
    if not items:
        raise BadFile("the feed holds no list of products")
    if len(items) > MOST:
        raise BadFile(f"the feed has more than {MOST:,} products")
    for place, item in enumerate(items, 1):
        yield place, _fields(dict(_flat(item, 0)))


def _local(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _lists(node: Any, depth: int) -> Iterator[list[dict[str, Any]]]:
    if depth > DEEPEST:
        return
    if isinstance(node, list):
        objects = [cast(dict[str, Any], one) for one in cast(list[Any], node) if isinstance(one, dict)]
        if objects:
            yield objects
    elif isinstance(node, dict):
        for value in cast(dict[str, Any], node).values():
            yield from _lists(value, depth + 1)


def _flat(item: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    """An object's texts and numbers; `price: {value, currency}` gives both."""
    for name, value in item.items():
        if isinstance(value, dict) and depth < DEEPEST:
            inner = dict(_flat(cast(dict[str, Any], value), depth + 1))
            if "value" in inner or "amount" in inner:
                yield name, inner.pop("value", "") or inner.pop("amount", "")
            yield from inner.items()
        elif isinstance(value, bool):
            yield name, "yes" if value else "no"
        elif isinstance(value, str):
            yield name, value
        elif isinstance(value, int | float):
            yield name, Figure(plainly(value) if isinstance(value, float) else str(value))


def _fields(row: Mapping[str, str]) -> dict[str, str]:
    """A product's texts by the names of `columns`; a sale price goes before the price."""
    found: dict[str, str] = {}
    for name, text in row.items():
        field = _FIELDS.get(plain(re.sub(r"^[a-z]+:", "", name)))
        if field and text.strip():
            found.setdefault(field, text)
    sale = found.pop("sale", "")
    return found | ({"price": sale} if sale else {})

"""The other orders that a reason or a fact speaks of, by the store's number, and as links where they can be followed.

Rules know orders by our own number ("order 1231 had the same basket"); people know them by the store's.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from markupsafe import Markup, escape

from afterclick.domain.facts import OrderFacts
from afterclick.store.transaction import Tx

_NUMBER: Final = re.compile(r"\border (\d{1,18})(?![\d…])")  # not one that was cut short


def numbers(tx: Tx, facts: Iterable[str]) -> dict[int, str]:
    """The orders that these facts (JSON) compare theirs with: our number → the store's."""
    ids = sorted({order_id for text in facts for order_id in _compared(text)})
    if not ids:
        return {}
    among, value = tx.among(ids)
    return dict(tx.rows(f"SELECT id, external_id FROM orders WHERE id {among}", (value,)))  # noqa: S608


def named(text: str, known: Mapping[int, str]) -> str:
    """A text in which these orders have the store's number."""
    return _NUMBER.sub(lambda found: f"order {known.get(int(found[1]), found[1])}", text)


def linked(text: str, known: Mapping[int, str]) -> Markup:
    """The same for a page, each number a link to its order; whatever else the text holds stays text."""
    parts: list[Markup] = []
    start = 0
    for found in _NUMBER.finditer(text):
        if (order_id := int(found[1])) in known:
            link = Markup('order <a href="/orders/{}">{}</a>').format(order_id, known[order_id])
            parts += [escape(text[start : found.start()]), link]
            start = found.end()
    return Markup("").join([*parts, escape(text[start:])])


def _compared(facts: str) -> list[int]:
    if '"earlier"' not in facts:
        return []
    try:
        return [one.order_id for one in msgspec.json.decode(facts, type=OrderFacts).earlier]
    except msgspec.DecodeError:
        return []

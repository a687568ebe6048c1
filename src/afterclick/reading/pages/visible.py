"""The prices that a reader of the page sees, each with how likely it is the one of the page's product."""

import re
from typing import Final, NamedTuple

from afterclick.reading.pages.facts import SeenPrice
from afterclick.reading.pages.markup import above, attribute, is_unseen, joined, path_of, told
from afterclick.reading.prices.signs import ANYWHERE
from afterclick.reading.prices.texts import Hints, Price, read_prices
from afterclick.reading.trees import Element

LONGEST: Final = 90
"""Characters of an element that holds a price and little else."""
MOST: Final = 400
"""Prices of one page that are weighed."""
_PRICE: Final = re.compile(
    r"price|preis|prix|preci|prezz|prijs|prisen|cena|cenu|pret\b|fiyat|hinta|цена|amount|kosten|precio|prc\b"
)
_MAIN: Final = re.compile(
    r"our[_-]?price|sale|deal|current|final|special|actual|now|buy|main|primary|product[_-]?(?:new-)?price|pdp|detail|promo|offer|new"
)
_OLD: Final = re.compile(
    r"\bold|[_-]old|\bwas\b|[_-]was|was[_-]|list[_-]?price|price[_-]?list\b|strike|stroke|cross|\brrp|msrp|regular|original|before|"
    r"compare|previous|\buvp|\bpvp|retail|saving|save[ds]?\b|discount|percent|crossed|normal[_-]price|line-through"
)
_ELSEWHERE: Final = re.compile(
    r"recommend|related|similar|carousel|slider|cross-?sell|up-?sell|also|bought|sponsored|recent|viewed|history|teaser|tiles?\b|"
    r"swiper|suggest|footer|\bnav|menu|\bcart|basket|bundle|accessor|compar|\blisting|[_-]list\b|\bads?\b|sims|together|more[_-]|"
    r"wishlist|review|comment|filter|range|coupon|breadcrumb|popup|modal|\bp13n|other[_-]?seller|swatch|variation|variant|\bsize_|\bused"
)
_NOT_PRICE: Final = re.compile(
    r"shipping|delivery|versand|livraison|unit[_-]?price|price[_-]?per|per[_-]?unit|base[_-]?price|grundpreis|instal|\brate\b|rates|loyal|"
    r"point|deposit|financ|month|credit|warranty|insur|gift|protection|subscri|minimum|threshold|bonus|cashback|leasing|swatch|variation|variant|\bsize_"
)

_DIGIT: Final = re.compile(r"\d")


class Weighed(NamedTuple):
    """A price that is seen, before it is known how often its like stands on the page."""

    price: Price
    element: Element
    score: float
    was: bool
    order: int
    kind_of_place: str


def seen_prices(root: Element, hints: Hints) -> list[SeenPrice]:
    """The prices of the visible page, the likeliest first."""
    places = {element: place for place, element in enumerate(root.iter())}
    heading = _heading(root, places)
    weighed: list[Weighed] = []
    taken: set[Element] = set()
    for element, place in places.items():
        if len(weighed) >= MOST:
            break
        if not isinstance(element.tag, str) or element.tag in ("html", "body") or element in taken:
            continue
        weighed += _in_element(element, place, heading, hints, taken)
    alike: dict[str, int] = {}
    for one in weighed:
        alike[one.kind_of_place] = alike.get(one.kind_of_place, 0) + 1
    return sorted((_seen(one, alike[one.kind_of_place]) for one in weighed), key=lambda one: -one.confidence)


def _in_element(element: Element, place: int, heading: int, hints: Hints, taken: set[Element]) -> list[Weighed]:
    """The prices of an element that holds little else; its parts are then not looked at again."""
    text = joined(element, LONGEST)
    if not text or len(text) > LONGEST or not _DIGIT.search(text) or _unseen(element):
        return []
    near = " ".join([told(element), *(told(one) for one in above(element, 1))])
    marked = _PRICE.search(near) or "price" in attribute(element, "itemprop").lower()
    if not marked and not ANYWHERE.search(text):
        return []
    if any(_alone(child) for child in element):
        return []  # its parts name prices of their own, each in a place that says what it is
    prices = [one for one in read_prices(text, hints=hints) if one.amount > 0 and one.kind != "saving"]
    if not prices or (not marked and not any(one.signed for one in prices)):
        return []
    taken.update(element.iterdescendants())
    return [_weighed(one, element, place, heading) for one in prices[:4] if one.signed or marked]


def _alone(child: Element) -> bool:
    """Whether a part of an element is a price with its sign, or a former price."""
    text = joined(child, LONGEST)
    if len(text) > LONGEST or not _DIGIT.search(text):
        return False
    return ANYWHERE.search(text) is not None or child.tag in ("del", "s", "strike")


def _unseen(element: Element) -> bool:
    return is_unseen(element) or any(is_unseen(one) for one in above(element, 40))


def _weighed(price: Price, element: Element, place: int, heading: int) -> Weighed:
    own = " ".join([told(element), attribute(element, "itemprop").lower(), *(told(one) for one in above(element, 1))])
    close = " ".join([own, *(told(one) for one in above(element, 3))])
    around = " ".join([close, *(told(one) for one in above(element, 9))])
    score = 0.2 + 0.15 * bool(price.signed) + 0.2 * bool(_PRICE.search(own)) + 0.1 * ("price" in attribute(element, "itemprop"))
    score += 0.1 * bool(_MAIN.search(own)) + _nearness(place, heading)
    score -= 0.35 * bool(_ELSEWHERE.search(around)) + 0.3 * bool(_NOT_PRICE.search(close))
    score -= 0.25 * any(one.tag == "a" and "#" not in attribute(one, "href")[:1] for one in [element, *above(element, 6)])
    score -= 0.25 * (price.kind in ("from", "to")) + 0.15 * (price.per.unit != "piece")
    score -= 0.3 * (not price.signed and (len(price.text) > 16 or price.amount >= 10_000_000))
    struck = {"del", "s", "strike"} & {str(one.tag) for one in [element, *above(element, 3)]}
    was = price.kind == "was" or bool(struck) or bool(_OLD.search(own)) or "line-through" in attribute(element, "style")
    kind = f"{element.tag} {attribute(element, 'class')} {attribute(element, 'itemprop')}"
    return Weighed(price, element, score, was, place, kind)


def _nearness(place: int, heading: int) -> float:
    """Shops put the price soon after the product's name."""
    if heading < 0:
        return 0.0
    behind = place - heading
    if behind < 0:
        return 0.0 if behind > -60 else -0.1
    return 0.2 if behind <= 150 else 0.1 if behind <= 500 else 0.0 if behind <= 1_500 else -0.15


def _heading(root: Element, places: dict[Element, int]) -> int:
    """Where the product's name stands: the first heading of the first rank with some text; -1 where there is none."""
    for element in root.iter("h1"):
        if len(joined(element, LONGEST)) > 3 and not _unseen(element):
            return places[element]
    return -1


def _seen(one: Weighed, alike: int) -> SeenPrice:
    score = one.score + (0.1 if alike <= 2 else -0.2 if alike > 6 else 0.0)
    price = one.price
    return SeenPrice(
        price.amount, price.currency, price.sign, "visible", round(min(max(score, 0.02), 0.8), 3), path_of(one.element),
        price.text[:120], price.other, "was" if one.was else "from" if price.kind == "from" else "is", price.per,
    )  # fmt: skip

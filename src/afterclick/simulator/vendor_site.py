"""A pretend vendor's web site: product pages that say what they are told to, also when that is wrong."""

import hashlib
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Literal

import msgspec

from afterclick.ports.answer import Answer, Done
from afterclick.ports.web import Fetched, Visit

Fault = Literal["", "factor", "currency", "down", "gone", "nonsense"]


class Shown(msgspec.Struct, frozen=True):
    """What a page shows: a name, a price in major units of a currency, and what is wrong with it."""

    name: str
    price: Decimal
    currency: str = "EUR"
    gtin: str = ""
    available: bool = True
    fault: Fault = ""


class VendorSite:
    """Implements `ports.web.Web` without a network. `show` sets what stands at an address from now on.

    Faults: `factor` prints a hundredfold price, `currency` another currency, `down` does not answer, `gone` is a 404,
    `nonsense` is a page without a price.
    """

    name = "web"

    def __init__(self) -> None:
        self._pages: dict[str, Shown] = {}
        self._waiting: deque[Visit] = deque()
        self.visits = 0

    def show(self, url: str, shown: Shown) -> None:
        """Put something at an address."""
        self._pages[url] = shown

    def fetch(self, visits: Sequence[Visit]) -> Sequence[Answer[None]]:
        for visit in visits:
            if visit.key not in {one.key for one in self._waiting}:
                self._waiting.append(visit)
        return [Done(None) for _ in visits]

    def arrived(self, limit: int) -> Sequence[Fetched]:
        return [self._answer(self._waiting.popleft()) for _ in range(min(limit, len(self._waiting)))]

    def held(self) -> int:
        return len(self._waiting)

    def _answer(self, visit: Visit) -> Fetched:
        self.visits += 1
        shown = self._pages.get(visit.url)
        if shown is None or shown.fault == "gone":
            return Fetched(visit.key, 404, f"{visit.url}: the site answers 404", visit.url)
        if shown.fault == "down":
            return Fetched(visit.key, 0, f"{visit.url}: it does not answer", visit.url, wait_s=60)
        body = page(shown).encode()
        mark = hashlib.sha256(body).hexdigest()
        if visit.etag == mark:
            return Fetched(visit.key, 304, "", visit.url, etag=mark)
        return Fetched(visit.key, 200, "", visit.url, "text/html; charset=utf-8", mark, "", mark, body=body)


def page(shown: Shown) -> str:
    """The HTML of a product page, with the price for machines and for readers."""
    if shown.fault == "nonsense":
        return f"<!doctype html><html><body><h1>{escape(shown.name)}</h1><p>See you soon.</p></body></html>"
    price = shown.price * 100 if shown.fault == "factor" else shown.price
    currency = {"EUR": "USD"}.get(shown.currency, "EUR") if shown.fault == "currency" else shown.currency
    offer = {
        "@type": "Offer", "price": f"{price:.2f}", "priceCurrency": currency,
        "availability": f"https://schema.org/{'InStock' if shown.available else 'OutOfStock'}",
    }  # fmt: skip
    product = {"@context": "https://schema.org", "@type": "Product", "name": shown.name, "gtin": shown.gtin, "offers": offer}
    return (
        f"<!doctype html><html lang='en'><head><title>{escape(shown.name)}</title>"
        f"<script type='application/ld+json'>{msgspec.json.encode(product).decode()}</script></head>"
        f"<body><h1>{escape(shown.name)}</h1><div class='product-price'><span class='price'>{price:.2f} {currency}</span></div>"
        f"<p class='stock'>{'in stock' if shown.available else 'sold out'}</p></body></html>"
    )

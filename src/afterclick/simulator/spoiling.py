"""How a good order document becomes a bad one: what malformed orders, wrong prices, doubles and fraud look like."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from afterclick.domain.money import to_minor, to_text
from afterclick.simulator.countries import ELSEWHERE

Document: TypeAlias = dict[str, Any]
"""An order document as parsed JSON; see `ports.store` for its keys."""


def spoil(document: Document, kind: str, rng: np.random.Generator, *, dear: tuple[str, int]) -> None:
    """Make a good document bad in place. `dear` is a SKU of high value and its price, for fraud that is worth its while."""
    line = document["lines"][0]
    if kind == "malformed":
        MALFORMED[int(rng.integers(0, len(MALFORMED)))](document)
    elif kind == "unknown_sku":
        line["sku"] = f"SKU-{int(rng.integers(90_000, 99_999))}"
    elif kind == "wrong_price":
        price = to_minor(line["unit_price"], "EUR")
        wrong = (price // 10, price // 100, price // 5, price * 10)[int(rng.integers(0, 4))]
        line["unit_price"] = to_text(max(wrong, 1), "EUR")
        tie(document)
    elif kind == "absurd_quantity":
        line["quantity"] = int(rng.integers(1_500, 9_000))
        tie(document)
    elif kind == "country_mismatch":
        _strange(document, rng, dear)


def repeat(document: Document, original: Document, kind: str) -> None:
    """Make a document the double of another: the same buyer and basket, or a basket that differs in one line."""
    for key in ("customer", "ship_to", "bill_country", "ip_country", "currency", "shipping", "discount", "total"):
        document[key] = original[key]
    document["payment"]["card"] = original["payment"]["card"]
    document["lines"] = [dict(line) for line in original["lines"]]
    if kind == "near_double":
        if len(document["lines"]) > 1:
            document["lines"].pop()
        else:
            document["lines"][0]["quantity"] += 1
        tie(document)


def share_card(document: Document, card: str) -> None:
    """Pay with a card that others pay with too."""
    document["payment"]["card"] = card


def share_address(document: Document, address: dict[str, str]) -> None:
    """Have it sent where others have theirs sent."""
    document["ship_to"] = {**address, "name": document["ship_to"]["name"]}
    document["bill_country"] = document["ip_country"] = address["country"]


def tie(document: Document) -> None:
    """Make the total fit the lines again, at the price of the discount."""
    document["discount"] = "0.00"
    lines = sum(line["quantity"] * to_minor(line["unit_price"], "EUR") for line in document["lines"])
    document["total"] = to_text(lines + to_minor(document["shipping"], "EUR"), "EUR")


def total_of(document: Document) -> int:
    """The document's total in minor units."""
    return to_minor(document["total"], "EUR")


def _strange(document: Document, rng: np.random.Generator, dear: tuple[str, int]) -> None:
    """A stranger's first order, of much value, with delivery, billing and network in three countries."""
    home = document["ship_to"]["country"]
    document["customer"] = {**document["customer"], "id": f"C-{int(rng.integers(90_000_000, 99_999_999))}"}
    document["bill_country"] = "DE" if home != "DE" else "FR"
    document["ip_country"] = ELSEWHERE[int(rng.integers(0, len(ELSEWHERE)))]
    sku, price = dear
    document["lines"] = [{"sku": sku, "quantity": 60_000 // price + 2, "unit_price": to_text(price, "EUR")}]
    tie(document)


def _no_country(document: Document) -> None:
    del document["ship_to"]["country"]


def _unknown_country(document: Document) -> None:
    document["ship_to"]["country"] = "XX"


def _bad_postcode(document: Document) -> None:
    document["ship_to"]["postcode"] = "?12"


def _no_street(document: Document) -> None:
    document["ship_to"] |= {"line1": "", "city": ""}


def _no_lines(document: Document) -> None:
    document["lines"] = []


def _no_pieces(document: Document) -> None:
    document["lines"][0]["quantity"] = 0


def _negative_pieces(document: Document) -> None:
    document["lines"][0]["quantity"] = -document["lines"][0]["quantity"]


def _pieces_in_words(document: Document) -> None:
    document["lines"][0]["quantity"] = "two"


def _price_in_words(document: Document) -> None:
    document["lines"][0]["unit_price"] = "cheap"


def _total_off(document: Document) -> None:
    document["total"] = to_text(to_minor(document["total"], "EUR") + 1000, "EUR")


def _no_currency(document: Document) -> None:
    document["currency"] = "EURO"


def _never_placed(document: Document) -> None:
    document["placed_at"] = "0000-00-00T25:61:00Z"


MALFORMED: Final[tuple[Callable[[Document], None], ...]] = (
    _no_country, _unknown_country, _bad_postcode, _no_street, _no_lines, _no_pieces, _negative_pieces, _pieces_in_words,
    _price_in_words, _total_off, _no_currency, _never_placed,
)  # fmt: skip

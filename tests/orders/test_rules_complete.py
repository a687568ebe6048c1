"""Facts and verdicts of the rule `complete`."""

from typing import Any

import msgspec
import pytest

from afterclick.domain.facts import ItemFacts, LineFacts, OrderFacts, Usual
from afterclick.domain.limits import OrderLimits
from afterclick.domain.verdict import PASS, Ask, Refuse
from afterclick.orders.forms import POSTCODES, email_fits, postcode_fits, tax_id_fits
from afterclick.orders.rules import complete

LIMITS = OrderLimits()
JAR = ItemFacts(True, 1000, "EUR", Usual(100, 1.0, 0.5, 12))
GOOD = OrderFacts(
    order_id=1, placed_ms=1_700_000_000_000, currency="EUR", total=2495, lines=(LineFacts(1, "JAR", 2, 1000, JAR),), shipping=495,
    country="DE", postcode="10115", email="xx@mail.example", bill_country="DE", ip_country="DE",
)  # fmt: skip
FILE = ("ship_to", "email", "payment_token")


def but(**changes: Any) -> OrderFacts:
    return msgspec.structs.replace(GOOD, **changes)


def line(quantity: int = 2, unit_price: int = 1000, item: ItemFacts | None = JAR) -> dict[str, Any]:
    """A single line with a total that ties."""
    return {"lines": (LineFacts(1, "JAR", quantity, unit_price, item),), "total": quantity * unit_price + 495}


def item(**changes: Any) -> ItemFacts:
    return msgspec.structs.replace(JAR, **changes)


FINE = {
    "an ordinary order": {},
    "a channel that carries no address, e-mail or payment": {
        "withheld": FILE, "missing": ("payment_token", "name", "line1", "city"), "postcode": "", "email": "",
    },
    "an unknown customer where the channel carries no e-mail": {"withheld": FILE, "missing": ("customer",), "email": ""},
    "a country without postcodes": {"country": "HK", "postcode": ""},
    "a written-out state": {"country": "US", "postcode": "94105-1234", "region": "California"},
    "a state by its short name": {"country": "US", "postcode": "94105", "region": "CA"},
    "half price": line(unit_price=500),
    "an item without a list price": line(unit_price=7, item=item(price=0)),
    "more than usual, as often as history allows": line(quantity=100),
    "a free order": {"total": 0, "discount": 2495},
    "a right tax id": {"tax_id": "DE136695976"},
    "a tax id in a country without a known form": {"tax_id": "12", "country": "HK", "postcode": "", "bill_country": "HK"},
}  # fmt: skip
ASKED = {
    "a problem read at intake": ({"problems": ("the quantity 'two' of line 1 is not a number",)}, "'two'"),
    "no lines because they were unreadable": ({"lines": (), "total": 495, "problems": ("lines: not a list",)}, "not a list"),
    "no street": ({"missing": ("line1",)}, "the street is missing"),
    "no payment although the channel withholds the address": (
        {"missing": ("payment_token",), "withheld": ("ship_to",)}, "a means of payment is missing",
    ),
    "nobody to write to": ({"missing": ("customer",), "email": ""}, "a customer or an e-mail address is missing"),
    "no country": ({"country": ""}, "country of delivery is missing"),
    "a country that is none": ({"country": "XX"}, "'XX'"),
    "no postcode": ({"postcode": ""}, "postcode is missing"),
    "another country's postcode": ({"postcode": "SW1A 1AA"}, "form used in DE"),
    "no state": ({"country": "US", "postcode": "94105"}, "state or province is missing"),
    "a state that is none": ({"country": "CA", "postcode": "K1A 0B1", "region": "XX"}, "not a state"),
    "no currency": ({"currency": ""}, "currency is missing"),
    "an unknown currency": ({"currency": "EURO"}, "'EURO'"),
    "a total that is a cent off": ({"total": 2496}, "24.96"),
    "a negative discount": ({"discount": -5, "total": 2500}, "below zero"),
    "an unknown SKU": (line(item=None), "not in the catalogue"),
    "a SKU no longer sold": (line(item=item(active=False)), "no longer sold"),
    "nothing of something": (line(quantity=0), "0 pieces"),
    "less than nothing": (line(quantity=-1), "-1 pieces"),
    "the order of 74,215 pieces": (line(quantity=74_215), "74,215 pieces"),
    "a quantity of a hostile file": (line(quantity=10**18), "pieces"),
    "a slip of the keyboard": (line(quantity=1_200), "a slip?"),
    "a tenth of the price": (line(unit_price=100), "pays 1.00 EUR for JAR, listed at 10.00"),
    "ten times the price": (line(unit_price=10_000), "listed at 10.00"),
    "a negative price": (line(unit_price=-1000), "below zero"),
    "another currency than the catalogue's": ({"currency": "CHF"}, "priced in EUR, the order in CHF"),
    "an e-mail address without a domain": ({"email": "xx@mail"}, "not an e-mail address"),
    "a tax id with a wrong check digit": ({"tax_id": "DE136695978"}, "tax id"),
    "a tax id that is too short": ({"tax_id": "DE12"}, "form of DE"),
}  # fmt: skip


@pytest.mark.parametrize("changes", FINE.values(), ids=FINE.keys())
def test_what_is_complete_and_plausible_passes(changes: dict[str, Any]) -> None:
    assert complete(but(**changes), LIMITS) is PASS


@pytest.mark.parametrize(("changes", "said"), ASKED.values(), ids=ASKED.keys())
def test_what_is_not_is_asked_about_with_its_reason(changes: dict[str, Any], said: str) -> None:
    verdict = complete(but(**changes), LIMITS)
    assert isinstance(verdict, Ask)
    assert verdict.who == "orders"
    assert said in verdict.because


def test_an_order_without_lines_is_refused() -> None:
    assert complete(but(lines=(), total=495), LIMITS) == Refuse("the order has no lines")


def test_only_the_first_problems_are_named_and_the_others_counted() -> None:
    verdict = complete(but(problems=("first", "second", "third", "fourth", "fifth")), LIMITS)
    assert verdict == Ask("orders", "first; second; third; and 2 more", proposal="edit")


def test_check_digits_of_tax_ids_can_be_left_unjudged() -> None:
    assert complete(but(tax_id="DE136695978"), OrderLimits(tax_id_check_digits=False)) is PASS


@pytest.mark.parametrize(
    ("country", "right", "wrong"),
    [("GB", "SW1A 1AA", "SW1A"), ("NL", "1012 AB", "0112 AB"), ("IE", "D02 X285", "D2"), ("PL", "31-042", "3-1042"),
     ("PT", "1000-205", "1000205"), ("SE", "114 55", "1145"), ("CA", "K1A 0B1", "D1A 0B1"), ("JP", "100-0001", "1000"),
     ("BR", "01310-100", "0131"), ("DE", "DE-10115", "1011"), ("US", "94105-1234", "9410"), ("IS", "101", "1011")],
)  # fmt: skip
def test_a_postcode_has_its_countrys_form(country: str, right: str, wrong: str) -> None:
    assert postcode_fits(right, country)
    assert postcode_fits(right.lower(), country)
    assert not postcode_fits(wrong, country)


def test_postcodes_of_many_countries_are_judged_in_latin_digits() -> None:
    assert len(POSTCODES) >= 90
    assert not postcode_fits("١٠١١٥", "DE")


def test_a_hostile_email_address_is_judged_quickly() -> None:
    assert not email_fits("a" * 1_000_000)
    assert not email_fits("a@" + "b." * 120)
    assert not email_fits("two@signs@mail.example")


@pytest.mark.parametrize("tax_id", ["NL004495445B01", "004495445B01"])
def test_a_tax_id_may_be_of_its_prefixs_country_or_of_the_buyers(tax_id: str) -> None:
    country = "DE" if tax_id.startswith("NL") else "NL"
    assert tax_id_fits(tax_id, country, check_digits=True)

"""The orders desk's rules: may this order go on, as far as it can be told from its facts?"""

from typing import Final

from afterclick.domain.facts import LineFacts, OrderFacts
from afterclick.domain.limits import OrderLimits
from afterclick.domain.money import CURRENCIES, to_text
from afterclick.domain.verdict import PASS, Ask, Refuse, Verdict
from afterclick.orders.forms import COUNTRIES, POSTCODES, REGIONS, email_fits, postcode_fits, region_fits, tax_id_fits
from afterclick.orders.genuine import genuine

__all__ = ["complete", "genuine"]

_NAMED: Final = 3
_SHOWN: Final = 40
_CALLED: Final = {
    "customer": "a customer or an e-mail address", "payment_token": "a means of payment", "name": "the recipient's name",
    "line1": "the street", "city": "the city",
}  # fmt: skip


def complete(facts: OrderFacts, limits: OrderLimits) -> Verdict:
    """Everything needed is there, readable and plausible; wrong data is never guessed but asked about.

    An order of nothing at all is refused: there is nothing a person could decide.
    """
    problems = list(facts.problems)
    if not facts.lines and not problems:
        return Refuse("the order has no lines")
    problems += _address_problems(facts)
    _money_problems(facts, problems)
    for line in facts.lines:
        _line_problems(line, facts.currency, limits, problems)
    if facts.email and not email_fits(facts.email):
        problems.append(f"{facts.email[:_SHOWN]!r} (letters masked) is not an e-mail address")
    if facts.tax_id:
        country = facts.bill_country or facts.country
        if not tax_id_fits(facts.tax_id, country, check_digits=limits.tax_id_check_digits):
            problems.append(f"tax id {facts.tax_id[:_SHOWN]!r} does not have the form of {country or 'any country'}")
    if not problems:
        return PASS
    further = f"; and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    return Ask("orders", "; ".join(problems[:_NAMED]) + further, proposal="edit")


def _address_problems(facts: OrderFacts) -> list[str]:
    """What is missing or malformed in the address and the required fields, save what is withheld (`ship_to`: all of it)."""
    withheld = facts.withheld
    problems = [f"{_CALLED.get(name, name)} is missing" for name in facts.missing if not _withholds(withheld, name)]
    country = facts.country
    if not country:
        if "country" not in withheld:
            problems.append("the country of delivery is missing")
        return problems
    if country not in COUNTRIES:
        return [*problems, f"country {country[:_SHOWN]!r} is not an ISO 3166 code of two capital letters"]
    if facts.postcode:
        if not postcode_fits(facts.postcode, country):
            problems.append(f"postcode {facts.postcode[:_SHOWN]!r} does not have the form used in {country}")
    elif country in POSTCODES and not _withholds(withheld, "postcode"):
        problems.append("the postcode is missing")
    if facts.region:
        if not region_fits(facts.region, country):
            problems.append(f"{facts.region[:_SHOWN]!r} is not a state or province of {country}")
    elif country in REGIONS and not _withholds(withheld, "region"):
        problems.append(f"the state or province is missing, which {country} needs")
    return problems


def _withholds(withheld: tuple[str, ...], name: str) -> bool:
    """Whether a channel never carries a field; a guest is known by the e-mail address, so either withheld excuses both."""
    if name == "customer":
        return "customer" in withheld or "email" in withheld
    return name in withheld or ("ship_to" in withheld and name != "payment_token")


def _money_problems(facts: OrderFacts, problems: list[str]) -> None:
    currency = facts.currency
    if currency not in CURRENCIES:
        problems.append(f"currency {currency[:_SHOWN]!r} is not known" if currency else "the currency is missing")
        return
    if facts.shipping < 0 or facts.discount < 0 or facts.total < 0:
        problems.append("total, shipping or discount is below zero")
    goods = sum([line.quantity * line.unit_price for line in facts.lines])
    if goods + facts.shipping - facts.discount != facts.total:
        problems.append(
            f"the total is {to_text(facts.total, currency)} but lines {to_text(goods, currency)} + shipping "
            f"{to_text(facts.shipping, currency)} − discount {to_text(facts.discount, currency)} make "
            f"{to_text(goods + facts.shipping - facts.discount, currency)} {currency}"
        )


def _line_problems(line: LineFacts, currency: str, limits: OrderLimits, problems: list[str]) -> None:
    """Quantity and price of one line against the limits, the catalogue and the SKU's own history."""
    item, quantity, price = line.item, line.quantity, line.unit_price
    if quantity < 1 or quantity > limits.quantity_most:
        least_or_most = "1 is the least" if quantity < 1 else f"more than {limits.quantity_most:,} are asked about"
        problems.append(f"line {line.no} orders {quantity:,} pieces of {line.sku[:_SHOWN]}; {least_or_most}")
    if price < 0:
        problems.append(f"line {line.no} has a price below zero")
    if item is None:
        problems.append(f"line {line.no}: SKU {line.sku[:_SHOWN]!r} is not in the catalogue")
        return
    if not item.active:
        problems.append(f"line {line.no}: SKU {line.sku[:_SHOWN]} is no longer sold")
    usual = item.usual
    if usual.seen >= limits.history_least and usual.largest < quantity <= limits.quantity_most:
        deviation = usual.deviation(quantity, least_spread=limits.least_spread)
        if deviation >= limits.slip_deviation:
            problems.append(
                f"line {line.no} orders {quantity:,} pieces of {line.sku[:_SHOWN]}, of which at most {usual.largest:,} were ever "
                "ordered at once: a slip?"
            )
    if item.currency and item.currency != currency:
        problems.append(f"line {line.no}: SKU {line.sku[:_SHOWN]} is priced in {item.currency}, the order in {currency[:_SHOWN]}")
    elif item.price and not item.price * limits.price_least_ratio <= price <= item.price * limits.price_most_ratio:
        paid, listed = to_text(price, currency), to_text(item.price, currency)
        problems.append(f"line {line.no} pays {paid} {currency} for {line.sku[:_SHOWN]}, listed at {listed}")

"""Put the lines of one order number together into an order."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from afterclick.domain.money import decimals
from afterclick.domain.order import Address, Line, NewOrder, Particulars
from afterclick.orders.files.arranging import BETWEEN, PER_ORDER, FileLine
from afterclick.orders.files.classify import is_postage
from afterclick.orders.files.countries import country_code
from afterclick.orders.files.values import SCALE

_ALWAYS_WITHHELD: Final = ("payment_token",)
_MAY_BE_WITHHELD: Final = (
    "customer", "email", "tax_id", "bill_country", "ip_country", "name", "line1", "city", "region", "postcode", "country",
)  # fmt: skip


def withheld(fields: frozenset[str]) -> tuple[str, ...]:
    """The particulars for which a file has no column."""
    return _ALWAYS_WITHHELD + tuple(field for field in _MAY_BE_WITHHELD if field not in fields)


def assemble(source: str, lines: Sequence[FileLine], *, currency: str, withheld: tuple[str, ...]) -> NewOrder:
    """The order of these readable lines of one order number, goods and postage; postage becomes the charge for shipping.

    Its date is that of its earliest line. What differs between its lines, is no country, or is finer than the smallest coin
    is named in the order's problems. `currency` holds where the file names none.
    """
    problems: list[str] = []
    details = _agreed(lines, problems)
    currency = details["currency"].upper() or currency
    ordered: list[Line] = []
    shipping = 0
    for line in lines:
        if is_postage(line.sku):
            shipping += (line.pieces or 0) * minor(line, currency, problems)
        else:
            ordered.append(Line(len(ordered) + 1, line.sku, line.pieces or 0, minor(line, currency, problems)))
    ship_to = Address(
        **{part: details[part] for part in ("name", "line1", "line2", "city", "region", "postcode")},
        country=_country(details, "country", problems),
    )
    return NewOrder(
        store=source,
        external_id=lines[0].order_no,
        placed_ms=min([line.placed_ms or 0 for line in lines]),
        customer=details["customer"],
        currency=currency,
        total=shipping + sum([line.quantity * line.unit_price for line in ordered]),
        lines=tuple(ordered),
        particulars=Particulars(
            ship_to=ship_to,
            email=details["email"],
            bill_country=_country(details, "bill_country", problems),
            ip_country=_country(details, "ip_country", problems),
            tax_id=details["tax_id"],
            # an empty customer in a file of orders is a guest, of whom nothing more was ever known
            withheld=withheld if details["customer"] or "customer" in withheld else (*withheld, "customer"),
            problems=tuple(problems[:20]),
        ),
        shipping=shipping,
    )


def minor(line: FileLine, currency: str, problems: list[str]) -> int:
    """The price of a line in minor units, half up; what rounding changes is a problem."""
    ten_thousandths = (line.price or 0) * 10 ** decimals(currency)
    rounded = (ten_thousandths + SCALE // 2) // SCALE
    if rounded * SCALE != ten_thousandths:
        exact = (line.price or 0) / SCALE
        problems.append(
            f"the price {exact:g} of {line.sku} (line {line.number} of the file) is finer than {currency} goes; it was rounded"
        )
    return rounded


@lru_cache(maxsize=4_096)
def split(details: str) -> dict[str, str]:
    """The fields of `PER_ORDER` that one line has."""
    return dict(zip(PER_ORDER, details.split(BETWEEN), strict=True))


def _agreed(lines: Sequence[FileLine], problems: list[str]) -> dict[str, str]:
    """What all lines of an order say; where they contradict each other the field is left empty."""
    written = {line.details for line in lines}
    if len(written) == 1:
        return split(lines[0].details)
    agreed: dict[str, str] = {}
    for field in PER_ORDER:
        said = {value for details in written if (value := split(details)[field])}
        agreed[field] = said.pop() if len(said) == 1 else ""
        if len(said) > 1:
            problems.append(f"the order's lines differ in {field}: {', '.join(sorted(said)[:3])[:100]}")
    return agreed


def _country(details: dict[str, str], field: str, problems: list[str]) -> str:
    written = details[field]
    code = country_code(written) if written else ""
    if written and not code:
        problems.append(f"{field} {written[:40]!r} is no country that is known here")
    return code

"""Value-added tax on goods: which country taxes a sale, under which category, and at which rate.

Rates are those published by the national tax authorities and gathered in the European Commission's "Taxes in Europe"
database, as in force from 2026. `food` and `books` are what most goods of the kind carry; where a country splits a kind
over several rates (Croatian or Slovak food), or a special territory has its own (Canary Islands, Åland), the shop gives its
own rates, and its own categories, in the policy.

Sales tax of the United States is not collected here: it depends on state, county and nexus, and is left to the shop's
marketplace or tax service. A sale inside the United States is therefore invoiced with no tax.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from afterclick.domain.invoice import TaxCategory
from afterclick.domain.seller import Seller

RateTable: TypeAlias = Mapping[str, Mapping[str, int]]
"""Country → tax category of the catalogue → rate in basis points."""

_EU: Final = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU: Final = frozenset(_EU.split())
CATEGORIES: Final = ("standard", "reduced", "food", "books", "zero")

_RATES: Final = (  # country, in force since, standard, reduced, food, books; basis points
    ("AT", "2020-01-01", 2000, 1000, 1000, 1000),
    ("BE", "2020-01-01", 2100, 600, 600, 600),
    ("BG", "2025-01-01", 2000, 900, 2000, 900),
    ("CY", "2023-07-20", 1900, 500, 500, 300),
    ("CZ", "2024-01-01", 2100, 1200, 1200, 0),
    ("DE", "2021-01-01", 1900, 700, 700, 700),
    ("DK", "2020-01-01", 2500, 2500, 2500, 2500),
    ("EE", "2025-07-01", 2400, 900, 2400, 900),
    ("ES", "2025-01-01", 2100, 1000, 1000, 400),
    ("FI", "2026-01-01", 2550, 1350, 1350, 1350),
    ("FR", "2020-01-01", 2000, 550, 550, 550),
    ("GR", "2020-01-01", 2400, 1300, 1300, 600),
    ("HR", "2022-04-01", 2500, 1300, 500, 500),
    ("HU", "2020-01-01", 2700, 500, 2700, 500),
    ("IE", "2023-01-01", 2300, 1350, 0, 0),
    ("IT", "2020-01-01", 2200, 1000, 1000, 400),
    ("LT", "2026-01-01", 2100, 1200, 2100, 500),
    ("LU", "2024-01-01", 1700, 800, 300, 300),
    ("LV", "2020-01-01", 2100, 1200, 2100, 500),
    ("MT", "2020-01-01", 1800, 500, 0, 500),
    ("NL", "2020-01-01", 2100, 900, 900, 900),
    ("PL", "2024-04-01", 2300, 800, 500, 500),
    ("PT", "2020-01-01", 2300, 600, 600, 600),
    ("RO", "2025-08-01", 2100, 1100, 1100, 1100),
    ("SE", "2020-01-01", 2500, 1200, 1200, 600),
    ("SE", "2026-04-01", 2500, 1200, 600, 600),
    ("SE", "2028-01-01", 2500, 1200, 1200, 600),
    ("SI", "2020-01-01", 2200, 950, 950, 500),
    ("SK", "2025-01-01", 2300, 1900, 1900, 500),
    ("GB", "2020-05-01", 2000, 500, 0, 0),
    ("CH", "2024-01-01", 810, 260, 260, 260),
    ("NO", "2020-01-01", 2500, 1500, 1500, 0),
    ("US", "2020-01-01", 0, 0, 0, 0),
)
_DAY_MS: Final = 86_400_000
_VAT_PREFIX: Final = {"GR": "EL"}


class Treatment(NamedTuple):
    """How a sale is taxed: owed to `country` at its rates; or, where `exempt` is K or G, not taxed at all."""

    country: str
    exempt: TaxCategory | None = None


def treatment(*, destination: str, buyer_tax_id: str, seller: Seller) -> Treatment:
    """Which country taxes goods sent to `destination` (EU VAT Directive 2006/112/EC, articles 32, 33, 138 and 146).

    Inside the seller's country: its own tax. From one EU country to another: to a business with a VAT number of the destination,
    exempt as an intra-Community supply, where the buyer accounts for the tax (K); to anybody else the destination's tax under the
    One Stop Shop, or the seller's without it. Everything else is an export (G).

    Raises:
        ValueError: the destination is not known.
    """
    home = seller.country
    if destination == home:
        return Treatment(home)
    if len(destination) != 2:
        raise ValueError(f"cannot tell the tax: {destination[:20]!r} is no country code; correct the delivery address")
    if home not in EU or destination not in EU:
        return Treatment(home, "G")
    if buyer_tax_id and buyer_tax_id[:2].upper() == _VAT_PREFIX.get(destination, destination):
        return Treatment(home, "K")
    return Treatment(destination if seller.one_stop_shop else home)


def rate_bp(
    country: str, tax_category: str, seller: Seller, *, buyer_tax_id: str = "", at_ms: int, overrides: RateTable | None = None
) -> int:
    """The rate in basis points for one kind of goods sent to `country` at the instant `at_ms`; see `treatment` and `rates_of`."""
    where = treatment(destination=country, buyer_tax_id=buyer_tax_id, seller=seller)
    if where.exempt:
        return 0
    rates = rates_of(where.country, at_ms=at_ms, overrides=overrides)
    if tax_category not in rates:
        raise ValueError(unknown_category(tax_category, where.country, rates))
    return rates[tax_category]


def rates_of(country: str, *, at_ms: int, overrides: RateTable | None = None) -> Mapping[str, int]:
    """Every tax category → rate of one country at an instant; rates that the shop gives in `overrides` win over the table.

    Raises:
        ValueError: the table has no rates for the country.
    """
    known = _in_force(country, at_ms // _DAY_MS)
    own = overrides.get(country) if overrides else None
    if own is None and not known:
        raise ValueError(f"no tax rates are known for {country[:20]!r}; give them in the policy")
    return known if own is None else {**known, **own}


def unknown_category(tax_category: str, country: str, rates: Mapping[str, int]) -> str:
    """The sentence for a tax category that a country has no rate for."""
    return f"tax category {tax_category[:40]!r} has no rate in {country}; use one of {', '.join(rates)}, or give it in the policy"


@lru_cache(maxsize=4096)
def _in_force(country: str, day: int) -> Mapping[str, int]:
    """The country's youngest row that is in force on a day since 1970; a day before the table began takes the first row."""
    date = datetime.fromtimestamp(day * _DAY_MS / 1000, UTC).date().isoformat()
    rows = [row for row in _RATES if row[0] == country]
    valid = [row for row in rows if row[1] <= date] or rows[:1]
    return dict(zip(CATEGORIES, (*valid[-1][2:], 0), strict=True)) if valid else {}

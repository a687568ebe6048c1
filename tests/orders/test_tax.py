"""Which country taxes a sale, and at which rate."""

from datetime import UTC, datetime

import msgspec
import pytest

from afterclick.domain.order import Address
from afterclick.orders.billing.tax import EU, Treatment, rate_bp, rates_of, treatment
from tests.orders.invoice_examples import ISSUED_MS, SELLER

NO_ONE_STOP_SHOP = msgspec.structs.replace(SELLER, one_stop_shop=False)
IN_LONDON = msgspec.structs.replace(SELLER, address=Address(city="London", country="GB"))


@pytest.mark.parametrize(
    ("country", "kind", "rate"),
    [
        ("DE", "standard", 1900), ("DE", "food", 700), ("DE", "books", 700), ("DE", "zero", 0),
        ("FR", "standard", 2000), ("FR", "food", 550), ("IT", "standard", 2200), ("EE", "standard", 2400),
        ("SK", "standard", 2300), ("FI", "standard", 2550), ("FI", "food", 1350), ("RO", "standard", 2100), ("HU", "food", 2700),
        ("CH", "standard", 0), ("GB", "food", 0), ("US", "standard", 0), ("BR", "standard", 0),
    ],
)  # fmt: skip
def test_a_german_shop_with_one_stop_shop_charges_the_rate_of_the_destination(country: str, kind: str, rate: int) -> None:
    assert rate_bp(country, kind, SELLER, at_ms=ISSUED_MS) == rate


@pytest.mark.parametrize(
    ("seller", "destination", "tax_id", "expected"),
    [
        (SELLER, "DE", "", Treatment("DE")),
        (SELLER, "DE", "DE999999999", Treatment("DE")),  # a business at home pays tax like anybody
        (SELLER, "FR", "", Treatment("FR")),
        (SELLER, "FR", "FR40303265045", Treatment("DE", "K")),
        (SELLER, "GR", "EL123456789", Treatment("DE", "K")),  # Greece writes EL
        (SELLER, "FR", "DE999999999", Treatment("FR")),  # a number of another country proves nothing
        (NO_ONE_STOP_SHOP, "FR", "", Treatment("DE")),
        (SELLER, "US", "", Treatment("DE", "G")),
        (IN_LONDON, "DE", "", Treatment("GB", "G")),
        (IN_LONDON, "GB", "", Treatment("GB")),
    ],
)
def test_the_country_that_taxes_follows_from_seller_destination_and_buyer(seller, destination, tax_id, expected) -> None:
    assert treatment(destination=destination, buyer_tax_id=tax_id, seller=seller) == expected


def test_every_member_state_has_rates_and_none_is_above_its_standard_rate() -> None:
    for country in EU | {"GB", "CH", "NO", "US"}:
        rates = rates_of(country, at_ms=ISSUED_MS)
        assert set(rates) == {"standard", "reduced", "food", "books", "zero"}
        assert max(rates.values()) == rates["standard"] <= 2700


@pytest.mark.parametrize(("day", "rate"), [("2026-03-31", 1200), ("2026-04-01", 600), ("2027-12-31", 600), ("2028-01-01", 1200)])
def test_a_rate_holds_from_its_own_day_on(day: str, rate: int) -> None:
    at_ms = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)
    assert rates_of("SE", at_ms=at_ms)["food"] == rate


def test_the_policy_overrides_single_rates_and_adds_categories_and_countries() -> None:
    own = {"DE": {"food": 800, "flowers": 700}, "BR": {"standard": 1700}}
    rates = rates_of("DE", at_ms=ISSUED_MS, overrides=own)
    assert (rates["food"], rates["flowers"], rates["standard"]) == (800, 700, 1900)
    assert rates_of("BR", at_ms=ISSUED_MS, overrides=own) == {"standard": 1700}


def test_what_cannot_be_told_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match="'flowers' has no rate in DE"):
        rate_bp("DE", "flowers", SELLER, at_ms=ISSUED_MS)
    with pytest.raises(ValueError, match="no tax rates are known for 'BR'"):
        rates_of("BR", at_ms=ISSUED_MS)
    with pytest.raises(ValueError, match="'Atlantis' is no country"):
        treatment(destination="Atlantis", buyer_tax_id="", seller=SELLER)

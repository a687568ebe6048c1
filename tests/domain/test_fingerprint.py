"""Fingerprints: equal for what is alike, whatever way it is written."""

import pytest

from afterclick.domain.fingerprint import address_key, basket_key
from afterclick.domain.order import Address, Line

HOME = Address(name="A. Nyone", line1="Main Street 1", line2="Flat 2", city="Zürich", postcode="8001", country="CH")


def test_a_basket_is_its_pieces_in_any_order_and_at_any_price() -> None:
    basket = basket_key([Line(1, "JAR", 2, 1_000), Line(2, "LID", 1, 100)])
    assert len(basket) == 16
    assert basket_key([Line(1, "LID", 1, 50), Line(2, "JAR", 1, 900), Line(3, "JAR", 1, 900)]) == basket
    assert basket_key([Line(1, "JAR", 3, 1_000), Line(2, "LID", 1, 100)]) != basket
    assert basket_key([]) == ""


@pytest.mark.parametrize(
    ("address", "same"),
    [
        (Address(name="B. Other", line1="MAIN street 1", line2="flat 2", city="ZÜRICH", postcode="8001", country="CH"), True),
        (Address(name="A. Nyone", line1="Main-Street 1, Flat 2", city="Zürich", postcode="80 01", country="CH"), True),
        (Address(name="A. Nyone", line1="Main Street 2", line2="Flat 2", city="Zürich", postcode="8001", country="CH"), False),
    ],
)
def test_an_address_is_one_door_however_it_is_written(address: Address, same: bool) -> None:
    assert (address_key(address) == address_key(HOME)) is same


def test_without_a_street_there_is_no_door() -> None:
    assert address_key(Address(city="Zürich")) == ""
    assert address_key(Address(line1="--")) == ""

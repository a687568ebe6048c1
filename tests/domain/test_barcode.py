"""Barcodes and electronic product codes are read as the trade item behind them, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.domain import barcode
from afterclick.domain.barcode import Code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4006381333931", Code("04006381333931")),
        ("4006381333932", None),  # the check digit is wrong
        ("96385074", Code("00000096385074")),
        ("036000291452", Code("00036000291452")),
        ("urn:epc:id:sgtin:0614141.107346.2018", Code("10614141073464", "2018")),
        ("urn:epc:idpat:sgtin:4012345.098765.*", Code("04012345987652")),
        ("urn:epc:class:lgtin:4012345.012345.998877", Code("04012345123456")),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", Code("80614141123458", "6789")),
        ("3074257BF7194E4000001A85", Code("80614141123458", "6789")),  # the example of the Tag Data Standard
        ("https://id.gs1.org/01/04012345666663", Code("04012345666663")),
        ("https://shop.example/x/01/4006381333931/10/LOT/21/S7?x=1", Code("04006381333931", "S7")),
        ("https://id.gs1.org/01/04006381333931/21/7", Code("04006381333931", "7")),
        ("urn:epc:id:sscc:0614141.1234567890", None),
        ("urn:epc:id:giai:4000001.12345", None),
        ("urn:epc:id:sgtin:0614141.1073.1", None),
        ("", None),
        ("MUG-1", None),
    ],
)
def test_a_code_names_its_trade_item(text: str, found: Code | None) -> None:
    assert barcode.read(text) == found


@given(st.integers(0, 10**13 - 1))
def test_one_wrong_digit_is_always_noticed(number: int) -> None:
    thirteen = f"{number:013d}"
    right = next(code for digit in range(10) if (code := barcode.gtin(thirteen + str(digit))))
    assert right[:13] == thirteen
    assert sum(bool(barcode.gtin(thirteen + str(digit))) for digit in range(10)) == 1


@given(st.text(max_size=400))
def test_nothing_that_a_sensor_sends_breaks_the_reader(text: str) -> None:
    found = barcode.read(text)
    assert found is None or len(found.gtin) == 14

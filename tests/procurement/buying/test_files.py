"""Files of vendors and their price lists become terms and offers, and take nothing away that they do not speak of."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from afterclick.domain.order import Address
from afterclick.domain.purchase import Freight, Vendor
from afterclick.procurement.buying.price_files import as_offers, read_prices
from afterclick.procurement.buying.vendor_files import VendorFile, read_vendors
from tests.procurement.buying.buying_office import buying_office

KNOWN = Vendor(
    "ACME", "Acme GmbH", Address("Acme GmbH", "Weg 1", "Tor 2", "Ulm", "BW", "89073", "DE"), tax_id="DE1", gln="400",
    currency="USD", incoterm="EXW", payment_days=14, minimum_value=50_000, order_cost=900, freight=Freight(1_500, 20, 0, 90_000),
    lead_days=21, mailbox="old@acme.example", document="ubl", category="cups", endpoint="0088:1",
)  # fmt: skip


def read(tmp_path: Path, text: str, *known: Vendor) -> VendorFile:
    path = tmp_path / "vendors.csv"
    path.write_text(text)
    return read_vendors(path, currency="EUR", known={one.id: one for one in known})


def test_a_file_of_a_few_columns_leaves_the_rest_of_a_known_vendor_alone(tmp_path: Path) -> None:
    found = read(tmp_path, "id,email\nacme,new@acme.example\n", KNOWN)
    assert found == VendorFile((replace(KNOWN, mailbox="new@acme.example"),), ())


def test_an_empty_cell_says_that_there_is_none(tmp_path: Path) -> None:
    found = read(tmp_path, "id,name,city,email,lead days,minimum value,freight\nacme,Acme AG,Bonn,,,,\n", KNOWN)
    address = replace(KNOWN.address, name="Acme AG", city="Bonn")
    freight = replace(KNOWN.freight, fixed=0)
    expected = replace(KNOWN, name="Acme AG", address=address, mailbox="", lead_days=7, minimum_value=0, freight=freight)
    assert found == VendorFile((expected,), ())


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("id,lead days\nacme,0000009999999\n", "no number of days up to 730"),
        ("id,lead days\nacme,731\n", "no number of days up to 730"),
        ("id,currency\nacme,EUR\n", "from USD to EUR: name its minimum value and freight in EUR too"),
    ],
)
def test_a_line_that_cannot_be_a_vendor_is_named(tmp_path: Path, text: str, because: str) -> None:
    found = read(tmp_path, text, KNOWN)
    assert found.vendors == ()
    assert because in found.rejected[0][1]


def test_a_vendor_that_is_not_known_gets_the_usual_terms(tmp_path: Path) -> None:
    found = read(tmp_path, "id,email\nnew one,a@b.example\n", KNOWN)
    assert found.vendors == (Vendor("NEW-ONE", "NEW-ONE", Address("NEW-ONE"), mailbox="a@b.example"),)


def test_a_box_is_bought_by_the_box_at_the_price_of_its_pieces(tmp_path: Path, database_url: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text('SKU,Price,Unit,Contents,Pack,MOQ\nCUP,144.00,box,144,,\nPLATE,24.00,box,24,2,\nSPOON,9,100 pcs,,,"1,000"\n')
    vendor = Vendor("ACME", "Acme")
    with buying_office(database_url, tmp_path) as buying, buying.database.reading() as tx:
        found = as_offers(tx, read_prices(path, vendor), vendor, source="prices.csv", now_ms=1)
    assert found.rejected == ()
    assert [(one.sku, one.breaks[0].price, one.price_basis, one.pack, one.minimum) for one in found.offers] == [
        ("CUP", 14_400, 144, 144, 1),
        ("PLATE", 2_400, 24, 48, 1),
        ("SPOON", 900, 100, 1, 1_000),
    ]

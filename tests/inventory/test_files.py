"""Stock files: pieces per SKU and warehouse, each bad line named."""

import pytest

from afterclick.inventory.files import StockLine, read, recognise
from afterclick.reading.tables.rows import BadFile


@pytest.mark.parametrize(
    "header", [["SKU", "Warehouse", "Qty"], ["Artikelnummer", "Lagerort", "Menge"], ["code article", "Entrepôt", "Quantité"]]
)
def test_columns_are_recognised_in_several_languages(header: list[str]) -> None:
    assert recognise(header) == {"sku": 0, "warehouse": 1, "quantity": 2}


def test_columns_may_be_given() -> None:
    assert recognise(["a", "b", "c"], {"sku": "c", "warehouse": "a", "quantity": "B"}) == {
        "sku": 2,
        "warehouse": 0,
        "quantity": 1,
    }


def test_a_missing_column_is_named_with_what_was_found() -> None:
    with pytest.raises(BadFile, match="warehouse: the file's columns are 'sku', 'qty'"):
        recognise(["sku", "qty"])
    assert recognise(["sku", "qty"], warehouse="main") == {"sku": 0, "quantity": 1}


@pytest.mark.parametrize(
    ("sku", "warehouse", "quantity", "reason"),
    [
        ("", "w", "1", "the SKU is missing"),
        ("A", "", "1", "the warehouse is missing"),
        ("=cmd|' /C calc'!A0", "w", "1", "the SKU starts like a formula"),
        ("A", "w", "", "the quantity is missing"),
        ("A", "w", "-1", "the quantity is not a whole number"),
        ("A", "w", "1.5", "the quantity is not a whole number"),
        ("A", "w", "1" + "0" * 18, "the quantity is beyond 1,000,000,000"),
    ],
)
def test_a_bad_line_is_named_and_the_good_ones_go_on(sku: str, warehouse: str, quantity: str, reason: str) -> None:
    rows = [
        (2, {"sku": sku, "warehouse": warehouse, "quantity": quantity}),
        (3, {"sku": "a-1", "warehouse": "w", "quantity": "7"}),
    ]
    found = read(rows, unread=[(4, "the line has fewer cells than the header")])
    assert found.lines == (StockLine(3, "A-1", "w", 7),)
    assert found.lines_read == 3
    assert found.named[0][1].startswith(reason)
    assert found.reasons["the line has fewer cells than the header"] == 1

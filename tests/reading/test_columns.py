"""Columns are known by their names in any of the languages listed, or as somebody says."""

from collections.abc import Callable, Sequence

import pytest

from afterclick.inventory import files as stock
from afterclick.orders.files import columns as orders
from afterclick.procurement.sales import columns as sales
from afterclick.reading.tables.columns import plain, recognise, shown
from afterclick.reading.tables.rows import BadFile

SYNONYMS = {"sku": "sku|item code|artikel nr", "pieces": "quantity|menge|item|pieces", "day": "date|day"}


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["SKU", "Quantity"], {"sku": 0, "pieces": 1}),
        (["Menge", "Artikel-Nr."], {"sku": 1, "pieces": 0}),
        (["item", "Item_Code", "quantity"], {"sku": 1, "pieces": 2}),
        (["date", "date", "colour"], {"day": 0}),
        ([], {}),
    ],
)
def test_a_field_takes_the_likeliest_of_its_names(header: list[str], found: dict[str, int]) -> None:
    assert recognise(header, SYNONYMS) == found


def test_what_somebody_says_goes_before_what_is_recognised() -> None:
    assert recognise(["sku", "quantity", "count"], SYNONYMS, given={"pieces": "Count"}) == {"pieces": 2, "sku": 0}


def test_no_column_stands_for_two_fields() -> None:
    assert recognise(["sku", "quantity"], SYNONYMS, given={"day": "quantity"}) == {"day": 1, "sku": 0}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "no column was recognised for day: the file's columns are 'sku', 'quantity'. Give the right ones these names$"),
        ({}, "Give the right ones these names, or say which is which, for example --column day=NAME$"),
        ({"weight": "sku"}, "there is no field 'weight': the fields are sku, pieces, day"),
        ({"day": "When"}, "the file has no column 'When' for day: its columns are 'sku', 'quantity'"),
    ],
)
def test_what_is_missing_is_named_with_what_there_is(given: dict[str, str] | None, said: str) -> None:
    with pytest.raises(BadFile, match=said):
        recognise(["sku", "quantity"], SYNONYMS, given=given, required=("sku", "day"))


def test_names_are_compared_without_case_accents_and_signs() -> None:
    assert plain("  Stück-Preis (€) ") == plain("STUCKPREIS")


def test_many_columns_are_counted() -> None:
    assert shown([f"c{number}" for number in range(32)]).endswith("'c29' and 2 more")
    assert shown([]) == "none"


@pytest.mark.parametrize(
    ("read", "needed"),
    [
        (orders.recognise, orders.REQUIRED),
        (sales.recognise, sales.REQUIRED),
        (stock.recognise, tuple(stock.SYNONYMS)),
    ],
)
def test_the_names_that_a_complaint_asks_for_are_understood(
    read: Callable[[Sequence[str]], dict[str, int]], needed: tuple[str, ...]
) -> None:
    found = read(needed)
    assert {field: found[field] for field in needed} == {field: place for place, field in enumerate(needed)}

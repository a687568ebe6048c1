"""The shop says where its goods lie, and is told what cannot be."""

import pytest

from afterclick.domain.country import MIDDLES
from afterclick.inventory import warehouses
from afterclick.inventory.warehouses import MOST_WAREHOUSES, NotAWarehouse
from afterclick.store.transaction import Tx


def test_a_warehouse_lies_in_the_middle_of_its_country_until_somebody_says_where(tx: Tx) -> None:
    made, events = warehouses.put(tx, "MAIN", {"country": "GB"})
    assert (made.name, made.latitude, made.longitude, events[0].activity) == ("MAIN", *MIDDLES["GB"], "warehouse.opened")
    moved, events = warehouses.put(tx, "MAIN", {"latitude": 52.5, "name": "Birmingham"})
    assert (moved.latitude, moved.longitude, events[0].activity) == (52.5, MIDDLES["GB"][1], "warehouse.changed")
    assert warehouses.put(tx, "MAIN", {"name": "Birmingham"}) == (moved, [])
    abroad, _ = warehouses.put(tx, "MAIN", {"country": "DE"})
    assert (abroad.latitude, abroad.longitude, abroad.name) == (*MIDDLES["DE"], "Birmingham")
    assert warehouses.known(tx) == [abroad]


@pytest.mark.parametrize(
    ("name", "said", "because"),
    [
        ("MAIN", {}, "say where it is"),
        ("MAIN", {"country": "Germany"}, "two letters"),
        ("MAIN", {"country": "DE", "latitude": float("nan")}, "degrees"),
        ("MAIN", {"country": "DE", "longitude": 181.0}, "degrees"),
        ("MAIN", {"country": "DE", "name": ""}, "1 to 100 characters"),
        ("a b\n", {"country": "DE"}, "an id has"),
        ("", {"country": "DE"}, "an id has"),
    ],
)
def test_what_cannot_be_is_refused(tx: Tx, name: str, said: dict[str, str | float | int], because: str) -> None:
    with pytest.raises(NotAWarehouse, match=because):
        warehouses.put(tx, name, said)
    assert warehouses.known(tx) == []


def test_there_are_no_more_than_allocation_weighs(tx: Tx) -> None:
    for number in range(MOST_WAREHOUSES):
        warehouses.put(tx, f"W{number}", {"country": "DE"})
    with pytest.raises(NotAWarehouse, match="at most"):
        warehouses.put(tx, "ONE-MORE", {"country": "DE"})
    warehouses.put(tx, "W3", {"country": "FR"})

"""The pretend company: its catalogue, customers, stock and places are plausible, and the same for the same seed."""

import re
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from afterclick.domain.order import Address
from afterclick.simulator import places
from afterclick.simulator.catalogue import Catalogue
from afterclick.simulator.countries import COUNTRIES
from afterclick.simulator.customers import Customers
from afterclick.simulator.world import World
from tests.simulator.worlds import opened

POSTCODES = {
    "DE": r"\d{5}",
    "FR": r"\d{5}", "NL": r"[1-9]\d{3} (?!SA|SD|SS)[A-Z]{2}", "IT": r"\d{5}", "ES": r"(0[1-9]|[1-4]\d|5[0-2])\d{3}",
    "BE": r"[1-9]\d{3}", "AT": r"[1-9]\d{3}", "PL": r"\d{2}-\d{3}", "SE": r"[1-9]\d{2} \d{2}", "DK": r"[1-9]\d{3}",
    "PT": r"[1-9]\d{3}-\d{3}", "IE": r"(D[0-2]\d|T12|H91|V94) [0-9AC-FHKNPRTV-Y]{4}",
}  # fmt: skip


def test_a_world_of_the_full_size_is_made_in_under_two_seconds(tmp_path: Path) -> None:
    began = time.process_time()
    world = opened(World(tmp_path))
    assert time.process_time() - began < 2
    assert (len(world.items()), len(world.warehouses()), len(world.carriers), world.customers.count) == (4000, 3, 3, 50_000)


def test_the_catalogue_has_bundles_of_single_items_and_all_kinds_of_tax() -> None:
    catalogue = Catalogue(seed=1, count=4000)
    bundles = [item for item in catalogue.items if item.components]
    assert len(bundles) == 160
    assert all(catalogue.items[catalogue.index[sku]].components is None for item in bundles for sku in item.components or {})
    assert {item.tax_category for item in catalogue.items} == {"standard", "reduced", "food", "books"}
    assert all(item.price > 0 and 0 < item.weight_g <= 3000 for item in catalogue.items)


def test_baskets_have_three_lines_on_average_and_stay_under_a_carriers_weight() -> None:
    catalogue = Catalogue(seed=1, count=4000)
    baskets = catalogue.baskets(np.random.default_rng(1), 20_000)
    weights = np.array([item.weight_g for item in catalogue.items])
    per_basket = np.add.reduceat(weights[baskets.sku] * baskets.quantity, baskets.first[:-1])
    assert len(baskets.sku) / 20_000 == pytest.approx(3.0, abs=0.1)
    assert per_basket.max() < 31_500


def test_every_customer_has_an_address_in_the_form_of_its_country() -> None:
    customers = Customers(seed=1, count=5_000).take(np.arange(5_000))
    assert {customer.country for customer in customers} == {country.code for country in COUNTRIES} == set(POSTCODES)
    for customer in customers:
        address = msgspec.json.decode(customer.ship_to, type=Address)
        assert re.fullmatch(POSTCODES[address.country], address.postcode), address
        assert address.name and address.line1 and address.city
        assert msgspec.json.decode(customer.person)["id"] == customer.id
    assert len({customer.ship_to for customer in customers}) == len({customer.card for customer in customers}) == 5_000


def test_a_customer_is_the_same_whoever_else_is_asked_for() -> None:
    customers = Customers(seed=4, count=1_000)
    assert customers.take(np.array([7]))[0] == customers.take(np.arange(1_000))[7]
    assert customers.take(np.array([7])) != Customers(seed=5, count=1_000).take(np.array([7]))


def test_nobody_orders_twice_before_everybody_has_ordered_once() -> None:
    assert sorted(Customers(seed=3, count=1_000).spread(np.arange(1_000)).tolist()) == list(range(1_000))


def test_opening_stock_covers_the_day_and_some_slow_goods_have_run_out() -> None:
    catalogue, warehouses = Catalogue(seed=1, count=4000), places.warehouses(3)
    stock = catalogue.opening(seed=1, warehouses=warehouses, orders=20_000)
    bundles = {item.sku for item in catalogue.items if item.components}
    stocked = {sku for sku, _, _ in stock}
    assert not stocked & bundles
    assert 5 <= 4000 - len(bundles) - len(stocked) <= 60
    assert len({(sku, warehouse) for sku, warehouse, _ in stock}) == len(stock)
    assert min(pieces for _, _, pieces in stock) > 0
    assert 3 * 20_000 * 2 < sum(pieces for _, _, pieces in stock) < 20 * 20_000 * 2


@pytest.mark.parametrize("count", [1, 5, 20])
def test_there_may_be_one_to_twenty_warehouses(count: int) -> None:
    assert len({warehouse.id for warehouse in places.warehouses(count)}) == count


@pytest.mark.parametrize("count", [0, 21, -1])
def test_another_number_of_warehouses_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 20 warehouses"):
        places.warehouses(count)


def test_every_country_of_a_customer_is_served_by_every_carrier_within_the_promise() -> None:
    for tariff in places.tariffs():
        assert all(tariff.rates[country.code].days <= 5 for country in COUNTRIES)
        assert len(tariff.rates) > 200, "imported orders come from the whole world"


def test_usual_quantities_and_values_are_learnt_from_the_past(tmp_path: Path) -> None:
    world = opened(World(tmp_path, orders=100))
    items = world.items()
    assert sum(item.quantity_range.seen >= 20 for item in items) > 3000
    assert all(item.quantity_range.largest <= 12 for item in items)
    values = world.value_ranges()
    assert 30_000 < len(values) < 50_000
    one = next(iter(values.values()))
    assert one.seen >= 1 and one.largest > 0 and one.ln_sum > 0


@pytest.mark.parametrize("wrong", [{"orders": 0}, {"skus": 3}, {"seed": -1}])
def test_an_impossible_world_is_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="the simulator needs"):
        World(tmp_path, **wrong)  # pyright: ignore[reportArgumentType]

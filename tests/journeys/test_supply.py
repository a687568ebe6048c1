"""Eight days of a small company with its supply: bad vendors, spikes, a lying page, noisy scales, judged from outside."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from afterclick.cli.quarter import trouble
from afterclick.cli.quarter.days import Quarter, fill
from afterclick.cli.quarter.judging import judged
from afterclick.cli.quarter.office import START_MS, SupplyOffice, opened
from afterclick.cli.quarter.past import write_past
from afterclick.cli.quarter.scales import WAREHOUSE, Scales
from afterclick.cli.quarter.trouble import Pages
from afterclick.engine.clock import SetClock
from afterclick.simulator import suppliers
from afterclick.simulator.demand import NEW_DAYS, Demand
from afterclick.simulator.vendor_plans import VendorFaults

DAYS = 8
SKUS = 18


class Lived:
    """A company after its days, still open."""

    def __init__(self, office: SupplyOffice, quarter: Quarter, pages: Pages, vanished: str) -> None:
        self.office, self.quarter, self.pages, self.vanished = office, quarter, pages, vanished

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.office.database.reading() as tx:
            return [tuple(row) for row in tx.rows(sql)]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Goods vanish on the third day; the pages lie from the fifth on, when their prices are known."""
    patch = pytest.MonkeyPatch()
    patch.setattr(trouble, "FIRST_DAY", 4)
    demand, clock = Demand(seed=5, skus=SKUS, past=119, days=DAYS), SetClock(START_MS)
    folder: Path = tmp_path_factory.mktemp("supply")
    office = opened(folder / "office", demand, seed=5, clock=clock, faults=VendorFaults.all_on())
    with office.database.transaction() as tx:
        write_past(tx, demand, seed=5)
    busiest = np.argsort(-demand.pieces.sum(axis=1))[:4].tolist()
    scales = Scales({demand.items[row].sku: demand.items[row].weight_g for row in busiest}, seed=5)
    pages, vanished = Pages(office, demand, seed=5), demand.items[busiest[0]].sku
    with office.engine() as engine:
        engine.door._pause = lambda _: None  # nobody waits in a test
        quarter = Quarter(office, engine, clock, demand, rule="plan", scales=scales)
        for day in range(DAYS):
            if day == 2:
                scales.off[vanished] = -6
            pages.day(day)
            quarter.day(day)
    yield Lived(office, quarter, pages, vanished)
    office.close()
    patch.undo()


def test_almost_everything_is_served_at_once(lived: Lived) -> None:
    assert sum(one.wanted for one in lived.quarter.figures) > 100
    assert fill(lived.quarter.figures) >= 0.95


def test_the_bots_have_bought_within_their_limits_and_nothing_twice(lived: Lived) -> None:
    found = judged(lived.office, lived.pages.true)
    assert found.orders > 3
    assert 0 < found.alone <= found.orders
    assert found.limits == []
    assert found.twice == []


def test_a_page_that_lies_moves_no_order(lived: Lived) -> None:
    lying = [row for row in lived.rows("SELECT sku, verdict FROM price_readings") if row[0] in lived.pages.lying]
    assert "doubtful" in {row[1] for row in lying}, "the scouts have read the wrong price"
    assert judged(lived.office, lived.pages.true).prices == []


def test_scales_have_a_count_made_and_change_nothing_themselves(lived: Lived) -> None:
    asked = lived.rows("SELECT sku FROM count_tasks WHERE reason = 'sensor' OR because LIKE '%sensors disagree%'")
    assert (lived.vanished,) in asked
    assert (lived.vanished, WAREHOUSE) in lived.rows("SELECT sku, warehouse FROM stock_counts WHERE counted < booked")
    assert judged(lived.office, lived.pages.true).counts == []


def test_every_invariant_of_the_office_holds(lived: Lived) -> None:
    assert judged(lived.office, lived.pages.true).unproven == []


def test_the_same_seed_is_the_same_demand_with_the_same_orders() -> None:
    one, other = (Demand(seed=3, skus=12, past=NEW_DAYS, days=5) for _ in range(2))
    assert (one.pieces == other.pieces).all()
    for day in range(one.past, one.past + one.days):
        ordered = np.zeros(12, dtype=np.int64)
        for order in one.orders(day):
            for row, pieces in order.lines:
                ordered[row] += pieces
        assert (ordered == one.pieces[:, day]).all()


def test_every_sku_is_sold_by_two_vendors_whose_prices_fall_with_the_quantity() -> None:
    skus = [f"Q-{number}" for number in range(40)]
    offers = suppliers.offers(skus, [500] * 40, seed=3)
    for sku in skus:
        assert len({one.vendor for one in offers if one.sku == sku}) >= 2
    for one in offers:
        prices = [step.price for step in one.breaks]
        assert prices == sorted(prices, reverse=True)

"""The office's plan: from its own sales to purchase orders, with a reason for each number."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from afterclick.domain.planning_limits import PlanningLimits
from afterclick.domain.purchase import Offer, PriceBreak
from afterclick.ports.answer import Declined
from afterclick.procurement import replenish
from afterclick.procurement.buying import records
from afterclick.procurement.forecasting import kept as forecasts
from afterclick.procurement.foresee import Made, made
from afterclick.procurement.planning import kept as plans
from afterclick.procurement.planning.demand import at_places, expected, shares
from afterclick.procurement.replenish import Planned, planned, put
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from tests.procurement.buying.buying_office import BUYER, DAY_MS, START_MS, BuyingOffice, buying_office
from tests.procurement.planning.past import RATES, half_a_year, sell, stock

LIMITS = PlanningLimits()
DESK = replenish.BuyingDesk(BUYER)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The forecasts of an office with half a year of sales; made once."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('night') / 'office.sqlite'}")
    metadata.create_all(database.engine)
    with database.transaction() as tx:
        sell(tx, half_a_year())
        found = made(tx, country="DE", now_ms=START_MS)
    database.dispose()
    assert isinstance(found, Made)
    return found


@pytest.fixture
def office(database_url: str, tmp_path: Path, night: Made) -> Iterator[BuyingOffice]:
    """That office on the next morning: forecasts are there, and the shelves of W1 are nearly empty."""
    with buying_office(database_url, tmp_path) as found:
        with found.database.transaction() as tx:
            sell(tx, half_a_year())
            forecasts.keep(tx, night.run, night.forecasts)
            stock(tx, {("CUP", "W1"): 500, ("PLATE", "W1"): 200, ("SPOON", "W1"): 50, ("CUP", "W2"): 80}, days_ago=90)
            stock(tx, {("CUP", "W1"): -480, ("PLATE", "W1"): -190, ("CUP", "W2"): -20}, days_ago=20, reason="shipment")
        yield found


def plan(office: BuyingOffice, limits: PlanningLimits = LIMITS) -> Planned:
    with office.database.reading() as tx:
        found = planned(tx, limits, currency="EUR", now_ms=office.clock.ms)
    assert isinstance(found, Planned), found
    return found


def carry_out(office: BuyingOffice, found: Planned) -> None:
    with office.database.transaction() as tx:
        put(tx, found, DESK, by="procurement.replenish", now_ms=office.clock.ms)


def test_the_forecast_is_near_what_sells(night: Made) -> None:
    for one in night.forecasts:
        weekly = RATES[one.sku] * 7
        assert one.mean[0] == pytest.approx(weekly, rel=0.35), one.sku
        assert one.quantiles[0][0] <= one.mean[0] <= one.quantiles[0][-1]
        assert one.spans[13][-1] > one.spans[1][-1]
        assert "since the first sale" in one.told
    assert {"naive", "seasonal naive"} < set(night.run.measured) or len(night.run.measured) > 2


def test_forecasts_are_kept_of_the_latest_weeks_only(office: BuyingOffice, night: Made) -> None:
    with office.database.transaction() as tx:
        for week in range(1, 7):
            forecasts.keep(tx, replace(night.run, made_ms=night.run.made_ms + week * 7 * DAY_MS), night.forecasts)
        assert len(forecasts.weekly(tx)) == forecasts.WEEKS_KEPT
        assert tx.value("SELECT COUNT(DISTINCT run) FROM forecasts") == forecasts.WEEKS_KEPT
        found = forecasts.of_item(tx, "CUP")
        assert found is not None
        assert (found[0].id, found[1].sku) == (7, "CUP")
        assert forecasts.of_item(tx, "NOTHING") is None


def test_what_runs_low_is_bought_with_a_reason(office: BuyingOffice) -> None:
    carry_out(office, plan(office))
    with office.database.reading() as tx:
        found = plans.latest(tx)
        assert found is not None
        lines = {(one.sku, one.warehouse): one for one in plans.lines(tx, found.id)}
    cup = lines["CUP", "W1"]
    assert (cup.state, cup.vendor in ("ACME", "MAIL")) == ("ordered", True)
    assert cup.because.startswith(f"order {cup.pieces:,}: 20 on hand + 0 on order")
    assert cup.figures is not None
    assert cup.figures.position == 20
    assert office.on_order("CUP") == cup.pieces
    assert ("SPOON", "W1") not in lines, "fifty spoons last for half a year"
    assert office.wrong() == []


def test_the_plan_shows_where_it_leads(office: BuyingOffice) -> None:
    found = plan(office).fan
    assert len(found.stock) == len(found.cash) == len(found.fill) == 13
    for week in found.stock:
        assert list(week) == sorted(week)
    assert found.stock[0][0] < found.stock[0][-1]
    assert 0.9 < found.fill[-1][2] <= 1


def test_planning_again_buys_nothing_more(office: BuyingOffice) -> None:
    carry_out(office, plan(office))
    before = office.rows("SELECT sku, warehouse, on_order FROM stock_levels ORDER BY sku, warehouse")
    for _ in range(3):
        carry_out(office, plan(office))
        office.clock.ms += DAY_MS // 4
    assert office.rows("SELECT sku, warehouse, on_order FROM stock_levels ORDER BY sku, warehouse") == before
    assert office.wrong() == []


def test_a_plan_that_was_drawn_up_twice_at_once_is_carried_out_once(office: BuyingOffice) -> None:
    one, other = plan(office), plan(office)
    carry_out(office, one)
    on_order = office.on_order("CUP")
    carry_out(office, other)
    assert office.on_order("CUP") == on_order


def test_what_nobody_offers_is_said(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        tx.run("DELETE FROM offers WHERE sku = 'PLATE'")
    carry_out(office, plan(office))
    with office.database.reading() as tx:
        number = tx.value("SELECT MAX(id) FROM plans")
        withheld = {one.sku: one.because for one in plans.lines(tx, number, state="withheld")}
    assert withheld["PLATE"].startswith("no vendor on the list offers it")


@pytest.mark.parametrize(("sku", "count"), [("CUP", 200), ("DUO", 100), ("QUAD", 50)])
def test_what_orders_wait_for_is_bought_too(office: BuyingOffice, sku: str, count: int) -> None:
    bought = {one.sku: one.pieces for one in plan(office).drafted.plan.proposals if one.place == "W1"}
    with office.database.transaction() as tx:
        tx.run_many(
            "INSERT INTO items (sku, name, category, price, currency, components) VALUES (?, ?, 'table', 1900, 'EUR', ?)",
            [("DUO", "Two cups", '{"CUP": 2}'), ("QUAD", "Two times two cups", '{"DUO": 2}')],
        )
        sell(tx, [(DAY_MS // 4, sku, count)], first=9_000, state="waiting")
        tx.run("UPDATE orders SET waiting_for = 'stock' WHERE id = 9000")
        tx.run(
            "INSERT INTO replenishments (sku, warehouse, quantity, because, state, asked_ms)"
            " VALUES ('CUP', 'W1', 200, 'orders wait for it', 'open', 1)"
        )
    more = {one.sku: one.pieces for one in plan(office).drafted.plan.proposals if one.place == "W1"}
    assert more["CUP"] >= bought["CUP"] + 180


def test_a_price_a_cent_lower_does_not_make_us_buy_two_years_worth(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        stock(tx, {("SPOON", "W1"): -49}, reason="adjustment")
        records.save_offers(tx, [Offer("MAIL", "SPOON", (PriceBreak(1, 79),), minimum=200)], now_ms=2)
    (spoon,) = [one for one in plan(office).drafted.plan.proposals if (one.sku, one.place) == ("SPOON", "W1")]
    assert 0 < spoon.pieces < 60


def test_a_price_of_less_than_a_cent_is_not_rounded(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        tx.run("UPDATE items SET price = 5 WHERE sku = 'CUP'")
        records.save_offers(
            tx,
            [Offer(vendor, "CUP", (PriceBreak(1, 149),), price_basis=100, minimum=100) for vendor in ("ACME", "MAIL")],
            now_ms=2,
        )
    now = plan(office).drafted.now
    assert {row.unit_cost for row in now.rows if row.sku == "CUP"} == {1.49}


def test_minimum_and_pack_are_kept(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        records.save_offers(
            tx, [Offer(vendor, "CUP", (PriceBreak(1, 250),), minimum=48, pack=12) for vendor in ("ACME", "MAIL")], now_ms=2
        )
    cup = next(one for one in plan(office).drafted.plan.proposals if (one.sku, one.place) == ("CUP", "W1"))
    assert cup.pieces >= 48
    assert cup.pieces % 12 == 0
    assert "pack 12" in cup.because


def test_a_budget_is_kept(office: BuyingOffice) -> None:
    whole = plan(office).drafted.plan.money
    half = plan(office, replace(LIMITS, budget=whole // 2)).drafted.plan
    assert 0 < half.money <= whole // 2


def test_reorder_points_follow_the_forecast(office: BuyingOffice) -> None:
    carry_out(office, plan(office))
    points = dict(office.rows("SELECT sku, reorder_point FROM stock_levels WHERE warehouse = 'W1'"))
    assert points["CUP"] > points["PLATE"] > 0
    assert points["CUP"] < 7 * RATES["CUP"] * 4


def test_places_share_what_sells_by_what_left_them(office: BuyingOffice) -> None:
    with office.database.reading() as tx:
        found = expected(tx)
        assert found is not None
        share = shares(tx, [("CUP", "W1"), ("CUP", "W2"), ("PLATE", "W1")], now_ms=office.clock.ms)
        assert share[0] > 0.9 > 0.1 > share[1]
        assert share[2] == 1
        forecast = [found.weekly[0]["CUP"]] * 2
        split = at_places(found.run, forecast, share[:2])
        assert split.mean.sum(axis=0) == pytest.approx(forecast[0].mean)
        assert (split.quantiles[0] >= split.quantiles[1]).all()
        wide = split.quantiles[1, 0, -1] / max(split.mean[1, 0], 1e-9)
        assert wide > split.quantiles[0, 0, -1] / split.mean[0, 0], "a small share is the more unsteady"


def test_without_forecasts_or_vendors_the_reason_is_said(database_url: str, tmp_path: Path, night: Made) -> None:
    with buying_office(database_url, tmp_path) as office:
        with office.database.reading() as tx:
            assert (
                planned(tx, LIMITS, currency="EUR", now_ms=START_MS) == "nothing is forecast yet, so that nothing can be planned"
            )
            assert "there is nothing to forecast from yet" in str(made(tx, country="DE", now_ms=START_MS))
        with office.database.transaction() as tx:
            forecasts.keep(tx, night.run, night.forecasts)
            tx.run("DELETE FROM offers")
        with office.database.reading() as tx:
            assert "import vendors" in str(planned(tx, LIMITS, currency="EUR", now_ms=START_MS))


def test_what_another_warehouse_has_lying_about_is_moved_and_not_bought(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        stock(tx, {("CUP", "W2"): 3_000}, days_ago=1, reason="receipt")
    carry_out(office, plan(office, replace(LIMITS, transfer_piece=5, transfer_fixed=100, transfer_most=150)))
    ((number, pieces),) = office.rows("SELECT number, pieces FROM transfers WHERE sku = 'CUP' AND to_warehouse = 'W1'")
    bought = office.one("SELECT SUM(quantity) FROM purchase_lines WHERE sku = 'CUP'") or 0
    assert 0 < pieces <= 150
    assert office.on_order("CUP") == pieces + bought, "what is bought comes on top of what is moved"
    with office.database.reading() as tx:
        found = plans.latest(tx)
        assert found is not None
        (line,) = plans.lines(tx, found.id, state="moved")
    assert (line.sku, line.warehouse, line.source, line.pieces) == ("CUP", "W1", "W2", pieces)
    assert line.because.startswith(f"{number}: move {pieces} from W2 to W1")
    office.run()
    assert [(one.start, one.end, one.pieces) for one in office.shelves.sent] == [("W2", "W1", pieces)]
    assert office.wrong() == []


def test_a_plan_that_runs_again_moves_nothing_twice(office: BuyingOffice) -> None:
    with office.database.transaction() as tx:
        stock(tx, {("CUP", "W2"): 3_000}, days_ago=1, reason="receipt")
    found = plan(office, replace(LIMITS, transfer_piece=5))
    carry_out(office, found)
    carry_out(office, found)
    office.run()
    carry_out(office, plan(office, replace(LIMITS, transfer_piece=5)))
    assert office.one("SELECT COUNT(*) FROM transfers WHERE sku = 'CUP'") == 1
    assert office.wrong() == []


def test_what_a_warehouse_would_not_send_is_bought_the_next_night(office: BuyingOffice) -> None:
    """Its books are wrong, and say the same the next night: the plan must not rely on them again."""
    office.shelves.says = Declined("short: 0 there")
    with office.database.transaction() as tx:
        stock(tx, {("CUP", "W2"): 3_000}, days_ago=1, reason="receipt")
    limits = replace(LIMITS, transfer_piece=5)
    carry_out(office, plan(office, limits))
    assert office.one("SELECT COUNT(*) FROM purchase_lines WHERE sku = 'CUP'") == 0
    office.run(later_ms=DAY_MS)
    carry_out(office, plan(office, limits))
    assert office.one("SELECT COUNT(*) FROM transfers") == 1
    assert office.on_order("CUP") == office.one("SELECT SUM(quantity) FROM purchase_lines WHERE sku = 'CUP'") > 0
    assert office.wrong() == []

"""Replaying past sales: what policies cost, and that none beats the bound."""

import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from afterclick.cli.main import app
from afterclick.procurement.replenishing.backtest.bound import clairvoyant
from afterclick.procurement.replenishing.backtest.comparing import Comparison, compare
from afterclick.procurement.replenishing.backtest.rivals import min_max, textbook
from afterclick.procurement.replenishing.backtest.season import TooShort, sample, season
from afterclick.procurement.replenishing.backtest.world import Supply, replay
from afterclick.procurement.replenishing.costs import Costs
from tests.procurement.replenishing.shop import Knows, panel

COSTS, SUPPLY = Costs(), Supply()


@cache
def sold() -> np.ndarray:
    """Sixty weeks of eighty items: steady, patchy, and some that start late."""
    dice = np.random.default_rng(3)
    demand = dice.negative_binomial(2, 2 / (2 + dice.uniform(1, 40, (80, 1))), (80, 60)).astype(float)
    demand[:5, :20] = np.nan
    return demand


def learn(known, spans):
    return Knows(known, tuple(spans))


@cache
def compared() -> Comparison:
    return compare(season(panel(sold()), 20), COSTS, SUPPLY, trainings=2, learn=learn)


def test_no_policy_costs_less_than_the_bound() -> None:
    found = compared()
    assert found.bound > 0
    assert all(one.cost > found.bound for one in found.scored)
    assert found.of("static min/max").gap_closed == 0


def test_a_policy_that_knows_the_demand_costs_less_than_min_max() -> None:
    found = compared()
    assert found.of("ours").cost < found.of("static min/max").cost
    assert found.of("ours").fill > 0.85


def test_costs_add_up_and_less_weight_on_overage_serves_more() -> None:
    found = compared()
    for one in found.scored:
        parts = one.ordering + one.holding + one.lost_margin + one.written_off
        assert one.cost == pytest.approx(parts, abs=0.05)
    fills = [one.fill for one in found.scored if one.policy == "ours"]
    assert fills == sorted(fills, reverse=True)


def test_the_cost_at_equal_fill_lies_on_the_curve_or_is_never_reached() -> None:
    found = compared()
    assert found.at_equal_fill["ours"] == pytest.approx(found.of("ours").cost)


@pytest.mark.parametrize("supply", [Supply(late=0.5), Supply(partial=0.8), Supply(late=0.3, partial=0.3, lead=3)])
def test_late_and_partial_deliveries_serve_no_better(supply: Supply) -> None:
    known = season(panel(sold()), 20)
    sure = Supply(lead=supply.lead)
    worse, better = (replay(known, textbook(known, sure, COSTS), COSTS, one) for one in (supply, sure))
    assert worse.fill < better.fill
    assert worse.fill > 0.5


def test_the_end_of_the_sales_sees_no_future() -> None:
    demand = sold().copy()
    before = season(panel(demand), 20, end=50)
    demand[:, 50:] = 9_999
    after = season(panel(demand), 20, end=50)
    assert np.array_equal(before.wanted, after.wanted)
    assert np.array_equal(before.unit_cost, after.unit_cost)


def test_a_bulk_order_is_capped_by_what_was_usual_before_it() -> None:
    demand = np.full((1, 40), 10.0)
    demand[0, 35] = 5_000
    assert season(panel(demand), 20).wanted.max() == 12


def test_sales_that_are_too_short_or_too_few_are_refused() -> None:
    with pytest.raises(TooShort, match="at least 28 are needed: ask for fewer with --weeks"):
        season(panel(np.ones((3, 20))), 20)
    with pytest.raises(TooShort, match="nothing to replenish"):
        season(panel(np.zeros((3, 60))), 20)


def test_a_sample_is_part_of_the_season() -> None:
    whole = season(panel(sold()), 20)
    part = sample(whole, 8)
    assert len(part.panel.items) == -(-len(whole.panel.items) // 8)
    outcome = replay(part, min_max(part, SUPPLY), COSTS, SUPPLY)
    assert clairvoyant(part, COSTS, SUPPLY) < outcome.cost


def test_the_command_replays_a_file(tmp_path: Path) -> None:
    demand, start = sold(), date(2026, 1, 5)
    lines = ["sku,date,quantity,price"]
    for item in range(10, 34):
        lines += [
            f"I{item},{start - timedelta(7 * (60 - week))},{demand[item, week]:.0f},10.00"
            for week in range(60)
            if demand[item, week] > 0
        ]
    file = tmp_path / "sales.csv"
    file.write_text("\n".join(lines))
    ran = CliRunner().invoke(
        app, ["replenish", "simulate", str(file), "--weeks", "12", "--trainings", "1", "--every", "2", "--json"]
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert found["periods"] == 12
    assert {one["policy"] for one in found["scored"]} >= {"ours", "static min/max", "textbook (s,S)"}


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--until", "soon"], "is no day"), (["--weeks", "90"], "at least"), (["--column", "price"], "FIELD=NAME")],
)  # fmt: skip
def test_the_command_says_what_to_do_about_a_wish_it_cannot_meet(tmp_path: Path, options: list[str], said: str) -> None:
    file = tmp_path / "sales.csv"
    start = date(2025, 1, 6)
    file.write_text("sku,date,quantity\n" + "".join(f"A,{start + timedelta(7 * week)},5\n" for week in range(60)))
    ran = CliRunner().invoke(app, ["replenish", "simulate", str(file), *options])
    assert ran.exit_code == 1
    assert said in ran.stderr

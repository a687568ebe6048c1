"""What a warehouse's part of a SKU's demand looks like, against pieces that are really dealt out one by one."""

from datetime import date

import numpy as np
import pytest

from afterclick.procurement.forecasting.kept import Kept, Past, Run
from afterclick.procurement.planning.demand import at_places

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize(("mean", "common"), [(100, 0.3), (100, 0.6), (300, 0.2)])
def test_a_place_has_its_part_of_what_is_chance_and_of_what_the_whole_shop_shares(mean: int, common: float, share: float) -> None:
    """`common` is how far the whole shop's demand swings, as a share of the mean; the rest is chance (Poisson)."""
    dice = np.random.default_rng(1)
    whole = dice.poisson(mean * dice.gamma(1 / common**2, common**2, 100_000))
    here = dice.binomial(whole, share)
    quantiles = tuple(np.quantile(whole, LEVELS).tolist())
    forecast = Kept("CUP", (float(mean),), (quantiles,), {1: quantiles}, Past(date(2026, 1, 5), (), (), (), ()))
    run = Run(0, date(2026, 1, 5), 1, LEVELS, 1, "known", {}, 0.0)
    placed = at_places(run, [forecast], np.array([share])).spans[1][0]
    for level, pieces in zip(LEVELS, placed, strict=True):
        if level >= 0.75:
            assert (here < pieces).mean() <= level + 0.03
            assert (here <= pieces).mean() >= level - 0.03

"""How much to order: the quantity with the least cost a piece, in packs, within minimum, room and shelf life."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.demand import Demand, unsold

_COVERS: Final = np.array([0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 13, 17, 22, 26, 39, 52])
"""Periods of mean demand that an order may last, besides the minimum and the price breaks."""


@dataclass(frozen=True)
class Buying:
    """How the items are bought, an array of items each: pieces of the minimum and the pack, money of `unit_cost` a piece.

    `breaks` is items × breaks × 2 (pieces from which, unit cost from there on), padded with NaN; None where there are none.
    `shelf_life` are the periods within which a piece must be sold (infinite: it keeps); `room` the most pieces of the item that
    the place takes (infinite: any).
    """

    unit_cost: Numbers
    moq: Numbers
    pack: Numbers
    breaks: Numbers | None = None
    shelf_life: Numbers | None = None
    room: Numbers | None = None

    def price(self, pieces: Numbers) -> Numbers:
        """Money a piece when so many are bought at once; `pieces` is items × any number of quantities."""
        price = np.repeat(self.unit_cost[:, None], pieces.shape[1], axis=1)
        if self.breaks is None:
            return price
        for start, lower in np.moveaxis(self.breaks, 1, 0).transpose(0, 2, 1):
            price = np.where(pieces >= start[:, None], np.fmin(price, lower[:, None]), price)
        return price


def economic_quantity(yearly: Numbers, order_cost: float, holding: Numbers) -> Numbers:
    """The quantity at which a year's ordering costs as much as its holding: √(2 × demand × order cost / holding a piece).

    Harris 1913, "How many parts to make at once".
    """
    return np.sqrt(2 * np.maximum(yearly, 0) * order_cost / np.maximum(holding, 1e-12))


def packed(pieces: Numbers, moq: Numbers, pack: Numbers) -> Numbers:
    """Whole packs, at least the minimum; nothing stays nothing."""
    least = np.where(pieces > 0, np.maximum(pieces, moq), 0)
    return np.ceil(least / pack - 1e-9) * pack


def best_quantity(demand: Demand, base: Numbers, buying: Buying, costs: Costs, life: Numbers | None = None) -> Numbers:
    """The usual order of each item: of all minimum, break and cover quantities the one with the least cost a piece.

    Cost a piece = price + (cost of the line + goods expected to be written off) / quantity + holding until sold. Without breaks,
    minimum and obsolescence it is the economic quantity; a price break is taken where what it saves exceeds what the larger order
    costs to hold and to be left with.

    Args:
        demand: over spans of periods.
        base: pieces that are there when the order is placed; they sell first.
        buying: minimum, pack, prices and bounds.
        costs: rates.
        life: periods for which each item is still sold.
    """
    rate = np.maximum(demand.rate, 1e-6)
    tried = packed(np.maximum(rate[:, None] * _COVERS * costs.year / 52.0, 1), buying.moq[:, None], buying.pack[:, None])
    if buying.breaks is not None:
        starts = np.nan_to_num(buying.breaks[:, :, 0])
        tried = np.concatenate([tried, packed(starts, buying.moq[:, None], buying.pack[:, None])], axis=1)
    tried = np.maximum(tried, packed(buying.moq, buying.moq, buying.pack)[:, None])
    tried = np.maximum(tried, buying.pack[:, None])
    price = buying.price(tried)
    lost = _written_off(demand, base, tried, costs, life) * costs.written_off * price
    cost = price + (costs.order_line + lost) / tried + costs.held * price * tried / 2 / rate[:, None]
    most = _most(base, rate, buying)[:, None]
    cost = np.where((tried > most) & (tried > tried.min(axis=1, keepdims=True)), np.inf, cost)
    return np.take_along_axis(tried, cost.argmin(axis=1)[:, None], axis=1)[:, 0]


def to_order(
    position: Numbers, level: Numbers, quantity: Numbers, buying: Buying, demand: Demand, review: float | Numbers
) -> Numbers:
    """Pieces to order now, 0 where the position is not below the level: up to the level, and the usual order on top.

    Args:
        position, level, quantity: pieces; `quantity` is the usual order.
        buying: minimum, pack and bounds.
        demand: for the mean.
        review: periods between two looks.
    """
    wanted = packed(np.maximum(level - position, 0) + on_top(quantity, demand, review), buying.moq, buying.pack)
    most = _most(position, demand.rate, buying)
    wanted = np.where(wanted > most, np.floor(np.maximum(most, 0) / buying.pack) * buying.pack, wanted)
    return np.where((position < level) & (wanted >= buying.moq), wanted, 0.0)


def on_top(quantity: Numbers, demand: Demand, review: float | Numbers) -> Numbers:
    """How much of a usual order comes on top of what brings the position back to its level.

    Stock is looked at every `review` periods, so that it has fallen below the level by half a review's demand on average; that
    much of the usual order is in what brings it back up.
    """
    return np.maximum(quantity - demand.rate * review / 2, 0)


def _most(position: Numbers, rate: Numbers, buying: Buying) -> Numbers:
    """Pieces that may come: what the place takes, and what sells before it is too old."""
    most = np.full(len(rate), np.inf)
    if buying.room is not None:
        most = np.minimum(most, buying.room - position)
    if buying.shelf_life is not None:
        ages = np.isfinite(buying.shelf_life)
        sells = rate * np.where(ages, buying.shelf_life, 0)
        most = np.where(ages, np.minimum(most, sells - position), most)
    return most


def _written_off(demand: Demand, base: Numbers, tried: Numbers, costs: Costs, life: Numbers | None) -> Numbers:
    """Mean pieces of each tried order that a stock review writes off, items × quantities."""
    moments = costs.reviews(len(base), life)
    total = np.zeros_like(tried)
    for at, spared in moments:
        grid, start = demand.grid(at), base - spared * demand.rate
        without = unsold(grid, start)
        total += np.stack([unsold(grid, start + tried[:, one]) - without for one in range(tried.shape[1])], axis=1)
    return total / len(moments)

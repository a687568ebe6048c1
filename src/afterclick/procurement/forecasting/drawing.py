"""Draw one item's forecast: what was sold, the fan of what may come, the mean, and what was left out of account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from markupsafe import Markup

from afterclick.procurement.forecasting.outlook import Outlook, Past
from afterclick.procurement.forecasting.panel import Freq, Numbers
from afterclick.procurement.forecasting.shortage import short

WIDTH: Final = 900
HEIGHT: Final = 300
SHOWN: Final[dict[Freq, int]] = {"D": 120, "W": 104, "M": 60, "Q": 40}
"""Periods of history in the picture; the forecast may rest on more."""
_LEFT: Final = 52
_RIGHT: Final = 92
_TOP: Final = 26
_BOTTOM: Final = 34
_LABELS: Final = 7
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Drawn:
    """The figures of one picture: `past` (sold), `lost` (share out of stock) and `bulk` by period, then what is forecast.

    `base` is the demand that the model saw. `starts` are the first days of the past periods, and then of those to come.
    """

    name: str
    freq: Freq
    starts: tuple[date, ...]
    past: Numbers
    base: Numbers
    lost: Numbers
    bulk: Numbers
    mean: Numbers
    levels: tuple[float, ...]
    quantiles: Numbers


def drawn(past: Past, found: Outlook, row: int, ahead: Sequence[date]) -> Drawn:
    """The figures of one item; `ahead` are the first days of the periods that are forecast."""
    panel = past.panel
    known = np.flatnonzero(np.isfinite(panel.demand[row]) | (found.bulk.pieces[row] > 0))
    first = max(int(known[0]) if len(known) else panel.demand.shape[1] - 1, panel.demand.shape[1] - SHOWN[panel.freq], 0)
    place = f" in {panel.places[row]}" if panel.places and panel.places[row] else ""
    in_stock = None if past.in_stock is None else past.in_stock[row : row + 1, first:]
    sold = panel.demand[row, first:]
    return Drawn(
        f"{panel.items[row]}{place}", panel.freq, (*panel.starts[first:], *ahead), sold, found.base.demand[row, first:],
        short(in_stock, (1, len(sold)))[0], found.bulk.pieces[row, first:], found.prediction.mean[row], found.prediction.levels,
        found.prediction.quantiles[row],
    )  # fmt: skip


def chart(one: Drawn) -> Markup:
    """The picture without words around it, as the content of an SVG of `WIDTH` × `HEIGHT`; colours come by class.

    The classes are those of the control room's charts (`area`, `band`, `path`, `axis`, `c1` to `c6`), so that a page shows it as
    it is; a file needs the style of `sheets.standalone`.
    """
    scale = _Scale(one)
    parts = [*_axes(scale), *_lost(one, scale), *_sold(one, scale), *_fan(one, scale), *_bulk(one, scale), *_dates(one, scale)]
    return Markup("").join(parts)


class _Scale:
    """Where periods and pieces lie in the picture."""

    def __init__(self, one: Drawn) -> None:
        self.before = len(one.past)
        self.count = len(one.starts)
        self.step = (WIDTH - _LEFT - _RIGHT) / self.count
        highest = [one.mean.max(initial=0.0), one.quantiles.max(initial=0.0), np.nanmax(np.append(one.base, 0.0))]
        usual = np.nanmax(np.append(np.where(one.bulk > 0, np.nan, one.past), 0.0))
        self.ticks = _ticks(float(max(*highest, usual, 1.0)))
        self.top = self.ticks[-1]

    def x(self, period: float) -> float:
        """The middle of a period."""
        return _LEFT + self.step * (period + 0.5)

    def y(self, pieces: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * min(pieces, self.top) / self.top


def _ticks(highest: float) -> list[float]:
    """Three to five round figures from 0 to the first one that is not below the highest value."""
    rough = highest / 4
    size = 10 ** np.floor(np.log10(rough))
    step = float(next(size * times for times in (1, 2, 2.5, 5, 10) if size * times >= rough))
    step = max(step, 0.25)
    return [step * n for n in range(int(np.ceil(highest / step - 1e-9)) + 1)]


def _axes(scale: _Scale) -> list[Markup]:
    lines: list[Markup] = []
    for value in scale.ticks:
        y = scale.y(value)
        lines.append(Markup('<line class="axis" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(_LEFT, WIDTH - _RIGHT, y, y))
        lines.append(Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(_LEFT - 8, y + 4, pieces(value)))
    return lines


def _lost(one: Drawn, scale: _Scale) -> list[Markup]:
    """Periods without stock as one shade for each run of them."""
    gone = [*(one.lost >= 1).tolist(), False]
    shades: list[Markup] = []
    since = -1
    for period, out in enumerate(gone):
        if out and since < 0:
            since = period
        elif not out and since >= 0:
            x, width = scale.x(since) - scale.step / 2, scale.step * (period - since)
            shade = Markup('<rect class="band c2" x="{:.1f}" y="{}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>')
            words = f"out of stock from {one.starts[since]}: not taken for no demand"
            shades.append(shade.format(x, _TOP, width, HEIGHT - _BOTTOM - _TOP, words))
            since = -1
    return shades


def _sold(one: Drawn, scale: _Scale) -> list[Markup]:
    """A column a period: what was sold, and above it what would have been sold with stock all the time."""
    width = max(1.0, scale.step * 0.72)
    columns: list[Markup] = []
    for period, sold in enumerate(one.past):
        x = scale.x(period) - width / 2
        usual = max(0.0, float(sold) - float(one.bulk[period]))
        for low, high, kind in ((0.0, usual, "area c5"), (usual, float(one.base[period]), "band c2")):
            if np.isfinite(high) and high > low + 1e-9:
                top, bottom = scale.y(high), scale.y(low)
                column = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
                columns.append(column.format(kind, x, top, width, bottom - top))
    return columns


def _fan(one: Drawn, scale: _Scale) -> list[Markup]:
    """Bands between pairs of levels, the widest first, and the mean with its value at the end."""
    begin = scale.before - 0.5
    at = [scale.x(begin), *(scale.x(scale.before + n) for n in range(len(one.mean))), scale.x(scale.count - 0.5)]

    def points(values: Numbers) -> list[tuple[float, float]]:
        ends = [values[0], *values, values[-1]]
        return [(x, scale.y(float(value))) for x, value in zip(at, ends, strict=True)]

    drawn_: list[Markup] = []
    half = len(one.levels) // 2
    for low, high in ((n, len(one.levels) - 1 - n) for n in range(half)):
        around = [*points(one.quantiles[:, high]), *reversed(points(one.quantiles[:, low]))]
        drawn_.append(Markup('<polygon class="band c1" points="{}"/>').format(_joined(around)))
    drawn_.append(Markup('<polyline class="path c1" points="{}"/>').format(_joined(points(one.mean))))
    today = Markup('<line class="path usual c5" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>')
    drawn_.append(today.format(scale.x(begin), _TOP - 6, HEIGHT - _BOTTOM))
    return [*drawn_, *_ends(one, scale)]


def _ends(one: Drawn, scale: _Scale) -> list[Markup]:
    """The last mean and the outer quantiles in figures, kept apart where they lie close together."""
    wanted = [(float(one.mean[-1]), "strong", pieces(float(one.mean[-1])))]
    if len(one.levels) > 1:
        for level in (0, -1):
            value = float(one.quantiles[-1, level])
            wanted.append((value, "", f"{one.levels[level]:.0%}: {pieces(value)}"))
    ends: list[Markup] = []
    taken: list[float] = []
    for value, kind, text in wanted:
        y = scale.y(value) + 4
        if all(abs(y - other) >= 14 for other in taken):
            taken.append(y)
            words = Markup('<text class="{}" x="{}" y="{:.1f}">{}</text>')
            ends.append(words.format(kind, WIDTH - _RIGHT + 7, y, text))
    return ends


def _bulk(one: Drawn, scale: _Scale) -> list[Markup]:
    """A mark above the column of each bulk order; the largest ones say how large they were."""
    told = set(np.argsort(-one.bulk)[:3].tolist())
    marks: list[Markup] = []
    for period in np.flatnonzero(one.bulk > 0):
        x = scale.x(int(period))
        words = (
            f"bulk order of {pieces(float(one.bulk[period]))} in the {_WORD[one.freq]} of {one.starts[period]}: forecast apart"
        )
        mark = Markup('<path class="area c4" d="M{0:.1f} {1} l5 8 h-10 z"><title>{2}</title></path>')
        marks.append(mark.format(x, _TOP - 8, words))
        if int(period) in told and all(abs(int(period) - other) * scale.step > 44 for other in told if other < int(period)):
            label = Markup('<text class="c4" x="{:.1f}" y="{}" text-anchor="{}">{}</text>')
            marks.append(label.format(x, _TOP - 12, "start" if x < 90 else "middle", pieces(float(one.bulk[period]))))
    return marks


_WORD: Final[dict[Freq, str]] = {"D": "day", "W": "week", "M": "month", "Q": "quarter"}


def _dates(one: Drawn, scale: _Scale) -> list[Markup]:
    """Dates below the picture, each where a month, quarter or year begins, as many as there is room for."""
    begins = [0] + [n for n in range(1, scale.count) if one.starts[n].month != one.starts[n - 1].month]
    years = {n for n in begins if n == 0 or one.starts[n].year != one.starts[n - 1].year}
    every = max(1, -(-len(begins) // _LABELS))
    labels: list[Markup] = []
    for place, n in enumerate(begins):
        if place % every or scale.x(n) > WIDTH - _RIGHT - 10:
            continue
        seen = set(begins[max(0, place - every + 1) : place + 1])
        month = _MONTHS[one.starts[n].month - 1]
        text = f"{month} {one.starts[n].year}" if seen & years else month
        x = scale.x(n) - scale.step / 2
        labels.append(Markup('<text x="{:.1f}" y="{}" text-anchor="start">{}</text>').format(x, HEIGHT - _BOTTOM + 18, text))
        tick = Markup('<line class="axis" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>')
        labels.append(tick.format(x, HEIGHT - _BOTTOM, HEIGHT - _BOTTOM + 5))
    return labels


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def pieces(value: float) -> str:
    """A number of pieces as people write it: no decimals from 100 on, and one or two below."""
    if value >= 1e6:
        return f"{value / 1e6:,.4g}M"
    if value >= 99.95 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 0.95 else f"{value:.2f}".rstrip("0")

"""Charts as SVG that the server draws: colour by class, words for those who do not see, and a table behind each."""

import itertools
from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup, escape

WIDTH: Final = 560
BROAD: Final = 900
"""Of a chart that has the page's whole width."""
HEIGHT: Final = 200
_LEFT: Final = 52
_BOTTOM: Final = 30
_TOP: Final = 10
_HUES: Final = 6
_LABELS: Final = 8
_numbers: Final = itertools.count(1)


class Series(NamedTuple):
    """A row of values over the same labels; `hue` 1 to 6 is a colour that stays apart from the others to any eye. `hrefs` lead
    from each value, in the table behind the chart, to its cases."""

    name: str
    values: Sequence[float]
    hue: int = 1
    hrefs: Sequence[str] = ()


class Share(NamedTuple):
    """A part of a whole in a stacked bar."""

    name: str
    value: int
    hue: int = 1
    href: str = ""


def bars(
    title: str, labels: Sequence[str], series: Sequence[Series], *, says: str = "", unit: str = "", broad: bool = False
) -> Markup:
    """Columns side by side for each label; all values are 0 or more."""
    top = _round_up(max((max(one.values, default=0) for one in series), default=0))
    wide = BROAD if broad else WIDTH
    slot = (wide - _LEFT) / max(1, len(labels))
    width = max(1.0, slot * 0.72 / max(1, len(series)))
    drawn = [
        Markup('<rect class="area c{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5"/>').format(
            _hue(one.hue), _LEFT + slot * n + slot * 0.14 + width * k, _y(value, top), width, HEIGHT - _BOTTOM - _y(value, top)
        )
        for k, one in enumerate(series)
        for n, value in enumerate(one.values)
    ]
    centres = [_LEFT + slot * (n + 0.5) for n in range(len(labels))]
    drawn = [*_axes(top, wide), *drawn, *_along(labels, centres, wide)]
    return _figure(title, says, drawn, _key(series), _table(labels, series, unit), wide=wide)


def line(
    title: str,
    labels: Sequence[str],
    values: Series,
    *,
    usual: Series | None = None,
    band: tuple[Sequence[float], Sequence[float]] | None = None,
    says: str = "",
    unit: str = "",
    broad: bool = False,
) -> Markup:
    """One line over the labels, with what is usual as a dashed line, and a band from the least to the most that is usual."""
    series = [values, *([usual] if usual else [])]
    rows = [*series, *([Series("least", band[0]), Series("most", band[1])] if band else [])]
    top = _round_up(max((max(one.values, default=0) for one in rows), default=0))
    wide = BROAD if broad else WIDTH
    step = (wide - _LEFT - 8) / max(1, len(labels) - 1)
    at = [_LEFT + step * n for n in range(len(labels))]
    drawn: list[Markup] = []
    if band:
        around = [*zip(at, band[1], strict=True), *reversed([*zip(at, band[0], strict=True)])]
        drawn.append(Markup('<polygon class="band c{}" points="{}"/>').format(_hue((usual or values).hue), _points(around, top)))
    for one in reversed(series):
        points = _points([*zip(at, one.values, strict=False)], top)
        kind = "path usual" if one is usual else "path"
        drawn.append(Markup('<polyline class="{} c{}" points="{}"/>').format(kind, _hue(one.hue), points))
    key = _key(series, "line") + (
        Markup('<li class="shade c{}">from least to most</li>').format(_hue(series[-1].hue)) if band else ""
    )
    drawn = [*_axes(top, wide), *drawn, *_along(labels, at, wide)]
    return _figure(title, says, drawn, key, _table(labels, rows, unit), wide=wide)


def stacked(title: str, shares: Sequence[Share], *, says: str = "", unit: str = "") -> Markup:
    """One bar that is parted into shares, with a key that names each and leads to the cases behind it."""
    total = sum(one.value for one in shares)
    drawn: list[Markup] = []
    x = 0.0
    for one in shares:
        width = WIDTH * one.value / total if total else 0.0
        rect = Markup('<rect class="area gap c{}" x="{:.1f}" y="0" width="{:.1f}" height="22"/>')
        drawn.append(rect.format(_hue(one.hue), x, width))
        x += width
    named = [
        Markup('<li class="c{}">{} {:,}</li>').format(
            _hue(one.hue), Markup('<a href="{}">{}</a>').format(one.href, one.name) if one.href else one.name, one.value
        )
        for one in shares
    ]
    table = _table([one.name for one in shares], [Series(unit or "how many", [one.value for one in shares])], unit)
    return _figure(title, says, drawn, Markup("").join(named), table, height=22)


def sparkline(title: str, values: Sequence[float]) -> Markup:
    """A line the size of a word, beside a figure that says the same."""
    top = max(values, default=0) or 1
    step = 94 / max(1, len(values) - 1)
    points = " ".join(f"{1 + step * n:.1f},{22 - 20 * value / top:.1f}" for n, value in enumerate(values))
    return Markup('<svg class="spark" viewBox="0 0 96 24" role="img" aria-label="{}"><polyline points="{}"/></svg>').format(
        title, points
    )


def _figure(
    title: str, says: str, drawn: Sequence[Markup], key: Markup, table: Markup, *, wide: int = WIDTH, height: int = HEIGHT
) -> Markup:
    number = next(_numbers) % 1_000_000
    return Markup(
        '<figure class="chart{broad}"><svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="t{n} d{n}">'
        '<title id="t{n}">{title}</title><desc id="d{n}">{says}</desc>{drawn}</svg>{key}'
        "<details><summary>As a table</summary>{table}</details></figure>"
    ).format(
        broad=" broad" if wide == BROAD else "", width=wide, height=height, n=number, title=title, says=says or title,
        drawn=Markup("").join(drawn), table=table,
        key=Markup('<ul class="key">{}</ul>').format(key) if key else "",
    )  # fmt: skip


def _axes(top: float, wide: int) -> list[Markup]:
    lines: list[Markup] = []
    for value in (0.0, top / 2, top):
        y = _y(value, top)
        lines.append(Markup('<line class="axis" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(_LEFT, wide, y, y))
        lines.append(Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(_LEFT - 7, y + 4, _short(value)))
    return lines


def _along(labels: Sequence[str], at: Sequence[float], wide: int) -> list[Markup]:
    """As many labels below the chart as there is room for, the last one among them."""
    every = max(1, -(-len(labels) // _LABELS))
    return [
        Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
            x, HEIGHT - 6, "end" if x > wide - 40 else "middle", label
        )
        for n, (x, label) in enumerate(zip(at, labels, strict=True))
        if (len(labels) - 1 - n) % every == 0
    ]


def _table(labels: Sequence[str], series: Sequence[Series], unit: str) -> Markup:
    head = Markup("").join(Markup('<th scope="col" class="n">{}</th>').format(one.name) for one in series)
    rows = [
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            label, Markup("").join(Markup('<td class="n">{}</td>').format(_told(one, n)) for one in series)
        )
        for n, label in enumerate(labels)
    ]
    corner = Markup('<td class="dim">{}</td>').format(unit)
    body = Markup("").join(rows)
    return Markup('<div class="scroll"><table><thead><tr>{}{}</tr></thead><tbody>{}</tbody></table></div>').format(
        corner, head, body
    )


def _key(series: Sequence[Series], kind: str = "") -> Markup:
    """Nothing for one series: the title names it."""
    if len(series) < 2:
        return Markup("")
    return Markup("").join(Markup('<li class="{} c{}">{}</li>').format(kind, _hue(one.hue), escape(one.name)) for one in series)


def _points(points: Sequence[tuple[float, float]], top: float) -> str:
    return " ".join(f"{x:.1f},{_y(value, top):.1f}" for x, value in points)


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * (value / top if top else 0)


def _hue(hue: int) -> int:
    return (hue - 1) % _HUES + 1


def _round_up(value: float) -> float:
    """The next round number, so that the axis reads well; at least 2, so that its middle is whole."""
    size = 1.0
    while size * 10 < value:
        size *= 10
    return max(2.0, next((size * step for step in (1, 2, 4, 6, 8, 10) if size * step >= value), value))


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size * 1:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _told(one: Series, at: int) -> str | Markup:
    """A value in the table, with the way to its cases."""
    told, href = _cell(one.values, at), one.hrefs[at] if at < len(one.hrefs) else ""
    return Markup('<a href="{}">{}</a>').format(href, told) if href and one.values[at] else told


def _cell(values: Sequence[float], at: int) -> str:
    if at >= len(values):
        return ""
    value = values[at]
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.1f}"

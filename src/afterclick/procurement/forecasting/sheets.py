"""Put a drawn forecast where it is looked at: into a page of the control room, or into a file of its own."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from markupsafe import Markup

from afterclick.procurement.forecasting.drawing import HEIGHT, WIDTH, Drawn, chart, drawn, pieces
from afterclick.procurement.forecasting.launching import age
from afterclick.procurement.forecasting.outlook import Outlook, Past
from afterclick.procurement.forecasting.panel import Freq
from afterclick.procurement.forecasting.shortage import short

_PERIOD: Final[dict[Freq, str]] = {"D": "day", "W": "week", "M": "month", "Q": "quarter"}
_HEAD: Final = 58
_LINE: Final = 20
_WRAP: Final = 150
"""Letters of the words below a picture that fit a line."""
_STYLE: Final = """
svg { color-scheme: light dark; background: light-dark(#ffffff, #1c2024); }
text { font: 12px system-ui, "Segoe UI", Roboto, sans-serif; fill: light-dark(#5b636b, #a3acb5); }
.strong { font-weight: 600; fill: light-dark(#1d2125, #e6e8ea); }
.name { font-size: 17px; font-weight: 600; letter-spacing: -.01em; fill: light-dark(#1d2125, #e6e8ea); }
.axis { stroke: light-dark(#e4e4df, #2d3338); stroke-width: 1; }
.c1 { --hue: light-dark(#0072b2, #56b4e9); } .c2 { --hue: light-dark(#b35900, #e69f00); }
.c4 { --hue: light-dark(#a8437f, #e48cbc); } .c5 { --hue: light-dark(#6b7178, #9aa3ab); }
.area { fill: var(--hue); } .band { fill: var(--hue); opacity: .18; } text.c4 { fill: var(--hue); }
.path { fill: none; stroke: var(--hue); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.usual { stroke-width: 1; stroke-dasharray: 3 4; }
"""
_PAGE: Final = """
:root { color-scheme: light dark; } body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 940px;
padding: 24px 16px; color: light-dark(#1d2125, #e6e8ea); background: light-dark(#fafaf8, #15181b); }
h1 { font-size: 22px; letter-spacing: -.02em; }
p, li { color: light-dark(#5b636b, #a3acb5); } img { width: 100%; height: auto; display: block; border-radius: 10px;
border: 1px solid light-dark(#e4e4df, #2d3338); } figure { margin: 0 0 18px; }
"""


def figure(one: Drawn, words: str) -> Markup:
    """The picture for a page of the control room: its classes, a key, what it was based on, and the figures as a table."""
    head = Markup("").join(Markup('<th scope="col" class="n">{}</th>').format(f"{level:.0%}") for level in one.levels)
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td class="n">{}</td>{}</tr>').format(
            start, pieces(float(mean)), Markup("").join(Markup('<td class="n">{}</td>').format(pieces(float(q))) for q in row)
        )
        for start, mean, row in zip(one.starts[len(one.past) :], one.mean, one.quantiles, strict=True)
    )
    key = Markup("").join(Markup('<li class="{}">{}</li>').format(kind, text) for kind, text in _key(one))
    return Markup(
        '<figure class="chart broad"><svg viewBox="0 0 {w} {h}" role="img" aria-label="{says}">{drawn}</svg>'
        '<ul class="key">{key}</ul><figcaption class="dim">{words}</figcaption><details><summary>As a table</summary>'
        '<div class="scroll"><table><thead><tr><td class="dim">from</td><th scope="col" class="n">mean</th>{head}</tr></thead>'
        "<tbody>{rows}</tbody></table></div></details></figure>"
    ).format(
        w=WIDTH, h=HEIGHT, says=f"Forecast of {one.name}: {words}", drawn=chart(one), key=key, words=words, head=head, rows=rows
    )


def standalone(one: Drawn, words: str) -> str:
    """The picture as an SVG file that stands alone, in light and dark, with its name above it and the words below."""
    lines = _wrapped(words)
    height = _HEAD + HEIGHT + 8 + _LINE * len(lines)
    told = [Markup('<text x="20" y="{}">{}</text>').format(_HEAD + HEIGHT + 14 + _LINE * n, line) for n, line in enumerate(lines)]
    x, key = 20.0, list[Markup]()
    for kind, text in _key(one):
        shape = Markup('<rect class="{}" x="{:.1f}" y="{}" width="12" height="{}" rx="2"/>')
        thin = "line" in kind
        drawn_as = f"{'band' if 'shade' in kind else 'area'} {kind.split()[-1]}"
        key.append(shape.format(drawn_as, x, 43 if thin else 39, 3 if thin else 10))
        key.append(Markup('<text x="{:.1f}" y="48">{}</text>').format(x + 17, text))
        x += 17 + 6.9 * len(text) + 24
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img">'
        '<title>Forecast of {name}</title><style>{style}</style><text class="name" x="20" y="26">{name}</text>{key}'
        '<g transform="translate(0 {head})">{drawn}</g>{words}</svg>\n'
    ).format(
        w=WIDTH, h=height, name=one.name[:90], style=Markup(_STYLE), key=Markup("").join(key), head=_HEAD, drawn=chart(one),  # noqa: S704  # our own style
        words=Markup("").join(told),
    )  # fmt: skip


def based_on(past: Past, found: Outlook, row: int) -> str:
    """What an item's forecast rests on, in a sentence or two."""
    panel, period = past.panel, _PERIOD[past.panel.freq]
    known = int(age(panel)[row])
    said = [f"{known:,} {period}{'s' * (known != 1)} since the first sale" if known else "no sale yet"]
    mean = found.prediction.mean[row]
    said[0] = f"Mean {pieces(float(mean.sum()))} in {len(mean)} {period}{'s' * (len(mean) != 1)}, from {said[0]}"
    lost = short(None if past.in_stock is None else past.in_stock[row : row + 1], (1, panel.demand.shape[1]))[0]
    lost = np.where(np.isfinite(panel.demand[row]), lost, 0.0)
    if gone := int((lost >= 1).sum()):
        said.append(f"{gone} {period}{'s' * (gone != 1)} without stock left out")
    if scaled := int(((lost > 0) & (lost < 1)).sum()):
        said.append(f"{scaled} {period}{'s' * (scaled != 1)} scaled up for days without stock")
    bulk = found.bulk.pieces[row]
    if count := int((bulk > 0).sum()):
        kept = "expected to come again" if found.bulk.expected[row] > 0 else "kept out of the mean, and in the upper quantiles"
        said.append(f"{count} bulk order{'s' * (count != 1)} (the largest of {pieces(float(bulk.max()))}), {kept}")
    if row in found.new:
        said.append(
            "a new item, which leans on how others of its kind began" if panel.groups else "a new item, which leans on others"
        )
    if row in found.dying:
        said.append("silent for so long that it is fading out")
    return f"{'; '.join(said)}. Model: {found.prediction.model}."


def write_sheets(
    folder: Path,
    past: Past,
    found: Outlook,
    rows: Sequence[int],
    ahead: Sequence[date],
    *,
    each: Callable[[], None] = lambda: None,
) -> Path:
    """One SVG for each of these items in a folder, and `index.html`, which shows them; `each` is called after each file."""
    folder.mkdir(parents=True, exist_ok=True)
    listed: list[Markup] = []
    for number, row in enumerate(rows, 1):
        one = drawn(past, found, row, ahead)
        file = f"{number:04d}-{re.sub(r'[^A-Za-z0-9_-]+', '_', one.name)[:60]}.svg"
        (folder / file).write_text(standalone(one, based_on(past, found, row)), encoding="utf-8")
        entry = Markup('<figure><a href="{0}"><img src="{0}" alt="Forecast of {1}" loading="lazy"></a></figure>')
        listed.append(entry.format(file, one.name))
        each()
    index = folder / "index.html"
    index.write_text(
        Markup(
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            "<title>Forecasts</title><style>{}</style><h1>{} forecasts</h1><p>From {}, by {}. The largest come first."
            "</p>{}</html>\n"
        ).format(Markup(_PAGE), f"{len(rows):,}", ahead[0], found.prediction.model, Markup("").join(listed)),  # noqa: S704  # our own style
        encoding="utf-8",
    )
    return index


def _key(one: Drawn) -> list[tuple[str, str]]:
    """What the colours mean, of those that are in the picture."""
    period = _PERIOD[one.freq]
    key = [("c5", f"sold in a {period}"), ("line c1", "mean forecast")]
    if len(one.levels) > 1:
        key.append(("shade c1", f"{one.levels[0]:.0%} to {one.levels[-1]:.0%} of what may come"))
    if (one.lost > 0).any():
        key.append(("shade c2", "out of stock"))
    if (one.bulk > 0).any():
        key.append(("c4", "bulk order, forecast apart"))
    return key


def _wrapped(words: str) -> list[str]:
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) > _WRAP:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def largest(found: Outlook, count: int) -> list[int]:
    """The rows of the items with the most pieces to come, the largest first."""
    return np.argsort(-found.prediction.mean.sum(axis=1), kind="stable")[:count].tolist()

"""Read numbers as a file writes them: what stands before their decimals, between their thousands and around them."""

import re
from collections.abc import Collection, Mapping
from typing import Final

import polars as pl

NUMBERS: Final = ("quantity", "price", "value", "stock")
_AROUND: Final = " \t€$£¥\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
_BETWEEN: Final = "[ '’\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]"
_GROUPED_COMMA: Final = r"^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$"
_GROUPED_POINT: Final = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$"
_DECIMAL_COMMA: Final = re.compile(r"^[+-]?0,\d+$|,(?:\d{1,2}|\d{4,})$|\.\d{3},\d+$")
"""0,250 and 12,5 and 1.234,567; in 1,250 alone the comma may stand between thousands."""
_THOUSANDS_COMMA: Final = re.compile(r",\d{3}\.\d+$")
_DECIMAL_POINT: Final = r"^\D*(?:0\.\d+|\d+\.(?:\d{1,2}|\d{4,})|\d{4,}\.\d+)\D*$"
"""0.250 and 12.5 and 1000.125; in 1.250 alone the point may stand between thousands."""


def decimal_commas(rows: pl.LazyFrame, dressed: Mapping[str, list[str]], textual: Collection[str]) -> dict[str, bool]:
    """The fields whose numbers have a comma before their decimals, and whether any of them needs it or a point to be read.

    One mark holds for the whole file: where a price is 2,50, a quantity of 1.241 is a thousand and more. Only a field that shows
    by itself that it uses the point keeps it.

    Args:
        rows: the whole file, at which a second look is taken only where a comma stands before decimals.
        dressed: the texts by field that are no plain numbers, the first of them.
        textual: the fields with numbers that are kept as text.
    """
    own = {field for field, texts in dressed.items() if _shown(texts)}
    others = [field for field in textual if field not in own]
    if not own or not others:
        return dict.fromkeys(own, True)
    looks = [pl.col(field).str.contains(_DECIMAL_POINT).any().alias(f"{field} decimal") for field in others]
    looks += [pl.col(field).str.contains(".", literal=True).any().alias(f"{field} pointed") for field in others]
    seen = rows.select(looks).collect(engine="streaming").row(0, named=True)
    same = [field for field in others if not seen[f"{field} decimal"]]
    return dict.fromkeys(own, True) | {field: field in dressed or bool(seen[f"{field} pointed"]) for field in same}


def _shown(texts: list[str]) -> bool:
    """Whether numbers that are no plain ones have a comma before their decimals."""
    bare = [re.sub(_BETWEEN, "", text.strip(_AROUND)) for text in texts]
    return any(map(_DECIMAL_COMMA.search, bare)) and not any(map(_THOUSANDS_COMMA.search, bare))


def number(field: str, *, dressed: bool, comma: bool) -> pl.Expr:
    """The number in a field, null where it is none."""
    column = pl.col(field)
    if not dressed:
        return column.cast(pl.Float64, strict=False)
    text = column.str.strip_chars(_AROUND).str.replace_all(_BETWEEN, "")
    if comma:
        whole = pl.when(text.str.contains(_GROUPED_COMMA)).then(text.str.replace_all(".", "", literal=True)).otherwise(text)
        plain = pl.when(~whole.str.contains(".", literal=True)).then(whole.str.replace(",", ".", literal=True))
    else:
        plain = pl.when(text.str.contains(_GROUPED_POINT)).then(text.str.replace_all(",", "", literal=True)).otherwise(text)
    return plain.cast(pl.Float64, strict=False)

"""What one unit of a price list is: so many pieces, a pack whose contents stand elsewhere, or a measure."""

import re
import unicodedata
from typing import Final

import msgspec

from afterclick.reading.prices.units import BUNCHES, MEASURES

WORDS_OF_PACKS: Final = (
    "box boxes bx pack packs pk pck pkg case cases cs carton cartons ctn karton kartons kt ve vpe packung packungen dose bundle"
    " set paquet boite caja confezione doos opak bal"
)
WORDS_OF_PIECES: Final = (
    "ea each pc pcs pce c62 h87 st stk stck stuck stueck piece pieces unit units unite u ud pz stuks szt ks nr kpl"
)
_PACKS: Final = frozenset(WORDS_OF_PACKS.split())
_TOGETHER: Final = BUNCHES | {"dz": 12, "dzn": 12, "doz": 12, "gro": 144, "grs": 144, "pr": 2, "pair": 2, "pairs": 2, "paar": 2}
_SO_MANY: Final = _TOGETHER | {
    "1": 1, "c": 100, "cen": 100, "hundred": 100, "hundert": 100, "100": 100, "mil": 1000, "t3": 1000, "thousand": 1000,
    "tausend": 1000, "tsd": 1000, "mille": 1000, "1000": 1000,
}  # fmt: skip
"""Units that are so many pieces (UN/ECE recommendation 20 and what vendors write). `m` is none: for most it is a metre."""
_ANY: Final = "|".join(sorted(f"{WORDS_OF_PACKS} {WORDS_OF_PIECES}".split(), key=len, reverse=True))
_NUMBER: Final = r"(\d{1,3}(?:[.,' ]\d{3})+|\d{1,6})"
_COUNTED: Final = re.compile(
    rf"{_NUMBER}\s*-?\s*(?:er\s*-?\s*)?(?:{_ANY})\.?|(?:{_ANY})\.?\s*(?:of|a|mit|zu|de|da|di|van|with|[:=/x(])?\s*{_NUMBER}"
    rf"\s*(?:{_ANY})?\.?\)?"
)
"""A number counts beside a word for pieces or packs, and nowhere else: `A4` and `Set 3-tlg` are not four and three."""
PRICED_ONLY: Final = 100
"""So many pieces in a unit are what a price is for, as in `100 St`, and no pack that is sold whole."""


class Unit(msgspec.Struct, frozen=True):
    """What one unit is. `pieces` is 0 for a measure; `whole`: sold whole, so that fewer are not to be had.

    `is_open`: a pack, and another column says of how many.
    """

    pieces: int = 1
    whole: bool = False
    is_open: bool = False
    doubt: str = ""


def read_unit(text: str) -> Unit:
    """What the text of a unit means; a word without a number that is not known is taken for one piece (a bottle, a roll)."""
    plain = re.sub(r"^(?:per|pro|je|par|por|/)\s*", "", _plain(text))
    key = re.sub(r"[^a-z0-9]", "", plain)
    if key in _SO_MANY:
        return Unit(_SO_MANY[key], whole=key in _TOGETHER)
    if key in _PACKS:
        return Unit(whole=True, is_open=True)
    if MEASURES & set(re.findall(r"[a-z]+(?:[23](?!\d))?", plain)):
        return Unit(0)
    if found := _COUNTED.fullmatch(plain):
        pieces = int(re.sub(r"\D", "", found[1] or found[2]))
        of_packs = bool(_PACKS & set(re.findall(r"[a-z]+", plain)))
        return Unit(pieces, whole=of_packs or pieces < PRICED_ONLY)
    if re.search(r"[\d%‰]", plain):
        return Unit(doubt=f"the unit {text[:30]!r} is not understood")
    return Unit()


def _plain(text: str) -> str:
    """Small letters without accents; `m²` is `m2`."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).split())

"""For how many of what a price is meant: each, per 100, a pack of 12, per kilogram."""

import re
from decimal import Decimal
from typing import Final

import msgspec

_PIECE: Final = (
    r"each|ea|pcs?|pieces?|items?|units?|stück|stueck|stck|stk|st|pièces?|pieces?|unidad(?:es)?|uds?|ud|pezzi|pezzo|pz|stuks?|szt|"
    r"ks|шт|db|kpl|styck|adet|個|件|개"
)
_PACK: Final = (
    r"packs?|pk|packung(?:en)?|pkg|box(?:es)?|case|cases|carton|ctn|karton|ve|vpe|bundle|set|lot|paquets?|boîte|"
    r"caja|paquete|scatola|doos"
)
_MEASURE: Final = {
    "kg": ("kg", Decimal(1)), "kilo": ("kg", Decimal(1)), "g": ("kg", Decimal("0.001")), "mg": ("kg", Decimal("0.000001")),
    "lb": ("kg", Decimal("0.45359237")), "oz": ("kg", Decimal("0.028349523125")), "l": ("l", Decimal(1)),
    "liter": ("l", Decimal(1)), "litre": ("l", Decimal(1)), "ml": ("l", Decimal("0.001")), "cl": ("l", Decimal("0.01")),
    "m": ("m", Decimal(1)), "cm": ("m", Decimal("0.01")), "ft": ("m", Decimal("0.3048")), "m²": ("m2", Decimal(1)),
    "m2": ("m2", Decimal(1)), "m³": ("m3", Decimal(1)), "m3": ("m3", Decimal(1)),
}  # fmt: skip
"""A unit of measure → the unit that prices are compared in, and how many of those it is (exact by definition for lb, oz
and ft)."""
_WORDS_OF_MEASURES: Final = (
    "lfm lfdm lm mtr meter metre metres metri metro metros qm sqm mtk cbm mtq kgm grm gram grams gramm kilogramm kilogram ltr lt"
    " litres litro litri litros hl dl t to tonne tonnes mm km yd yard yards inch gal lbs"
)
MEASURES: Final = frozenset(_MEASURE) | frozenset(_WORDS_OF_MEASURES.split())
"""Words for weight, volume, length and area, with the codes of UN/ECE recommendation 20."""
BUNCHES: Final = {
    "dozen": 12, "dutzend": 12, "douzaine": 12, "docena": 12, "dozzina": 12, "dozijn": 12,
    "gross": 144, "gros": 144, "grosse": 144, "gruesa": 144, "grossa": 144,
}  # fmt: skip
"""Words for so many pieces that are sold together."""
_GROUPED: Final = r"\d{1,3}(?:[.,' ]\d{3})+(?![\d.,])|\d{1,6}"
"""A count, its thousands in groups of three or not."""
_PER: Final = r"(?:/|per|pro|je|por|par|al|à|a|for|für|pr\.?|za|за)"
_EACH: Final = re.compile(rf"{_PER}\s*(?:({_GROUPED})\s*)?(?:{_PIECE})\b|\b(?:each|ea\.?)(?!\w)|\ba piece\b", re.IGNORECASE)
_PER_NUMBER: Final = re.compile(
    rf"(?:/|\bper|\bpro|\bje|\bfor|\bfür)\s*({_GROUPED})\s*(?:$|[^\w.,%]|(?:{_PIECE})\b)", re.IGNORECASE
)
_PACK_OF: Final = re.compile(
    rf"(?:{_PACK})\s*(?:of|à|a|mit|zu|de|da|di|van|:|=)?\s*(\d{{1,6}})\b|\b(\d{{1,6}})\s*[- ]?(?:{_PIECE})?\s*(?:{_PACK}|"
    rf"er[- ]pack)\b"
    rf"|(?<![\d.,])(\d{{1,6}})\s*(?:{_PIECE})\b",
    re.IGNORECASE,
)
_MEASURED: Final = re.compile(
    rf"{_PER}\s*(\d{{1,6}}(?:[.,]\d{{1,3}})?)?\s*({'|'.join(map(re.escape, sorted(_MEASURE, key=len, reverse=True)))})(?!\w)",
    re.IGNORECASE,
)
COUNTED: Final = re.compile(
    rf"(?:(?<=/)|(?<=/ )|\b(?:per|pro|je|por|par|à|pour)\b)"
    rf" ?(?:\d{{1,3}}(?:[ ']\d{{3}})+|\d{{1,3}}(?:[.,]\d{{3}})+|\d{{1,6}}(?:[.,]\d{{1,3}})?)(?![\d.,])"
    rf"|(?:\b(?:{_PACK})) ?(?:of|à|mit|zu|de|da|di|van|:|=)? ?\d{{1,6}}\b(?![.,]\d)"
    rf"|\b\d{{1,6}} ?[- ]?(?:{_PIECE}|{_PACK}|er[- ]pack)\b|\b\d{{1,4}} ?(?:x|×|for|für|pour)(?= )",
    re.IGNORECASE,
)
"""A number that counts what a price is for, and is no price."""
_DOZEN: Final = re.compile(rf"\b(?:{'|'.join(name for name, count in BUNCHES.items() if count == 12)})\b", re.IGNORECASE)
_PER_GROSS: Final = re.compile(
    rf"\b(?:per|pro|je|par)\s+(?:{'|'.join(name for name, count in BUNCHES.items() if count == 144)})\b", re.IGNORECASE
)
"""Only behind a word for per: a price may also be gross of tax."""


class Per(msgspec.Struct, frozen=True):
    """What a price is for: `count` of `unit`; `piece` unless it is sold by weight, volume or length (kg, l, m, m2, m3)."""

    count: Decimal = Decimal(1)
    unit: str = "piece"
    said: bool = False
    """Whether the text said so, or it is only what one takes for granted."""

    @property
    def pieces(self) -> int:
        """How many pieces, where it is sold by the piece; else 0."""
        return int(self.count) if self.unit == "piece" else 0


def read_per(text: str) -> Per:
    """For how many of what the price in a text is; one piece where the text does not say."""
    if found := _MEASURED.search(text):
        unit, size = _MEASURE[found[2].lower()]
        return Per(Decimal((found[1] or "1").replace(",", ".")) * size, unit, said=True)
    if found := _EACH.search(text):
        return Per(_whole(found[1] or "1"), said=True)
    if found := _PER_NUMBER.search(text):
        return Per(_whole(found[1]), said=True)
    if _PER_GROSS.search(text):
        return Per(Decimal(144), said=True)
    return read_pack(text)


def read_pack(text: str) -> Per:
    """How many pieces come in what is sold: `pack of 12`, `VE 10`, `12 pcs`, `dozen`."""
    if _DOZEN.search(text):
        return Per(Decimal(12), said=True)
    if (found := _PACK_OF.search(text)) and (count := int(next(one for one in found.groups() if one))) > 0:
        return Per(Decimal(count), said=True)
    return Per()


def _whole(text: str) -> Decimal:
    return Decimal(re.sub(r"\D", "", text))

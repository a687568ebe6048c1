"""Units of measure: UN/ECE Recommendation 20 and 21, and what EDIFACT and X12 call them.

Offers and orders keep the code of Recommendation 20, with packages as `X` and the code of Recommendation 21, as UBL and Peppol
do. EDIFACT directories of the nineties write `PCE` for a piece, X12 has the list of its data element 355.
"""

from typing import Final

from afterclick.domain.purchase import PIECE
from afterclick.procurement.documents.values import Unsendable

_X12: Final = {
    PIECE: "EA", "PR": "PR", "SET": "ST", "DZN": "DZ", "CEN": "HU", "MIL": "TH", "KGM": "KG", "GRM": "GR", "LBR": "LB",
    "LTR": "LT", "MLT": "ML", "MTR": "MR", "MTK": "SM", "FOT": "FT", "YRD": "YD", "XBX": "BX", "XCT": "CT", "XCS": "CA",
    "XPK": "PK", "XPX": "PL", "XBG": "BG", "XRO": "RL", "XBO": "BO",
}  # fmt: skip
_FROM_X12: Final = {x12: rec20 for rec20, x12 in _X12.items()}
_SAME: Final = {
    "EA": PIECE, "PCE": PIECE, "PCS": PIECE, "PC": PIECE, "NAR": PIECE, "NMB": PIECE, "H87": PIECE, "ST": PIECE, "PCB": PIECE,
    "BX": "XBX", "CT": "XCT", "CS": "XCS", "CA": "XCS", "PK": "XPK", "PA": "XPK", "PF": "XPX", "PX": "XPX", "BG": "XBG",
    "RO": "XRO", "RL": "XRO", "DZ": "DZN", "KG": "KGM", "GR": "GRM",
}  # fmt: skip
_WORDS: Final = {
    PIECE: "pieces", "PR": "pairs", "SET": "sets", "DZN": "dozens", "CEN": "hundreds", "MIL": "thousands", "KGM": "kg",
    "GRM": "g", "LBR": "lb", "LTR": "l", "MLT": "ml", "MTR": "m", "MTK": "m²", "FOT": "ft", "YRD": "yd", "XBX": "boxes",
    "XCT": "cartons", "XCS": "cases", "XPK": "packs", "XPX": "pallets", "XBG": "bags", "XRO": "rolls", "XBO": "bottles",
}  # fmt: skip


def canonical(code: str, *, x12: bool = False) -> str:
    """The code of Recommendation 20 for what a document wrote; an unknown code stays as it is, an empty one is a piece."""
    plain = code.strip().upper()
    if x12 and plain in _FROM_X12:
        return _FROM_X12[plain]
    return _SAME.get(plain, plain) or PIECE


def for_edifact(code: str) -> str:
    return "PCE" if code == PIECE else code


def for_x12(code: str) -> str:
    """X12's code.

    Raises:
        Unsendable: X12 has no word for it, and it has not the two letters that X12 allows.
    """
    found = _X12.get(code, code)
    if len(found) != 2:
        raise Unsendable(f"the unit {code} has no code in X12: sell by the piece, or send this vendor another format")
    return found


def in_words(code: str) -> str:
    """As a person reads it."""
    return _WORDS.get(code, code)

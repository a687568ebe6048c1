"""Article numbers of the trade (GTIN, formerly EAN, UPC and ISBN), believed only with a right check digit."""

import re
from typing import Final

_LENGTHS: Final = (8, 12, 13, 14)
_LABELLED: Final = re.compile(
    r"\b(?:gtin(?:-?(?:8|12|13|14))?|ean(?:-?(?:8|13))?|upc(?:-a)?|isbn(?:-1[03])?|jan)(?:[- ]?(?:code|nummer|number|nr|no))?"
    r"\.?\s*[:#]?\s*((?:\d[ -]?){7,13}\d)(?!\d)",
    re.IGNORECASE,
)


def checked(text: str) -> str:
    """The digits of a GTIN with a right check digit; '' for anything else, such as all zeros.

    The check digit: from the right, digits count 3 and 1 in turn; the sum is a multiple of ten (GS1 General Specifications 7.9).
    """
    digits = re.sub(r"[ -]", "", text.strip())
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in _LENGTHS or not int(digits):
        return ""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return digits if total % 10 == 0 else ""


def same(one: str, other: str) -> bool:
    """Whether two numbers name the same article: zeros in front do not matter."""
    return bool(one) and one.lstrip("0") == other.lstrip("0")


def in_text(text: str) -> list[str]:
    """The numbers in a text that are called EAN, GTIN, UPC or ISBN, and are."""
    return [number for found in _LABELLED.finditer(text) if (number := checked(found[1]))]

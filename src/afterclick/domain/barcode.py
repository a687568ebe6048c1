"""What goods carry: barcodes and electronic product codes, read as the trade item number (GTIN-14) behind them.

Sources: GS1 General Specifications (check digit, GTIN-8/12/13/14), GS1 EPC Tag Data Standard 2.0 (SGTIN as URN and as 96 bits,
partition table 14.2), GS1 Digital Link 1.2 (`/01/<GTIN>/21/<serial>`).
"""

import re
from typing import Final, NamedTuple

LONGEST: Final = 300
_LENGTHS: Final = (8, 12, 13, 14)
_SGTIN: Final = re.compile(
    r"urn:epc:(?:id|tag|idpat|class|raw|pat):(?:sgtin|lgtin)(?:-\d+:\d\.|-\d+:|:)(\d{6,12})\.(\d{1,7})(?:\.(.*))?"
)
_UNNUMBERED: Final = re.compile(r"urn:epc:id:(?!sgtin)|urn:epc:idpat:(?!sgtin)")
_LINK: Final = re.compile(
    r"https?://[^?#]*?/01/(\d{8,14})(?:/(?!21/)\d{2,4}/[^/?#]+)*(?:/21/([^/?#]+))?(?:/\d{2,4}/[^/?#]+)*(?:[?#].*)?"
)
_PARTITIONS: Final = (
    (40, 12, 4, 1),
    (37, 11, 7, 2),
    (34, 10, 10, 3),
    (30, 9, 14, 4),
    (27, 8, 17, 5),
    (24, 7, 20, 6),
    (20, 6, 24, 7),
)
"""Of SGTIN-96: bits and digits of the company prefix, bits and digits of the item reference with its indicator."""


class Code(NamedTuple):
    """A trade item, and the serial of the one piece; empty where the code names the class alone."""

    gtin: str
    serial: str = ""


def gtin(text: str) -> str:
    """A barcode's digits as GTIN-14, zeros before it; empty where they are none, or the check digit is wrong."""
    digits = text.strip()
    if len(digits) not in _LENGTHS or not (digits.isascii() and digits.isdecimal()):
        return ""
    whole = digits.zfill(14)
    return whole if _check(whole[:13]) == whole[13] else ""


def read(text: str) -> Code | None:
    """The trade item behind a barcode, an EPC URN, an SGTIN-96 in hex, or a Digital Link; None where it names none."""
    if len(text) > LONGEST or _UNNUMBERED.match(text):
        return None
    if found := _SGTIN.fullmatch(text):
        return _of_sgtin(found[1], found[2], found[3] or "", lot=":lgtin:" in text)
    if found := _LINK.fullmatch(text):
        number = gtin(found[1])
        return Code(number, found[2] or "") if number else None
    if re.fullmatch(r"[0-9A-Fa-f]{24}", text) and text.startswith("30"):
        return _of_bits(int(text, 16))
    number = gtin(text)
    return Code(number) if number else None


def _of_sgtin(company: str, item: str, serial: str, *, lot: bool) -> Code | None:
    if len(company) + len(item) != 13:
        return None
    first = item[0] + company + item[1:]
    return Code(first + _check(first), "" if lot or serial == "*" else serial)


def _of_bits(bits: int) -> Code | None:
    partition = bits >> 82 & 0b111
    if partition >= len(_PARTITIONS):
        return None
    company_bits, company_digits, item_bits, item_digits = _PARTITIONS[partition]
    company, item = bits >> (82 - company_bits) & (1 << company_bits) - 1, bits >> 38 & (1 << item_bits) - 1
    if company >= 10**company_digits or item >= 10**item_digits:
        return None
    return _of_sgtin(f"{company:0{company_digits}d}", f"{item:0{item_digits}d}", str(bits & (1 << 38) - 1), lot=False)


def _check(thirteen: str) -> str:
    """The check digit: weights 3 and 1 from the left of thirteen digits."""
    return str(-sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(thirteen)) % 10)

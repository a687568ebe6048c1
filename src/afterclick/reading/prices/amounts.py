"""Numbers as people write amounts, with any thousands and decimal marks, into exact decimals."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

LONGEST: Final = 24
"""Characters of a number; a longer one is an article number or means harm."""
NUMBER: Final = re.compile(
    r"""
    (?<![\d])(?:
        \d{1,3}(?:[ '’`]\d{3})+(?!\d)(?:[.,]\d+)?          # 1 234,50 and 1'234.50
      | \d+(?:[.,'’`]\d+)*[.,][ ]\d\d(?!\d)                  # 36. 24
      | \d+(?:[.,'’`]\d+)+                                   # 1.234,56 and 1,23,456.78
      | \d+
      | [.,]\d{1,2}(?:[.,]\d{3})?(?!\d)                      # .75
    )
    """,
    re.VERBOSE,
)


class Amount(msgspec.Struct, frozen=True):
    """An amount, and the other one that the same text may mean: `1.234` is 1234 or 1.234. `other` is None where it is certain."""

    value: Decimal
    other: Decimal | None = None


def plain_digits(text: str) -> str:
    """The text with the digits and marks of other scripts as ours, and every kind of blank as one."""
    out: list[str] = []
    for letter in text:
        if letter.isascii():
            out.append(letter)
        elif letter.isdigit() and (digit := unicodedata.digit(letter, -1)) >= 0 and letter.isdecimal():
            out.append(str(digit))
        else:
            out.append({"٫": ".", "٬": ",", "，": ",", "．": ".", "’": "'", "‘": "'", "´": "'"}.get(letter, letter))
    return re.sub(r"[\s\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]+", " ", "".join(out)).strip()


def read_amount(text: str, *, mark: str = "", decimals: int = 2, settled: bool = False) -> Amount | None:
    """The amount that a number means; None where it is none.

    Args:
        text: digits, points, commas, blanks and apostrophes, with no sign.
        mark: the decimal mark (`.` or `,`) that the page or the country is known to use; '' where nothing is known.
        decimals: how many decimals the currency has.
        settled: the mark was seen to part decimals in this very list, so that it does so here, and the other parts thousands.

    Two different marks: the last is the decimal one. One mark several times parts thousands. One mark once parts thousands
    when three digits follow and one to three (not a zero alone) stand before it; that reading alone can be wrong, and in a
    currency of three decimals it is the other way round.
    """
    text = re.sub(r"([.,]) (?=\d\d$)", r"\1", text.strip())
    if not text or len(text) > LONGEST:
        return None
    bare = re.sub(r"[ '`’]", "", text)
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        decimal = "." if bare.rfind(".") > bare.rfind(",") else ","
        if bare.count(decimal) > 1:
            return None
        return _exact(bare, decimal)
    if not points and not commas:
        return _apostrophe(text, bare)
    used = "." if points else ","
    if points + commas > 1:
        return _exact(bare, "")
    before, after = bare.split(used)
    if len(after) != 3 or len(before) > 3 or before in ("", "0") or " " in text or "'" in text:
        return _exact(bare, used)
    whole, parted = _exact(bare, ""), _exact(bare, used)
    if whole is None or parted is None:
        return None
    if settled and mark:
        return parted if used == mark else whole
    if decimals == 3 and used == (mark or "."):
        return Amount(parted.value, whole.value)
    return Amount(whole.value, parted.value)


def _apostrophe(text: str, bare: str) -> Amount | None:
    """A number whose only marks are blanks and apostrophes: `1'234` parts thousands, `12'50` decimals."""
    last = re.search(r"['`’](\d+)$", text)
    if last and len(last[1]) <= 2:
        return _exact(bare[: -len(last[1])] + "." + last[1], ".")
    return _exact(bare, "")


def _exact(bare: str, decimal: str) -> Amount | None:
    """The number with its decimal mark known; every other mark is dropped."""
    other = {".": ",", ",": "."}.get(decimal, "")
    plain = bare.replace(other, "").replace(decimal, ".") if decimal else bare.replace(".", "").replace(",", "")
    try:
        return Amount(Decimal(plain))
    except InvalidOperation:
        return None


def agreeing(amount: Amount, known: Decimal) -> Amount:
    """Of two meanings, the one nearer to a price that is known already; settled when the other is ten times farther off."""
    if amount.other is None or known <= 0 or amount.value <= 0 or amount.other <= 0:
        return amount
    far, near = _apart(amount.value, known), _apart(amount.other, known)
    if near * 10 < far:
        return Amount(amount.other)
    return Amount(amount.value) if far * 10 < near else amount


def _apart(one: Decimal, other: Decimal) -> Decimal:
    return one / other if one > other else other / one


def decimals_in(text: str) -> str:
    """The decimal mark that a price text shows beyond doubt; '' where it shows none."""
    for found in NUMBER.finditer(plain_digits(text)):
        bare = re.sub(r"[ '`’]", "", found[0])
        last = max(bare.rfind("."), bare.rfind(","))
        if last < 0:
            continue
        both, once = "." in bare and "," in bare, bare.count(bare[last]) == 1
        if both or (once and (len(bare) - last - 1 != 3 or last > 3 or bare[:last] in ("", "0"))):
            return bare[last]
    return ""

"""Read the price in a text: its amount and currency, what it is for, and what about it is doubtful."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import msgspec

from afterclick.reading.prices.amounts import NUMBER, Amount, agreeing, plain_digits, read_amount
from afterclick.reading.prices.signs import ANYWHERE, BESIDE, CENTS, COUNTRIES, SIGNS, THREE, WHOLE, is_code, meant
from afterclick.reading.prices.units import COUNTED, Per, read_pack, read_per

Kind = Literal["is", "was", "from", "to", "saving"]
LONGEST: Final = 400
"""Characters of a text that are looked at: the price of one thing needs fewer."""
MOST: Final = 20
"""Amounts that are read from one text."""
_WAS: Final = re.compile(
    r"(?:\bwas|\bbefore|\brrp|\bmsrp|\blist(?: price)?|\bold price|\bregular(?: price)?|\bstatt|\buvp|\bvorher|\bbisher|"
    r"\bursprünglich|"
    r"\bavant|\bau lieu de|\bprix conseillé|\bantes|\bprima|\binvece di|\bpvp[rp]|\bvan|\badviesprijs|\bbyło|\bzamiast|"
    r"\bběžná cena|\bpůvodně|\bordinarie|\bord\.|\bfør|\beredeti|\bстарая цена|\bбыло)\W*$",
    re.IGNORECASE,
)
_NOT_IT: Final = re.compile(
    r"(?:\bsaved?|\byou save|\bsave up to|\bdiscount|\boff\b|\brabatt|\bsparen|\bersparnis|\bgespart|\béconomi\w+|"
    r"\bahorr\w+|\brisparm\w+|"
    r"\bshipping|\bdelivery|\bversand\w*|\blivraison|\benvío|\bspedizione|\bpostage|\border(?:s)?(?: over)?)\W*$",
    re.IGNORECASE,
)
_FROM: Final = re.compile(
    r"(?:\bfrom|\bab|\bà partir de|\bdès|\bdesde|\ba partire da|\bvanaf|\bod|\bfra|\bfrån|\bот|\bstarting (?:at|price|bid)|"
    r"\bestimate)\W*$",
    re.IGNORECASE,
)
_TO: Final = re.compile(r"(?:\d\s*(?:[-–—~]|to|bis|à|a|do)\s*)\W*$", re.IGNORECASE)
_MEASURE: Final = re.compile(r"\s?(?:%|ft\b(?!\.)|[Ii]nch|[cmk]m\b|[GgTMmk][Bb]\b|m[Aa]h\b|[Ww]att|[kMG]?[Hh]z\b|″|°)")
_KRONOR: Final = re.compile(r"(?<![\d:])(\d+):(\d\d)(?= ?kr)", re.IGNORECASE)
_SEVERAL_FOR: Final = re.compile(r"(\d{1,4}) ?(?:for|für|pour|por) ?\W*$", re.IGNORECASE)
_REACH: Final = 40
"""Characters behind an amount within which a text says what it is for."""
_MONTH: Final = re.compile(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*,?\s*$", re.IGNORECASE)
_FREE: Final = re.compile(
    r"\b(?:free|gratis|kostenlos|gratuit|безкоштовно|бесплатно)\b(?!\s*(?:shipping|delivery|versand))", re.IGNORECASE
)


class Hints(msgspec.Struct, frozen=True):
    """What is known around a price: the page's currency, its shop's country and decimal mark, and what the thing cost before."""

    currency: str = ""
    country: str = ""
    mark: str = ""
    known: Decimal | None = None
    """What one unit, as the text means it, is known to have cost."""
    settled: bool = False
    """The mark was seen in this very list, so no amount in it has two meanings."""

    @property
    def decimal_mark(self) -> str:
        """The decimal mark of the page, else of the country; '' where neither is known."""
        return self.mark or (COUNTRIES[self.country].mark if self.country in COUNTRIES else "")


NOTHING: Final = Hints()


class Price(msgspec.Struct, frozen=True):
    """A price in a text. `amount` is for `per`; `sign` is the currency as written, `currency` its ISO 4217 code, '' if unknown.

    `doubt` says what may be wrong with it, '' for nothing; `other` is the other amount that the same digits may mean.
    """

    amount: Decimal
    currency: str = ""
    sign: str = ""
    per: Per = Per()
    kind: Kind = "is"
    doubt: str = ""
    other: Decimal | None = None
    text: str = ""
    signed: bool = False
    """Whether the sign stands right beside the amount."""


def read_price(text: str, *, beside: str = "", hints: Hints = NOTHING) -> Price | None:
    """The price that a text names; None where it names none.

    Of several, the first that is neither a former price nor a saving, with a sign beside it if any has one. `beside` is a
    text near by that may hold the currency alone.
    """
    found = read_prices(text, beside=beside, hints=hints)
    wanted = [one for one in found if one.kind in ("is", "from")] or [one for one in found if one.kind == "was"]
    told = [one for one in wanted if one.amount] or [one for one in found if one.amount and one.kind == "was"] or wanted
    return ([one for one in told if one.signed] or told or [None])[0]


def read_sign(text: str, *, beside: str = "") -> str:
    """The sign of a currency in a text that may hold no amount; '' for none."""
    return _sign_in(plain_digits(text[:LONGEST]), ()) or _sign_in(plain_digits(beside[:LONGEST]), ())


def read_prices(text: str, *, beside: str = "", hints: Hints = NOTHING) -> list[Price]:
    """Every price that a text names, in its order; see `read_price`."""
    plain = _KRONOR.sub(r"\1,\2", plain_digits(text[:LONGEST]))
    spots = _spots(plain)
    if not spots:
        return [Price(Decimal(0), text=text)] if _FREE.search(plain) else []
    shared = _sign_in(plain, spots) or _sign_in(plain_digits(beside[:LONGEST]), ())
    prices: list[Price] = []
    for place, spot in enumerate(spots[:MOST]):
        own = _sign_beside(plain, spot, spots[place - 1].end if place else 0)
        if own and is_code(shared) and len(SIGNS.get(own.lower(), ())) > 1:
            own = shared  # in `NZD $123` the code says which dollars
        until = spots[place + 1].start if place + 1 < len(spots) else len(plain)
        one = _priced(plain, spot, own or shared, hints, behind=plain[spot.end : min(until, spot.end + _REACH)])
        if one is not None:
            prices.append(msgspec.structs.replace(one, signed=bool(own)))
    return prices


class Spot(NamedTuple):
    """A number in a text that may be an amount."""

    start: int
    end: int
    number: str


def _priced(plain: str, spot: Spot, sign: str, hints: Hints, *, behind: str) -> Price | None:
    currency, certain = _currency(sign, hints)
    decimals = 3 if currency in THREE else 0 if currency in WHOLE else 2
    amount = read_amount(spot.number, mark=hints.decimal_mark, decimals=decimals, settled=hints.settled)
    if amount is None:
        return None
    if hints.known is not None:
        amount = agreeing(amount, hints.known)
    if sign.lower() in CENTS:
        amount = Amount(amount.value / 100)
    if decimals == 0 and amount.other is not None and hints.known is None:
        amount = Amount(amount.value)  # three digits after a mark are thousands where nobody writes decimals
    doubts = [f"{spot.number} may be {amount.value} or {amount.other}"] if amount.other is not None else []
    if sign and not certain:
        doubts.append(f"{sign} may be several currencies")
    before = plain[: spot.start]
    several = _SEVERAL_FOR.search(ANYWHERE.sub("", before[-20:]))
    per = Per(Decimal(several[1]), said=True) if several and int(several[1]) else read_per(behind)
    if not per.said:
        per = read_pack(before[-_REACH:])
    return Price(amount.value, currency, sign, per, _kind(before), "; ".join(doubts), amount.other, plain)


def _currency(sign: str, hints: Hints) -> tuple[str, bool]:
    if not sign:
        return hints.currency, bool(hints.currency)
    return meant(sign, currency=hints.currency, country=hints.country)


def _kind(before: str) -> Kind:
    near = ANYWHERE.sub(" ", before[-40:])
    if _WAS.search(near):
        return "was"
    if _NOT_IT.search(near):
        return "saving"
    if _FROM.search(near):
        return "from"
    return "to" if _TO.search(near) else "is"


def _spots(plain: str) -> list[Spot]:
    """Where numbers that may be amounts stand."""
    if plain.count("€") == 1 and (split := re.search(r"(\d[\d.,' ]*?) ?€ ?(\d\d)(?!\d)", plain)):
        return [Spot(split.start(), split.end(), re.sub(r"[., ']", "", split[1]) + "." + split[2])]
    counted = [found.span() for found in COUNTED.finditer(plain)]
    spots: list[Spot] = []
    for found in NUMBER.finditer(plain):
        start, end = found.span()
        if _MEASURE.match(plain, end) or _MONTH.search(plain[:start]):
            continue
        if plain[end : end + 1] == "-" and plain[end + 1 : end + 2].isdigit():
            continue
        if not any(first <= start and end <= last for first, last in counted):
            spots.append(Spot(start, end, found[0]))
    return spots


def _sign_beside(plain: str, spot: Spot, since: int) -> str:
    """The sign right before or right behind a number."""
    before, after = plain[since : spot.start], plain[spot.end : spot.end + 16]
    leading = [one for one in ANYWHERE.finditer(before) if not before[one.end() :].strip(" :.-")]
    if leading:
        return leading[-1][0].strip()
    stripped = after.lstrip(" -–")
    following = ANYWHERE.match(stripped) or ANYWHERE.match(stripped.lstrip(" ,.-–")) or BESIDE.match(after.strip())
    if following:
        return following[0].strip()
    close = [one for one in BESIDE.finditer(before) if one.end() == len(before.rstrip())]
    return close[-1][0].strip() if close else ""


def _sign_in(plain: str, spots: Sequence[Spot]) -> str:
    """A sign anywhere in a text, codes such as NZD before signs such as $."""
    found = [one[0].strip() for one in ANYWHERE.finditer(plain)]
    if not found and not spots:
        alone = BESIDE.fullmatch(plain)
        found = [alone[0]] if alone else []
    codes = [one for one in found if is_code(one.upper()) and one.isupper()]
    return (codes or found or [""])[0]

"""Say which of five classes a line of an order file falls into, and why."""

import re
from functools import lru_cache
from typing import Final, Literal

import msgspec

from afterclick.domain.money import decimals
from afterclick.orders.files.values import SCALE
from afterclick.orders.intake.delivery import LONGEST_TEXT, MOST_LINES

LineClass = Literal["order_lines", "cancellation_lines", "adjustment_lines", "rejected_lines", "already_known_lines"]
CLASSES: Final[tuple[LineClass, ...]] = (
    "order_lines", "cancellation_lines", "adjustment_lines", "rejected_lines", "already_known_lines",
)  # fmt: skip

GOODS: Final = "goods that were ordered"
POSTAGE: Final = "postage charged on an order"
POSTAGE_ALONE: Final = "postage without goods"
CANCELLATION: Final = "goods that were cancelled"
POSTAGE_BACK: Final = "postage that was given back"
KNOWN: Final = "the line was imported before"
LATE: Final = "the order came in earlier without this line"
TOO_LONG: Final = f"the order has more than {MOST_LINES:,} lines"

_CREDITED: Final = re.compile(r"[Cc]\d+")
_ADJUSTED: Final = re.compile(r"[Aa]\d+")
_FORMULA: Final = ("=", "+", "-", "@")
_POSTAGE: Final = frozenset(
    ("POST", "POSTAGE", "DOT", "C2", "CARRIAGE", "SHIPPING", "DELIVERY", "FREIGHT", "VERSAND", "PORTO", "FRAIS DE PORT", "ENVIO")
)
_NOT_GOODS: Final = {
    "M": "manual entry", "MANUAL": "manual entry", "B": "bad debt", "D": "discount", "DISCOUNT": "discount", "RABATT": "discount",
    "S": "samples", "SAMPLES": "samples", "BANK CHARGES": "bank charges", "AMAZONFEE": "marketplace fee", "FEE": "fee",
    "CRUK": "commission", "GIFT": "gift voucher", "GIFT CARD": "gift voucher", "GIFTCARD": "gift voucher",
    "VOUCHER": "gift voucher",
}  # fmt: skip
_NOT_GOODS_BY_FORM: Final = (
    (re.compile(r"GIFT_\d+(_\d+)?"), "gift voucher"),
    (re.compile(r"ADJUST\d*"), "adjustment of the books"),
    (re.compile(r"TEST\d+"), "test product"),
)


class Judged(msgspec.Struct, frozen=True):
    """A line's class and the reason, which is the same for all lines that are judged alike."""

    kind: LineClass
    reason: str


_ORDERED: Final = Judged("order_lines", GOODS)
_POSTED: Final = Judged("order_lines", POSTAGE)
_CANCELLED: Final = Judged("cancellation_lines", CANCELLATION)
_POSTAGE_BACK: Final = Judged("cancellation_lines", POSTAGE_BACK)
_FREE: Final = Judged("adjustment_lines", "the price is zero")


def rejected(reason: str) -> Judged:
    return Judged("rejected_lines", reason)


def adjustment(reason: str) -> Judged:
    return Judged("adjustment_lines", reason)


def unfit_text(order_no: str, sku: str, customer: str) -> str:
    """Why a line cannot be used for its texts alone; '' when it can. A formula is never a number of anything."""
    for name, text in (("order number", order_no), ("SKU", sku), ("customer", customer)):
        if not text:
            if name != "customer":
                return f"the {name} is missing"
        elif text[0] in _FORMULA:
            return f"the {name} starts like a formula of a spreadsheet"
        elif len(text) > LONGEST_TEXT:
            return f"the {name} has more than {LONGEST_TEXT} characters"
    return ""


def classify(order_no: str, sku: str, pieces: int, price: int, currency: str) -> Judged:
    """The class of a readable line; `price` in ten-thousandths, `sku` in capitals.

    C + digits is a credit note and A + digits an adjustment, as most shop systems number them. What moves money or stock
    without being somebody's order is an adjustment: fees, vouchers, write-offs, free goods.
    """
    other = service(sku)
    if _ADJUSTED.fullmatch(order_no):
        return adjustment(other or "adjustment of the books")
    if other:
        return adjustment(other)
    if _CREDITED.fullmatch(order_no):
        if pieces > 0 or price <= 0:
            return adjustment("credit note that gives nothing back")
        return _POSTAGE_BACK if sku in _POSTAGE else _CANCELLED
    if pieces < 0:
        return adjustment("negative quantity without a credit note")
    if price <= 0:
        return _FREE if price == 0 else adjustment("the price is below zero")
    if price * 10 ** decimals(currency) < SCALE:
        return adjustment("the price is below the currency's smallest coin")
    return _POSTED if sku in _POSTAGE else _ORDERED


@lru_cache(maxsize=65_536)
def service(sku: str) -> str:
    """What a code stands for that is neither goods nor postage; '' for goods and postage."""
    if sku in _NOT_GOODS:
        return _NOT_GOODS[sku]
    return next((reason for form, reason in _NOT_GOODS_BY_FORM if form.fullmatch(sku)), "")


def is_postage(sku: str) -> bool:
    return sku in _POSTAGE

"""What the rules of buying look at: a purchase order that is to leave, and what a vendor has changed about one."""

import msgspec


class PriceFacts(msgspec.Struct, frozen=True):
    """One line, its `value` in euro cents, with what its price can be held against: minor units of the order's currency for
    one piece.

    `last` was last agreed with any vendor, `market` is the middle of what other vendors ask; 0 where there is none. `readings`
    are how many independent ones found the price, `read_days` how old the last is; 0 for a price of a list or a person.
    """

    no: int
    sku: str
    pieces: int
    value: int
    price: float
    last: float
    market: float
    source: str = "price_list"
    readings: int = 0
    read_days: int = 0
    known: bool = True
    """Whether the catalogue has this SKU."""


class CategorySpending(msgspec.Struct, frozen=True):
    """What this order buys in a category, and what was approved there on the same day, in euro cents."""

    name: str
    here: int
    today: int


class PurchaseFacts(msgspec.Struct, frozen=True):
    """A purchase order before it leaves; amounts in euro cents, roughly. What was approved today is counted without this one."""

    purchase: int
    number: str
    vendor: str
    allowed: bool
    currency: str
    value: int
    orders_today: int
    today: int
    vendor_today: int
    categories: tuple[CategorySpending, ...]
    lines: tuple[PriceFacts, ...]

    @property
    def worth(self) -> tuple[int, str]:
        """The amount that hangs on the verdict, in minor units, and its currency."""
        return self.value, "EUR"


class ChangedLine(msgspec.Struct, frozen=True):
    """What a vendor answers to one line. `price_share`: how much more per unit than ordered (0.05 = 5 %); `days_later` than it
    was ordered for; `confirmed` of `due` units that may still come. What an earlier answer has changed counts with this one:
    `kept` is the share of what was ordered that then still comes or has come. None of it counts where this answer leaves it."""

    no: int
    sku: str
    answer: str
    due: int
    confirmed: int
    price_share: float = 0.0
    days_later: int = 0
    kept: float = 1.0
    replaced: bool = False
    because: str = ""


class ChangeFacts(msgspec.Struct, frozen=True):
    """A vendor's answer to a purchase order, held against it; `problems` name what cannot be relied upon."""

    purchase: int
    number: str
    vendor: str
    answer: str
    currency: str
    value: int
    lines: tuple[ChangedLine, ...]
    problems: tuple[str, ...] = ()

    @property
    def worth(self) -> tuple[int, str]:
        """The amount that hangs on the verdict, in minor units, and its currency."""
        return self.value, "EUR"

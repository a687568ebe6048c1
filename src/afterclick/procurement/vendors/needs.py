"""What is to be bought, on which terms, and what was chosen: the shapes around the choice of vendors."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

import msgspec

from afterclick.domain.money import decimals
from afterclick.domain.purchase import PIECE

How = Literal["proven", "within", "greedy"]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Need(msgspec.Struct, frozen=True):
    """Pieces of a SKU that the plan wants.

    `worth` is the margin lost if none are bought, in minor units of the plan's currency; `cover_days` how long the pieces
    last. They are wanted within `within_days` (0 = no hurry), and more than `most` are not bought (0 = no limit: shelf life
    or room sets one). Where `worth` holds more than the margin, such as the goods themselves, `margin` is what is lost of it by
    pieces that come late or never; None = all of it.
    """

    sku: str
    pieces: int
    worth: int
    cover_days: int = 30
    within_days: int = 0
    most: int = 0
    margin: int | None = None


class Terms(msgspec.Struct, frozen=True):
    """The conditions of one plan. Amounts are minor units of `currency`.

    `rates` say what one unit (not minor unit) of another currency costs in `currency`; a vendor in a currency without a rate
    is not chosen. `budget` bounds goods, freight and duty together.
    """

    currency: str = "EUR"
    rates: Mapping[str, float] = {}
    budget: int | None = None
    today: date | None = None
    """Offers that are not valid on this day are left out; None takes them all."""
    holding: float = 0.25
    """Cost of holding goods for a year, as a share of their value: capital, room, insurance and decay."""
    kept: Fraction = 0.9
    """What a piece bought beyond the need is worth later, as a share of its cheapest landed price; the rest is obsolescence."""
    seconds: float = 10.0
    """Wall time within which there is an answer."""
    gap: float = 0.001
    """Proven distance from the least cost at which the search ends."""

    def rate(self, currency: str) -> float | None:
        """Minor units of the plan's currency for one minor unit of another; None without a rate."""
        rate = 1.0 if currency == self.currency else self.rates.get(currency)
        return None if rate is None or rate <= 0 else rate * 10.0 ** (decimals(self.currency) - decimals(currency))


class Chosen(msgspec.Struct, frozen=True):
    """What to buy of a SKU, and where. `quantity` counts the vendor's units; `price` is minor units of the vendor's `currency`
    for `price_basis` units.

    `landed` is the whole expected cost and `outlay` the cash part of it (goods, freight, duty) in minor units of the plan's
    currency, without what is paid once per order.
    """

    sku: str
    vendor: str
    vendor_sku: str
    quantity: int
    pieces: int
    price: int
    price_basis: int
    currency: str
    landed: int
    outlay: int
    lead_days: int
    because: str
    unit: str = PIECE
    per_unit: int = 1


class Skipped(msgspec.Struct, frozen=True):
    """A need that is not bought, and why."""

    sku: str
    because: str


class Choice(msgspec.Struct, frozen=True):
    """The plan: every need is in `lines` or in `skipped`.

    `cost` is its whole cost and `bound` a cost below which no plan exists, minor units; `gap` their distance as a share of
    `cost`. `how` says what is known of it: `proven` within the gap that was asked for, `within` the gap stated, or `greedy`
    when no useful bound was found in time. `unmet` names vendors' minimums or a budget that no plan could keep.
    """

    lines: tuple[Chosen, ...]
    skipped: tuple[Skipped, ...]
    cost: int
    bound: int
    gap: float
    how: How
    outlay: int
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """How good the plan is, in words."""
        if self.how == "proven":
            return f"proven: no plan is more than {max(self.gap, 0):.2%} cheaper"
        return f"within {self.gap:.2%} of the best" if self.how == "within" else "greedy: no bound was found in time"

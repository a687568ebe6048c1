"""What programs send and are given about supply."""

from datetime import date
from typing import Annotated

import msgspec

from afterclick.domain.purchase import Offer, Vendor
from afterclick.procurement.buying.receiving import MOST_UNITS
from afterclick.procurement.buying.stopping import Stop

MOST_LINES = 1_000
Note = Annotated[str, msgspec.Meta(max_length=300)]
LineNo = Annotated[int, msgspec.Meta(ge=1, le=10**6)]
Units = Annotated[int, msgspec.Meta(ge=0, le=MOST_UNITS)]
TaskId = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]


class PlanLine(msgspec.Struct, frozen=True):
    """A line of a plan: pieces to buy from `vendor`, or to move from the place `source`, for `worth` minor units.

    `state`: ordered (`purchase` is the purchase order), withheld (`because` says why), moved (a transfer between places).
    """

    no: int
    sku: str
    warehouse: str
    vendor: str
    pieces: int
    worth: int
    source: str
    state: str
    because: str
    purchase: int | None


class PlanPage(msgspec.Struct, frozen=True):
    """A plan with a page of its lines: `places` were looked at, `to_buy` lines cost `worth` minor units of `currency`.

    `fill_share` is the share of wanted pieces that will be served in the middle case; `next` the cursor of the page after it, 0
    on the last.
    """

    id: int
    made_ms: int
    made_by: str
    places: int
    to_buy: int
    worth: int
    currency: str
    fill_share: float | None
    lines: tuple[PlanLine, ...]
    next: int


class ForecastWeek(msgspec.Struct, frozen=True):
    """What is expected to sell in the week that begins on `from_day`, in pieces; `quantiles` are at the forecast's `levels`."""

    from_day: date
    mean: float
    quantiles: tuple[float, ...]


class Forecast(msgspec.Struct, frozen=True):
    """The newest forecast of a SKU, week by week; `told` says in words what it rests on."""

    sku: str
    made_ms: int
    model: str
    levels: tuple[float, ...]
    weeks: tuple[ForecastWeek, ...]
    told: str


class VendorListed(msgspec.Struct, frozen=True):
    """A vendor with its terms, the number of its offers and open orders, and how its promises hold, in a sentence."""

    vendor: Vendor
    offers: int
    open_orders: int
    record: str


class VendorList(msgspec.Struct, frozen=True):
    """Every vendor, by id."""

    vendors: tuple[VendorListed, ...]


class VendorShown(msgspec.Struct, frozen=True):
    """A vendor with a page of what it asks; `next` is the cursor of the page after it, empty on the last."""

    vendor: Vendor
    record: str
    offers: tuple[Offer, ...]
    next: str


class Buying(msgspec.Struct, frozen=True):
    """Whether purchase orders may leave: `stop` tells since when, by whom and why not; null where they may."""

    stop: Stop | None


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A yes or no to what is asked about an order; `task` names the question where there are several."""

    note: Note = ""
    task: TaskId = 0


class LineUnits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another quantity for a line, in the vendor's units; 0 strikes it out."""

    line: LineNo
    units: Units


class Quantities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other quantities for a proposed order, which is then judged again."""

    lines: Annotated[list[LineUnits], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    note: Note = ""
    task: TaskId = 0


class Cancelling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an order is taken back; `for_good`: it is not wanted any more, else the next plan buys it anew."""

    because: Note = ""
    for_good: bool = False


class Came(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of a line, in the vendor's units; `damaged` of them are not put on the shelf."""

    line: LineNo
    units: Annotated[int, msgspec.Meta(ge=1, le=MOST_UNITS)]
    damaged: Units = 0


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came for an order; the same delivery note twice counts once."""

    lines: Annotated[list[Came], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    delivery_note: Note = ""


class Receipt(msgspec.Struct, frozen=True):
    """What was booked: pieces on the shelf, and units too many, which wait for a person."""

    state: str
    pieces: int
    surplus_units: int


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why; it stays on record."""

    because: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class Allowing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the bots may buy from a vendor without asking, and why."""

    allowed: bool
    because: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]

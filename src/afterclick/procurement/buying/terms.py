"""What a purchase order says beside its lines, and what its lines were when it was sent."""

from datetime import date

import msgspec

from afterclick.domain.order import Address
from afterclick.domain.purchase import PurchaseOrder


class AsOrdered(msgspec.Struct, frozen=True):
    """The price of a line and its day as they were sent, whatever the vendor has answered since."""

    price: int
    day: date | None = None


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What else a purchase order's document says; kept as one, since it is read and written as one. `ordered` are its lines as
    they were sent, by number."""

    deliver_to: Address = Address()
    deliver_on: date | None = None
    incoterm: str = ""
    payment_days: int = 30
    note: str = ""
    expected_freight: int = 0
    ordered: dict[int, AsOrdered] = {}


read_terms = msgspec.json.Decoder(Terms).decode


def write_terms(order: PurchaseOrder, *, sent: bool = False) -> str:
    """The document's other words, as the column `terms` has them; with the lines as they are, where it is just `sent`."""
    ordered = {line.no: AsOrdered(line.price, line.deliver_on or order.deliver_on) for line in order.lines} if sent else {}
    return msgspec.json.encode(
        Terms(
            order.deliver_to, order.deliver_on, order.incoterm, order.payment_days, order.note, order.expected_freight,
            ordered,
        )
    ).decode()  # fmt: skip

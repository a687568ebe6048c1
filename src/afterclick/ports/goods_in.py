"""The dock: whoever unloads what vendors deliver, and counts it."""

from typing import Protocol

import msgspec

from afterclick.domain.purchase import ReceiptLine


class Arrivals(msgspec.Struct, frozen=True):
    """Goods that came in after a cursor, oldest first, and the cursor behind them. Each line's `key` names it for good."""

    lines: tuple[ReceiptLine, ...]
    cursor: str
    more: bool = False


class GoodsIn(Protocol):
    """A warehouse system or a scanner at the dock that says what came in for which purchase order or transfer."""

    name: str

    def arrivals(self, *, cursor: str, limit: int) -> Arrivals: ...

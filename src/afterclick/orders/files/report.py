"""Count what an import came to, so that every line and every amount of the file is accounted for."""

from collections import Counter
from typing import Final

import msgspec

from afterclick.orders.files.arranging import BETWEEN, FileLine
from afterclick.orders.files.cancelling import Cancellation
from afterclick.orders.files.classify import CLASSES, LineClass
from afterclick.orders.files.values import SCALE

MOST_NAMED: Final = 100
_SHOWN: Final = 160


class Named(msgspec.Struct, frozen=True):
    """A rejected line: its number in the file, the reason, and what stands there."""

    line: int
    reason: str
    text: str


class ImportReport(msgspec.Struct, frozen=True):
    """What an import came to.

    The five classes add up to `lines_read`, and so do `reasons`. `value` has the sum of quantity × price of each class as a
    decimal string; they add up to `total`. A line whose quantity or price cannot be read counts as 0.
    """

    lines_read: int
    order_lines: int
    cancellation_lines: int
    adjustment_lines: int
    rejected_lines: int
    already_known_lines: int
    orders: int
    value: dict[LineClass, str]
    total: str
    reasons: dict[str, int]
    named: tuple[Named, ...]
    """The first `MOST_NAMED` rejected lines."""
    notes: tuple[str, ...]
    """What was understood about the file as a whole, one sentence each."""
    items_created: int
    cancellations: tuple[Cancellation, ...]
    cancelled_orders: tuple[int, ...]
    """Ids of new or earlier orders that the file cancels whole, shortly after they were placed."""


class Account:
    """The report in the making."""

    def __init__(self) -> None:
        self._lines: Counter[LineClass] = Counter()
        self._values: Counter[LineClass] = Counter()
        self._reasons: Counter[str] = Counter()
        self._named: list[Named] = []
        self._cancellations: list[Cancellation] = []
        self._cancelled: dict[int, None] = {}
        self._orders = 0
        self._items = 0

    def line(self, line: FileLine, kind: LineClass, reason: str, value: int) -> None:
        self._lines[kind] += 1
        self._values[kind] += value
        self._reasons[reason] += 1
        if kind == "rejected_lines" and len(self._named) < MOST_NAMED:
            self._named.append(Named(line.number, reason, line.content.replace(BETWEEN, " | ").strip(" |")[:_SHOWN]))

    def came_in(self, *, orders: int, items: int, cancellations: list[Cancellation], cancelled: list[int]) -> None:
        self._orders += orders
        self._items += items
        self._cancellations += cancellations
        self._cancelled.update(dict.fromkeys(cancelled))

    def report(self, notes: tuple[str, ...]) -> ImportReport:
        lines = self._lines
        return ImportReport(
            lines_read=lines.total(),
            order_lines=lines["order_lines"],
            cancellation_lines=lines["cancellation_lines"],
            adjustment_lines=lines["adjustment_lines"],
            rejected_lines=lines["rejected_lines"],
            already_known_lines=lines["already_known_lines"],
            orders=self._orders,
            value={kind: decimal(self._values[kind]) for kind in CLASSES},
            total=decimal(self._values.total()),
            reasons=dict(sorted(self._reasons.items(), key=lambda counted: (-counted[1], counted[0]))),
            named=tuple(sorted(self._named, key=lambda named: named.line)),
            notes=notes,
            items_created=self._items,
            cancellations=tuple(self._cancellations),
            cancelled_orders=tuple(self._cancelled),
        )


def decimal(value: int) -> str:
    """Ten-thousandths as a decimal string with two to four decimals."""
    whole, part = divmod(abs(value), SCALE)
    cents = f"{part:04d}"
    return f"{'-' if value < 0 else ''}{whole}.{cents[:2]}{cents[2:].rstrip('0')}"

"""Keep count of what a document says amiss while the rest of it is read."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from afterclick.procurement.documents.values import MOST_PROBLEMS, Unreadable, number, price

Value = TypeVar("Value")


class Reading:
    """The currency of a document, and its problems so far: a sentence each, beginning with the place in the file."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._problems: list[str] = []

    @property
    def problems(self) -> tuple[str, ...]:
        """The first of them; a file that is wrong throughout needs no longer list."""
        more = len(self._problems) - MOST_PROBLEMS
        return (*self._problems[:MOST_PROBLEMS], *([f"and {more} more problems"] if more > 0 else []))

    def problem(self, where: str, said: str) -> None:
        self._problems.append(f"{where}: {said}")

    def value(self, where: str, read: Callable[[str], Value], text: str) -> Value | None:
        """What a text means; None for an empty one, and for one that cannot be read, which is a problem."""
        if not text:
            return None
        try:
            return read(text)
        except Unreadable as error:
            self.problem(where, str(error))
            return None

    def price(self, where: str, text: str, basis: str = "", *, comma: bool = False) -> tuple[int | None, int]:
        """A price in minor units, and the units that cost it; None where it is not said or cannot be read."""
        if not text:
            return None, 1
        try:
            return price(number(text, comma=comma), self.currency, basis=number(basis, comma=comma) if basis else Decimal(1))
        except Unreadable as error:
            self.problem(where, str(error))
            return None, 1

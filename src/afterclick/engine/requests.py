"""What a request to the outside says of itself: its effect key, and the item that it is for."""

from typing import Protocol


class Request(Protocol):
    """What every request carries: its effect key, and the order it is for, if it is for one.

    A request for an item of another kind names it in `about`: `purchase/12`.
    """

    @property
    def key(self) -> str: ...
    @property
    def order_id(self) -> int | None: ...


def item_of(request: Request) -> int:
    """The number of the item that it is for; 0 for none."""
    number = about(request).rpartition("/")[2]
    return int(number) if number.isascii() and number.isdecimal() else request.order_id or 0


def named(request: Request) -> tuple[int | None, str | None]:
    """The order and the object under which the log has it: one of both."""
    found = about(request)
    return (None, found) if found else (request.order_id, None)


def about(request: Request) -> str:
    """The item of another kind than an order that it is for; empty for none."""
    return getattr(request, "about", "")

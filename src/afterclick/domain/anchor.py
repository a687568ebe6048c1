"""The head of the log, as it is written down outside the office."""

import msgspec


class Head(msgspec.Struct, frozen=True):
    """The last block of the log at an instant: its number, and its hash as 64 hex digits; `office` is the shop's name.

    `key` is the effect key of writing it down in one place. It is about no order.
    """

    key: str
    office: str
    block: int
    hash: str
    at_ms: int
    order_id: int | None = None

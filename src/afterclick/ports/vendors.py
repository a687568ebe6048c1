"""Vendors: purchase orders go out to them, and their answers come back."""

from collections.abc import Sequence
from typing import Protocol

from afterclick.domain.vendor_messages import Dispatch, Reminder, Replies, Taken, Withdrawal
from afterclick.ports.answer import Answer


class Vendors(Protocol):
    """All vendors that are reached electronically, through one connector."""

    name: str

    def order(self, requests: Sequence[Dispatch]) -> Sequence[Answer[Taken]]:
        """Place orders. A new revision of an order takes the place of the one before."""
        ...

    def withdraw(self, requests: Sequence[Withdrawal]) -> Sequence[Answer[Taken]]:
        """Take orders or lines back; declined where the goods are on their way already."""
        ...

    def remind(self, requests: Sequence[Reminder]) -> Sequence[Answer[Taken]]: ...

    def replies(self, *, cursor: str, limit: int) -> Replies:
        """What vendors have answered since the cursor (empty: since ever)."""
        ...

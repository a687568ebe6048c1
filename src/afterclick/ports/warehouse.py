"""A warehouse (WMS): takes parcels over for picking and handing to the carrier, and may still stop them."""

from collections.abc import Sequence
from typing import Protocol

from afterclick.domain.shipping import HandOver, Recall
from afterclick.ports.answer import Answer


class WarehouseSystem(Protocol):
    name: str

    def hand_over(self, requests: Sequence[HandOver]) -> Sequence[Answer[None]]: ...

    def recall(self, requests: Sequence[Recall]) -> Sequence[Answer[None]]:
        """Stop parcels handed over earlier; declined once they have left the building."""
        ...

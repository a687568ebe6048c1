"""A warehouse (WMS): hands parcels to their carriers, may still stop them, and sends goods to another warehouse."""

from collections.abc import Sequence
from typing import Protocol

from afterclick.domain.shipping import HandOver, Recall
from afterclick.domain.transfer import TransferRequest
from afterclick.ports.answer import Answer


class WarehouseSystem(Protocol):
    name: str

    def hand_over(self, requests: Sequence[HandOver]) -> Sequence[Answer[None]]: ...

    def recall(self, requests: Sequence[Recall]) -> Sequence[Answer[None]]:
        """Stop parcels handed over earlier; declined once they have left the building.

        Of an order whose parcels it does not have, and has not had since it stopped them, it declines with a reason that begins
        with `unknown`: an answer to `hand_over` may have been lost, and then this is how the two cases are told apart.
        """
        ...

    def transfer(self, requests: Sequence[TransferRequest]) -> Sequence[Answer[None]]:
        """Pick pieces in one warehouse and send them to another, whose dock reports them under the transfer's number
        (`ports.goods_in`); declined as short where they are not there."""
        ...

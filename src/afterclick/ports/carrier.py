"""A parcel carrier: its rate card, buying labels and voiding them."""

from collections.abc import Sequence
from typing import Protocol

from afterclick.domain.shipping import Label, LabelRequest, Tariff, VoidRequest
from afterclick.ports.answer import Answer


class Carrier(Protocol):
    name: str

    def tariff(self) -> Tariff:
        """The rate card in force; the office keeps a copy and chooses by it without a call per parcel."""
        ...

    def label(self, requests: Sequence[LabelRequest]) -> Sequence[Answer[Label]]: ...

    def void(self, requests: Sequence[VoidRequest]) -> Sequence[Answer[None]]: ...

"""A payment provider: authorise, capture, release and refund."""

from collections.abc import Sequence
from typing import Protocol

from afterclick.domain.payment import Authorise, Capture, Payment, Refund, Release
from afterclick.ports.answer import Answer


class Payments(Protocol):
    name: str

    def authorise(self, requests: Sequence[Authorise]) -> Sequence[Answer[Payment]]: ...

    def capture(self, requests: Sequence[Capture]) -> Sequence[Answer[Payment]]:
        """Declined with a reason that starts with `expired` when the authorisation no longer holds."""
        ...

    def release(self, requests: Sequence[Release]) -> Sequence[Answer[None]]: ...

    def refund(self, requests: Sequence[Refund]) -> Sequence[Answer[Payment]]: ...

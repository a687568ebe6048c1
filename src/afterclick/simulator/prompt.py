"""Surroundings that say yes at once: answers are made from the request alone, so that a benchmark measures the office, not them.

The same key always gets the same answer, and nothing is kept; who wants to know afterwards what was asked uses a `World`.
"""

from collections.abc import Sequence

from afterclick.domain.message import Notice
from afterclick.domain.payment import Authorise, Capture, Payment, Refund, Release
from afterclick.domain.shipping import HandOver, Label, LabelRequest, Recall, Tariff, VoidRequest
from afterclick.domain.transfer import TransferRequest
from afterclick.domain.vendor_messages import Dispatch, Reminder, Replies, Taken, Withdrawal
from afterclick.ports.answer import Done
from afterclick.ports.store import Listed, Page, Told


class PromptPayments:
    name = "payments"

    def authorise(self, requests: Sequence[Authorise]) -> list[Done[Payment]]:
        return [Done(Payment(f"au-{request.key}", request.amount)) for request in requests]

    def capture(self, requests: Sequence[Capture]) -> list[Done[Payment]]:
        return [Done(Payment(f"ca-{request.key}", request.amount)) for request in requests]

    def release(self, requests: Sequence[Release]) -> list[Done[None]]:
        return [Done(None)] * len(requests)

    def refund(self, requests: Sequence[Refund]) -> list[Done[Payment]]:
        return [Done(Payment(f"re-{request.key}", request.amount)) for request in requests]


class PromptCarrier:
    """Carries everything at its tariff."""

    def __init__(self, tariff: Tariff) -> None:
        self.name = tariff.carrier
        self._tariff = tariff

    def tariff(self) -> Tariff:
        return self._tariff

    def label(self, requests: Sequence[LabelRequest]) -> list[Done[Label]]:
        return [Done(Label(self.name, f"{self.name}-{request.key}", 0, self._tariff.currency)) for request in requests]

    def void(self, requests: Sequence[VoidRequest]) -> list[Done[None]]:
        return [Done(None)] * len(requests)


class PromptWarehouse:
    name = "warehouse"

    def hand_over(self, requests: Sequence[HandOver]) -> list[Done[None]]:
        return [Done(None)] * len(requests)

    def recall(self, requests: Sequence[Recall]) -> list[Done[None]]:
        return [Done(None)] * len(requests)

    def transfer(self, requests: Sequence[TransferRequest]) -> list[Done[None]]:
        return [Done(None)] * len(requests)


class PromptMailbox:
    name = "mailbox"

    def send(self, notices: Sequence[Notice]) -> list[Done[None]]:
        return [Done(None)] * len(notices)


class PromptStore:
    """Hears of every order; its own list is empty."""

    name = "store"

    def orders(self, *, cursor: str, limit: int) -> Page:
        return Page((), cursor, more=False)

    def listing(self, *, placed_from_ms: int, placed_to_ms: int) -> Sequence[Listed]:
        return ()

    def document(self, external_ids: Sequence[str]) -> Sequence[bytes]:
        return ()

    def tell(self, updates: Sequence[Told]) -> list[Done[None]]:
        return [Done(None)] * len(updates)


class PromptVendors:
    """Takes every order, and neither answers nor delivers: a benchmark receives by itself what it wants."""

    name = "vendors"

    def order(self, requests: Sequence[Dispatch]) -> list[Done[Taken]]:
        return [Done(Taken(f"V{request.purchase}")) for request in requests]

    def withdraw(self, requests: Sequence[Withdrawal]) -> list[Done[Taken]]:
        return [Done(Taken())] * len(requests)

    def remind(self, requests: Sequence[Reminder]) -> list[Done[Taken]]:
        return [Done(Taken())] * len(requests)

    def replies(self, *, cursor: str, limit: int) -> Replies:
        return Replies((), cursor)


def prompt_ports(tariffs: Sequence[Tariff]) -> dict[str, object]:
    """All of them, by the names under which the door knows systems."""
    ports: dict[str, object] = {
        "payments": PromptPayments(), "warehouse": PromptWarehouse(), "mailbox": PromptMailbox(), "store:store": PromptStore(),
        "vendors": PromptVendors(),
    }  # fmt: skip
    return ports | {f"carrier:{tariff.carrier}": PromptCarrier(tariff) for tariff in tariffs}

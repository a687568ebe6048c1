"""The surroundings of a small office, in memory: each system acts once per key, can be down, and can decline."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from afterclick.domain.message import ChatMessage, Notice
from afterclick.domain.payment import Authorise, Capture, Payment, Refund, Release
from afterclick.domain.shipping import HandOver, Label, LabelRequest, Rate, Recall, Tariff, VoidRequest
from afterclick.domain.transfer import TransferRequest
from afterclick.ports.answer import Answer, Declined, Done, Unavailable
from afterclick.ports.store import Listed, Page, Told


class System:
    """Remembers every answer under its key. `down`: no answer and nothing done; `deaf`: done, but the answer is lost."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.down = False
        self.deaf = False
        self.declines = ""
        self.answered: dict[str, Answer[Any]] = {}
        self.during: Callable[[], object] | None = None

    def once(self, requests: Sequence[Any], act: Callable[[Any], Answer[Any]]) -> list[Answer[Any]]:
        """Do each request whose key is new."""
        if self.during is not None:
            during, self.during = self.during, None
            during()
        if self.down:
            return [Unavailable(f"{self.name} is down") for _ in requests]
        for request in requests:
            if request.key not in self.answered:
                self.answered[request.key] = Declined(self.declines) if self.declines else act(request)
        if self.deaf:
            return [Unavailable(f"{self.name} did not answer in time") for _ in requests]
        return [self.answered[request.key] for request in requests]


class Bank(System):
    """A payment provider: reference → what it holds and what it took."""

    def __init__(self) -> None:
        super().__init__("payments")
        self.held: dict[str, int] = {}
        self.until_ms = 0
        """When new authorisations expire; 0 for never."""
        self.taken: dict[str, int] = {}

    def kept(self, order_id: int) -> int:
        """What the provider has taken of an order and not given back."""
        return sum(amount for reference, amount in self.taken.items() if reference.startswith(f"ca-{order_id}-"))

    def blocked(self, order_id: int) -> int:
        """What is blocked on the customer's card for an order."""
        return sum(amount for reference, amount in self.held.items() if reference.startswith(f"au-{order_id}-"))

    def authorise(self, requests: Sequence[Authorise]) -> Sequence[Answer[Payment]]:
        def act(request: Authorise) -> Answer[Payment]:
            reference = f"au-{request.order_id}-{len(self.answered)}"
            self.held[reference] = request.amount
            return Done(Payment(reference, request.amount, self.until_ms))

        return self.once(requests, act)

    def capture(self, requests: Sequence[Capture]) -> Sequence[Answer[Payment]]:
        def act(request: Capture) -> Answer[Payment]:
            if self.held.get(request.authorisation, 0) < request.amount:
                return Declined(f"{request.authorisation} does not hold {request.amount}")
            del self.held[request.authorisation]
            reference = f"ca-{request.order_id}-{len(self.answered)}"
            self.taken[reference] = request.amount
            return Done(Payment(reference, request.amount))

        return self.once(requests, act)

    def release(self, requests: Sequence[Release]) -> Sequence[Answer[None]]:
        def act(request: Release) -> Answer[None]:
            return Done(None) if self.held.pop(request.authorisation, 0) else Declined(f"{request.authorisation} holds nothing")

        return self.once(requests, act)

    def refund(self, requests: Sequence[Refund]) -> Sequence[Answer[Payment]]:
        def act(request: Refund) -> Answer[Payment]:
            if self.taken.get(request.capture, 0) < request.amount:
                return Declined(f"{request.capture} has not {request.amount} left")
            self.taken[request.capture] -= request.amount
            return Done(Payment(f"re-{request.order_id}", request.amount))

        return self.once(requests, act)


class Post(System):
    """A carrier: label key → tracking number of the labels that are not void. `lanes`: where it delivers, as in a tariff."""

    def __init__(self, name: str, base: int, *, lanes: Sequence[str] = ("DE", "FR", "AT")) -> None:
        super().__init__(name)
        self.labels: dict[str, str] = {}
        self._base, self._lanes = base, lanes

    def tariff(self) -> Tariff:
        return Tariff(self.name, "EUR", {lane: Rate(self._base, 50, 2) for lane in self._lanes})

    def label(self, requests: Sequence[LabelRequest]) -> Sequence[Answer[Label]]:
        def act(request: LabelRequest) -> Answer[Label]:
            self.labels[request.key] = f"{self.name}-{len(self.answered)}"
            return Done(Label(self.name, self.labels[request.key], self._base, "EUR"))

        return self.once(requests, act)

    def void(self, requests: Sequence[VoidRequest]) -> Sequence[Answer[None]]:
        def act(request: VoidRequest) -> Answer[None]:
            self.labels.pop(request.label_key, None)
            return Done(None)

        return self.once(requests, act)


class Shelves(System):
    """A warehouse system: order → pieces handed over and not recalled, and the transfers that it has sent off. `left`: parcels
    are out of the building at once."""

    def __init__(self) -> None:
        super().__init__("warehouse")
        self.gone: dict[int, int] = {}
        self.sent: list[TransferRequest] = []
        self.left = False

    def hand_over(self, requests: Sequence[HandOver]) -> Sequence[Answer[None]]:
        def act(request: HandOver) -> Answer[None]:
            pieces = sum(sum(contents.values()) for *_, contents in request.parcels)
            if not pieces or request.order_id in self.gone:
                return Declined("nothing to hand over, or handed over already")
            self.gone[request.order_id] = pieces
            return Done(None)

        return self.once(requests, act)

    def recall(self, requests: Sequence[Recall]) -> Sequence[Answer[None]]:
        def act(request: Recall) -> Answer[None]:
            if request.order_id not in self.gone:
                return Declined("unknown: it was never handed over")
            if self.left:
                return Declined("it has left the building")
            del self.gone[request.order_id]
            return Done(None)

        return self.once(requests, act)

    def transfer(self, requests: Sequence[TransferRequest]) -> Sequence[Answer[None]]:
        def act(request: TransferRequest) -> Answer[None]:
            self.sent.append(request)
            return Done(None)

        return self.once(requests, act)


class Shop(System):
    """A store: its orders, what it was told of them, and which it cancelled itself."""

    def __init__(self) -> None:
        super().__init__("shop")
        self.told: dict[str, list[str]] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.placed: dict[str, int] = {}
        self.cancelled: set[str] = set()
        self.endless = False
        """The list of new orders goes on for ever."""
        self.listings = 0

    def place(self, external_id: str, *, placed_ms: int, **changes: Any) -> None:
        """Somebody orders something, and the list of new orders loses it."""
        self.placed[external_id] = placed_ms
        self.documents[external_id] = {"id": external_id, "type": "order.placed"} | changes

    def orders(self, *, cursor: str, limit: int) -> Page:
        return Page((b"{}",), "1", more=True) if self.endless else Page((), cursor, more=False)

    def listing(self, *, placed_from_ms: int, placed_to_ms: int) -> Sequence[Listed]:
        self.listings += 1
        return [
            Listed(name, "cancelled" if name in self.cancelled else "open", placed_ms)
            for name, placed_ms in self.placed.items()
            if placed_from_ms <= placed_ms < placed_to_ms
        ]

    def document(self, external_ids: Sequence[str]) -> Sequence[bytes]:
        return [json.dumps(self.documents[name]).encode() for name in external_ids if name in self.documents]

    def tell(self, updates: Sequence[Told]) -> Sequence[Answer[None]]:
        def act(update: Told) -> Answer[None]:
            self.told.setdefault(update.external_id, []).append(update.status)
            return Done(None)

        return self.once(updates, act)


class Letters(System):
    """A mailbox: who was sent what."""

    def __init__(self) -> None:
        super().__init__("mailbox")
        self.sent: list[tuple[int, str]] = []
        self.texts: list[tuple[str, str]] = []
        """To whom, and what, of messages that carry their own text."""

    def send(self, notices: Sequence[Notice]) -> Sequence[Answer[None]]:
        def act(notice: Notice) -> Answer[None]:
            self.sent.append((notice.order_id, notice.template))
            if "text" in notice.values:
                self.texts.append((notice.to, notice.values["text"]))
            return Done(None)

        return self.once(notices, act)


class Talk(System):
    """A chat: what was said in it."""

    def __init__(self) -> None:
        super().__init__("chat")
        self.said: list[str] = []

    def say(self, posts: Sequence[ChatMessage]) -> Sequence[Answer[None]]:
        def act(post: ChatMessage) -> Answer[None]:
            self.said.append(post.text)
            return Done(None)

        return self.once(posts, act)

"""A trading day of the pretend company: every order document, and the truth about each order."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from afterclick.simulator import spoiling
from afterclick.simulator.catalogue import Baskets, Catalogue
from afterclick.simulator.customers import Customer, Customers
from afterclick.simulator.faults import Faults
from afterclick.simulator.plan import BURSTS, GOOD, Floats, Plan, plan

CHUNK: Final = 5_000
"""Orders made at a time: a day of a million orders is read in stretches and needs no more memory than one of them."""
DAY_MS: Final = 86_400_000
PROMISE_DAYS: Final = 7
URGENT_PROMISE_DAYS: Final = 3
URGENT: Final = 0.015
REPEATED: Final = 0.02
"""Share of orders by a customer who has ordered before on the same day."""
FREE_SHIPPING: Final = 5_000
"""Orders of this value, in minor units, pay no shipping."""


class Placed(msgspec.Struct, frozen=True):
    """One order with the truth about it. `total` is that of the document, in minor units, as the customer agreed to it.

    `kind` is `good` or one of the faults of `Faults`. Orders with the same non-empty `group` belong together, and at most
    `allowed` of them may ship without a person: none of a bad order alone, one of an order and its double, the first few of a
    burst.
    """

    external_id: str
    placed_ms: int
    total: int
    kind: str
    group: str
    allowed: int
    document: bytes

    @property
    def right(self) -> str:
        """What should become of it: `ship`, or `stop`: it must not ship without a person (of a group: see `allowed`)."""
        return "ship" if self.kind == GOOD else "stop"


class Day:
    """`orders` orders placed within the 24 hours that start at `start_ms`; the same arguments give the same bytes."""

    def __init__(
        self,
        *,
        seed: int,
        orders: int,
        start_ms: int,
        catalogue: Catalogue,
        customers: Customers,
        faults: Faults,
        prefix: str = "S-",
    ) -> None:
        self.orders = orders
        self.start_ms = start_ms
        self._seed = seed
        self._catalogue = catalogue
        self._customers = customers
        self._faults = faults
        self._prefix = prefix
        date = datetime.fromtimestamp(start_ms / 1000, UTC)
        self._date = date.strftime("%Y-%m-%d")
        self._promises = tuple(_date_in(date, days) for days in (PROMISE_DAYS, URGENT_PROMISE_DAYS))
        self._lines = [
            (f'{{"sku":"{item.sku}","quantity":', f',"unit_price":"{item.price // 100}.{item.price % 100:02d}"}}')
            for item in catalogue.items
        ]
        dear = max(catalogue.items, key=lambda item: item.price / item.weight_g)
        self._dear = dear.sku, dear.price
        self.chunk = lru_cache(maxsize=4)(self._chunk)
        self.plan = lru_cache(maxsize=8)(self._plan)

    @property
    def chunks(self) -> int:
        return -(-self.orders // CHUNK)

    def __iter__(self) -> Iterator[Placed]:
        """All orders in the order of placing; about 10 µs each, in flat memory."""
        for number in range(self.chunks):
            yield from self.chunk(number)

    def external_id(self, position: int) -> str:
        """The store's id of the order at a position, counted from 0 in the order of placing."""
        return f"{self._prefix}{position + 1:07d}"

    def position(self, external_id: str) -> int | None:
        """The inverse of `external_id`; None for ids that are not of this day."""
        digits = external_id.removeprefix(self._prefix)
        if not (digits.isascii() and digits.isdigit()):
            return None
        position = int(digits) - 1
        return position if 0 <= position < self.orders and external_id == self.external_id(position) else None

    def _size(self, number: int) -> int:
        return min(CHUNK, self.orders - number * CHUNK)

    def _plan(self, number: int) -> Plan:
        rng = np.random.default_rng((self._seed, 3, number))
        start = number * CHUNK / self.orders
        end = start + self._size(number) / self.orders
        return plan(rng, size=self._size(number), start=start, end=end, faults=self._faults)

    def _chunk(self, number: int) -> tuple[Placed, ...]:
        """The orders of one stretch of the day."""
        rng = np.random.default_rng((self._seed, 4, number))
        stretch, size, first = self.plan(number), self._size(number), number * CHUNK
        baskets = self._catalogue.baskets(rng, size)
        buyers = self._buyers(rng, first, size)
        odd: Floats = rng.random((size, 4))
        placed = self._good(stretch, first, baskets, buyers, odd)
        bad = [row for row, kind in enumerate(stretch.kind) if kind != GOOD]
        for row in bad:
            placed[row] = self._bad(stretch, number, row, placed, rng)
        for row in bad:
            source = stretch.source[row]
            if source >= 0:  # the original belongs to its double's group: which of the two ships does not matter
                placed[source] = msgspec.structs.replace(placed[source], group=placed[row].group, allowed=1)
        return tuple(placed)

    def _buyers(self, rng: np.random.Generator, first: int, size: int) -> list[Customer]:
        who = self._customers.spread(np.arange(first, first + size, dtype=np.int64))
        again = np.flatnonzero(rng.random(size) < REPEATED)
        if size > 1:
            who[again] = who[(rng.random(len(again)) * again).astype(np.int64)]
        return self._customers.take(who)

    def _good(self, stretch: Plan, first: int, baskets: Baskets, buyers: list[Customer], odd: Floats) -> list[Placed]:
        """Every order as if it were good."""
        edges, skus, quantities = baskets.first.tolist(), baskets.sku.tolist(), baskets.quantity.tolist()
        columns = zip(stretch.ms, buyers, baskets.value.tolist(), odd.tolist(), strict=True)
        placed: list[Placed] = []
        for row, (ms, buyer, value, (urgency, rebate, gift, travel)) in enumerate(columns):
            external_id = self.external_id(first + row)
            urgent = urgency < URGENT
            shipping = 995 if urgent else 0 if value >= FREE_SHIPPING else 495
            discount = value // 10 if rebate < 0.05 else 0
            total = value + shipping - discount
            lines = ",".join([
                f"{self._lines[skus[n]][0]}{quantities[n]}{self._lines[skus[n]][1]}" for n in range(edges[row], edges[row + 1])
            ])  # fmt: skip
            seconds = ms // 1000
            priority, promise = ("urgent", self._promises[1]) if urgent else ("normal", self._promises[0])
            document = (
                f'{{"id":"{external_id}","event":"evt-{external_id}","type":"order.placed",'
                f'"placed_at":"{self._date}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z",'
                f'"currency":"EUR","total":"{total // 100}.{total % 100:02d}",'
                f'"shipping":"{shipping // 100}.{shipping % 100:02d}","discount":"{discount // 100}.{discount % 100:02d}",'
                f'"priority":"{priority}","deliver_by":"{promise}","customer":{buyer.person},'
                f'"ship_to":{buyer.ship_to},"bill_country":"{"DE" if gift < 0.004 else buyer.country}",'
                f'"ip_country":"{"FR" if gift >= 0.004 and travel < 0.005 else buyer.country}",'
                f'"partial_ok":{"true" if 0.5 <= rebate < 0.52 else "false"},'
                f'"payment":{{"token":"tok_{external_id}","card":"{buyer.card}"}},'
                f'"lines":[{lines}]}}'
            )
            placed.append(Placed(external_id, self.start_ms + ms, total, GOOD, "", 0, document.encode()))
        return placed

    def _bad(self, stretch: Plan, number: int, row: int, placed: list[Placed], rng: np.random.Generator) -> Placed:
        """One order, bad in the planned way."""
        order, kind = placed[row], stretch.kind[row]
        document: spoiling.Document = msgspec.json.decode(order.document)
        group, allowed, total = order.external_id, 0, order.total
        if kind in BURSTS:
            group, allowed = f"{kind}-{number}-{stretch.burst[row]}", BURSTS[kind]
            shared = placed[stretch.burst.index(stretch.burst[row])]
            if kind == "card_velocity":
                spoiling.share_card(document, f"fp_{group}")
            else:
                spoiling.share_address(document, msgspec.json.decode(shared.document)["ship_to"])
        elif stretch.source[row] >= 0:
            spoiling.repeat(document, msgspec.json.decode(placed[stretch.source[row]].document), kind)
            allowed = 1
        else:
            spoiling.spoil(document, kind, rng, dear=self._dear)
        if kind != "malformed":
            total = spoiling.total_of(document)
        return Placed(order.external_id, order.placed_ms, total, kind, group, allowed, msgspec.json.encode(document))


def _date_in(date: datetime, days: int) -> str:
    return datetime.fromtimestamp(date.timestamp() + days * DAY_MS // 1000, UTC).strftime("%Y-%m-%dT00:00:00Z")

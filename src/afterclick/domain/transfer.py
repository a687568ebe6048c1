"""Transfer orders: goods that go from one of our warehouses to another."""

from typing import Final, Literal

import msgspec

TransferState = Literal["proposed", "released", "in_transit", "received", "lost", "cancelled"]
"""`released`: off the books of the place that gives it, and its warehouse is being told; `in_transit`: its warehouse has it;
`lost`: nothing of it came."""
OPEN_TRANSFER: Final = ("proposed", "released", "in_transit")
"""States in which something may still come: all of these count as on order at the place that is to get it."""


class Transfer(msgspec.Struct, frozen=True):
    """Pieces of one SKU on their way from `start` to `end`. `received` have come, `lost` will not.

    `need` names what it answers (`transfer/2026-11-20/CUP@W1<W2`): a need has one transfer that is not cancelled.
    """

    id: int
    number: str
    sku: str
    start: str
    end: str
    pieces: int
    need: str
    state: TransferState = "proposed"
    received: int = 0
    lost: int = 0
    because: str = ""
    proposed_ms: int = 0
    proposed_by: str = ""
    sent_ms: int = 0
    since_ms: int = 0
    retry_ms: int = 0

    @property
    def due(self) -> int:
        """Pieces that may still come."""
        return max(0, self.pieces - self.received - self.lost) if self.state in OPEN_TRANSFER else 0


class TransferRequest(msgspec.Struct, frozen=True):
    """What the warehouses are told: pick these pieces at `start` and send them to `end` under this number."""

    key: str
    transfer: int
    number: str
    sku: str
    start: str
    end: str
    pieces: int
    order_id: int | None = None

    @property
    def about(self) -> str:
        return f"transfer/{self.transfer}"


class TransferFacts(msgspec.Struct, frozen=True):
    """A transfer before it begins. `free` are the pieces at its start that nobody has a claim on; those of transfers judged
    before it in the same batch count as gone. `today` are the pieces that transfers have moved since midnight UTC."""

    transfer: int
    number: str
    sku: str
    start: str
    end: str
    pieces: int
    free: int
    today: int

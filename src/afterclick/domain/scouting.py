"""What was read of a price somewhere, and what a rule has to know of it to believe it."""

from typing import Final, Literal

import msgspec

Role = Literal["vendor", "competitor"]
Verdict = Literal["accepted", "doubtful", "rejected"]
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One price as one visit found it: `amount` minor units of `currency` for `pieces` pieces.

    `party` is the vendor or competitor that asks it, `source` where it stood (json-ld, visible, table, …), `path`, `url` and
    `sha256` of the page are its provenance. `site` is the host; `vouched` says that a person laid the list down.
    """

    party: str
    sku: str
    at_ms: int
    amount: int
    currency: str
    pieces: int = 1
    role: Role = "vendor"
    watch: int = 0
    vendor_sku: str = ""
    gtin: str = ""
    availability: str = ""
    source: str = ""
    confidence: float = 1.0
    url: str = ""
    site: str = ""
    sha256: str = ""
    path: str = ""
    text: str = ""
    doubt: str = ""
    vouched: bool = False

    @property
    def per_piece(self) -> float:
        """Minor units of its currency for one piece."""
        return self.amount / self.pieces


class ReadingFacts(msgspec.Struct, frozen=True):
    """A reading with what it is held against, all of the same party and SKU but `market`.

    `last` is the last accepted one; `pending` are those since then that do not count yet, oldest first; `market` is what other
    parties ask for a piece, in the reading's currency.
    """

    reading: Reading
    last: Reading | None = None
    pending: tuple[Reading, ...] = ()
    market: tuple[float, ...] = ()


class Judged(msgspec.Struct, frozen=True):
    """What becomes of a reading; `counts` once it may move anything. `readings` is how many independent ones found the price.

    `alarm` is what a person should hear of; '' for nothing.
    """

    verdict: Verdict
    because: str
    counts: bool = False
    readings: int = 0
    alarm: str = ""

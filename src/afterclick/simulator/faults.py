"""What goes wrong in the pretend world, and how often: a rate per fault, and chances that a run repeats exactly."""

from typing import Final
from zlib import crc32

import msgspec

_MASK: Final = 0xFFFF_FFFF


class Faults(msgspec.Struct, frozen=True):
    """The rate of each fault, 0 to 1, of the orders, webhooks, requests or stock records that it can befall."""

    webhook_duplicated: float = 0.0
    webhook_late: float = 0.0
    webhook_lost: float = 0.0
    webhook_reordered: float = 0.0

    malformed: float = 0.0
    unknown_sku: float = 0.0
    wrong_price: float = 0.0
    double: float = 0.0
    near_double: float = 0.0
    card_velocity: float = 0.0
    address_velocity: float = 0.0
    country_mismatch: float = 0.0
    absurd_quantity: float = 0.0

    payment_declined: float = 0.0
    payment_answer_lost: float = 0.0
    """The money moved, and the answer never came."""
    carrier_down: float = 0.0
    carrier_slow: float = 0.0
    """No answer in time; in half the cases the label was bought all the same."""
    carrier_nonsense: float = 0.0
    """An unusable label (no tracking, a wrong currency, a negative cost); in half the cases a good one was bought."""
    wrong_stock: float = 0.0
    """Stock records with fewer pieces on the shelf than on record."""

    @classmethod
    def none(cls) -> "Faults":
        """A world in which everything works."""
        return cls()

    @classmethod
    def all_on(cls) -> "Faults":
        """A bad day: every fault present; about 4 orders in 100 are bad or cannot be paid, so that 90 need nobody."""
        return cls(
            webhook_duplicated=0.02, webhook_late=0.02, webhook_lost=0.01, webhook_reordered=0.03,
            malformed=0.008, unknown_sku=0.003, wrong_price=0.004, double=0.004, near_double=0.003,
            card_velocity=0.003, address_velocity=0.002, country_mismatch=0.002, absurd_quantity=0.002,
            payment_declined=0.012, payment_answer_lost=0.005,
            carrier_down=0.01, carrier_slow=0.004, carrier_nonsense=0.004, wrong_stock=0.003,
        )  # fmt: skip


class Chance:
    """Whether one fault strikes: decided by the seed and a key alone, so the same key always meets the same fate."""

    def __init__(self, *, seed: int, fault: str, rate: float) -> None:
        self.rate = rate
        self._salt = crc32(f"{seed}:{fault}".encode())
        self._below = int(rate * (_MASK + 1))

    def strikes(self, key: str) -> bool:
        return self._below > 0 and self._bits(key) < self._below

    def part(self, key: str) -> float:
        """A number in [0, 1) that belongs to the key and does not depend on whether the fault strikes."""
        return self._bits(key + "~") / (_MASK + 1)

    def _bits(self, key: str) -> int:
        # crc32 alone keeps keys of one length in step with each other; two multiplications (murmur3's) part them.
        x = crc32(key.encode()) ^ self._salt
        x = ((x ^ (x >> 16)) * 0x85EBCA6B) & _MASK
        x = ((x ^ (x >> 13)) * 0xC2B2AE35) & _MASK
        return x ^ (x >> 16)

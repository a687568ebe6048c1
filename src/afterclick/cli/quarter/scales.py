"""Scales under the shelves of the busiest SKUs: noisy, sometimes dead, and right where the books are wrong."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

from afterclick.inventory.sensing import registry
from afterclick.ports.sensors import Reading
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

WAREHOUSE: Final = "WH-01"
TARE_G: Final = 1_500
HOUR_MS: Final = 3_600_000
_NOISE: Final = 0.15
"""Standard deviation of a reading, in weights of a piece."""
_SPIKES, _DROPPED, _DOUBLED, _ERRORS = 0.01, 0.03, 0.03, 0.02
"""Shares of readings that are nonsense, lost, or told twice; and per scale and day, how often goods vanish or turn up."""


class Scales:
    """A scale for each of some SKUs in one warehouse. `off` says by how many pieces the shelf differs from the books."""

    def __init__(self, weights: Mapping[str, int], *, seed: int) -> None:
        self.weights = dict(weights)
        self.off = dict.fromkeys(self.weights, 0)
        self.vanished = 0
        self._chance = random.Random(seed)
        self._dead: set[str] = set()
        self._number = 0

    def install(self, tx: Tx, *, now_ms: int) -> list[Event]:
        """Add them to the office."""
        return [
            registry.add(tx, _name(sku), kind="scale", warehouse=WAREHOUSE, sku=sku, tare_g=TARE_G,
                         tolerance_g=max(1, weight // 2), now_ms=now_ms)
            for sku, weight in self.weights.items()
        ]  # fmt: skip

    def err(self, books: Mapping[str, int]) -> None:
        """A night in which goods may vanish or turn up."""
        for sku in self.weights:
            if self._chance.random() < _ERRORS:
                pieces = max(self._chance.choice((-1, -2, -4, -8, 3)), -max(0, books.get(sku, 0) + self.off[sku]))
                self.off[sku] += pieces
                self.vanished += pieces != 0

    def die(self) -> None:
        """One of them says nothing any more."""
        self._dead.add(min(self.weights))

    def say(self, books: Mapping[str, int], *, after_ms: int, upto_ms: int) -> Sequence[Reading]:
        """What they have said since: a reading an hour, and one just now. Nothing was booked in between."""
        times = [*range(after_ms + HOUR_MS, upto_ms - 60_000, HOUR_MS), upto_ms - 60_000]
        found: list[Reading] = []
        for sku, weight in self.weights.items():
            if sku in self._dead:
                continue
            for at_ms in times:
                grams = TARE_G + (max(0, books.get(sku, 0) + self.off[sku]) + self._chance.gauss(0, _NOISE)) * weight
                if self._chance.random() < _SPIKES:
                    grams += self._chance.choice((-1, 1)) * self._chance.uniform(5, 30) * weight
                if self._chance.random() < _DROPPED:
                    continue
                self._number += 1
                one = Reading(_name(sku), f"r-{self._number}", 0, at_ms, "weight", grams=round(grams, 1))
                found += [one] * (2 if self._chance.random() < _DOUBLED else 1)
        return found


def _name(sku: str) -> str:
    return f"scale-{sku}"

"""Small worlds for tests, with a clock that stands still until it is told otherwise."""

from pathlib import Path

from afterclick.simulator.faults import Faults
from afterclick.simulator.world import DEFAULT_DAY_MS, World

OPENED: list[World] = []


class Clock:
    """Returns `now_ms`, which a test may move."""

    def __init__(self) -> None:
        self.now_ms = DEFAULT_DAY_MS

    def __call__(self) -> int:
        return self.now_ms


def small_world(
    folder: Path, *, faults: Faults | None = None, orders: int = 40, seed: int = 1, clock: Clock | None = None
) -> World:
    return opened(World(folder, seed=seed, orders=orders, skus=200, customers=2_000, faults=faults, now_ms=clock or Clock()))


def opened(world: World) -> World:
    """Have the world closed when the test is over."""
    OPENED.append(world)
    return world

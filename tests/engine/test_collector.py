"""Garbage: what refers to itself is freed while an engine works, and not looked for at every turn."""

import weakref

from afterclick.engine.collector import EVERY_MS
from tests.engine.bench import Bench
from tests.engine.office import opened


class Knot:
    """A thing that refers to itself, as an error with its traceback does."""

    def __init__(self) -> None:
        self.self = self


def knot() -> weakref.ref[Knot]:
    """What is left of one that nobody has any more."""
    return weakref.ref(Knot())


def test_a_working_engine_frees_what_refers_to_itself(bench: Bench) -> None:
    with opened(bench) as office:
        office.work()
        left = knot()
        office.clock.jump(EVERY_MS / 1000)
        assert office.becomes(lambda: left() is None)


def test_garbage_is_looked_for_only_every_half_minute(bench: Bench) -> None:
    with opened(bench) as office:
        office.engine.drain()
        left = knot()
        office.engine.drain()
        assert left() is not None
        office.clock.jump(EVERY_MS / 1000)
        office.engine.drain()
        assert left() is None

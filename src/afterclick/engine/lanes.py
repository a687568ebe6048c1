"""Two lanes through one process: urgent batches do not wait for the bulk to end, only for the stage in hand."""

import threading
from collections.abc import Generator
from contextlib import contextmanager


class Lanes:
    """Bulk stages take turns with urgent batches: while an urgent one is under way, no new bulk stage begins.

    Inside one process threads share the interpreter and, on SQLite, the one writer; letting the bulk stand still for a few
    milliseconds is what makes the urgent order quick.
    """

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._urgent = 0
        self._in_stage = 0

    @contextmanager
    def urgent(self) -> Generator[None, None, None]:
        """Around a whole urgent batch: bulk stages that have not begun wait until it is through."""
        with self._free:
            self._urgent += 1
            self._free.wait_for(lambda: self._in_stage == 0)
        try:
            yield
        finally:
            with self._free:
                self._urgent -= 1
                self._free.notify_all()

    @contextmanager
    def turn(self, *, urgent: bool) -> Generator[None, None, None]:
        """Around one stage. An urgent batch has the way already."""
        if urgent:
            yield
            return
        with self._free:
            self._free.wait_for(lambda: self._urgent == 0)
            self._in_stage += 1
        try:
            yield
        finally:
            with self._free:
                self._in_stage -= 1
                self._free.notify_all()

"""When Python looks for garbage: not in the middle of a batch."""

import gc
from typing import Final

EVERY_MS: Final = 30_000


class Collector:
    """Batches make hundreds of thousands of short-lived records without cycles; looking through them costs a tenth of the time.

    Cycles come from errors and libraries only. While an engine is open they are looked for every `EVERY_MS`.
    """

    def __init__(self) -> None:
        self._looked_ms = 0

    def begin(self) -> None:
        """From now on look only when told to."""
        gc.freeze()
        gc.disable()

    def look(self, now_ms: int) -> None:
        """Look, if it is time."""
        if now_ms - self._looked_ms >= EVERY_MS:
            self._looked_ms = now_ms
            gc.collect()

    def end(self) -> None:
        """Leave it to Python again."""
        gc.enable()
        gc.unfreeze()

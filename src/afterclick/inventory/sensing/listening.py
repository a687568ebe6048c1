"""Listen to sensors beside the other work of a process: what they say is kept before it is acknowledged.

Of several processes of one office one listens; the others stand by, and take over when it ends.
"""

import logging
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy

from afterclick.domain.stock_limits import SensingLimits
from afterclick.inventory.sensing.evidence import take
from afterclick.ports.sensors import Reading, Sensors, Unread
from afterclick.store.database import Database
from afterclick.store.locking import OfficeBusy, office_lock
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

logger = logging.getLogger("afterclick.sensors")
LOOKS_EVERY_S: Final = 5.0
SAID_AGAIN_MS: Final = 3_600_000
"""Messages of one sensor that cannot be read are an event once in this time; each is counted at the sensor."""
_LOCK: Final = 0x5E_45_0B_5E
"""The number of the advisory lock of whoever listens."""
Record = Callable[[Tx, Sequence[Event], str], None]
BY: Final = "sensors"


class Listener:
    """Keeps what sensors say, until stopped."""

    def __init__(
        self, database: Database, sensors: Sensors, *, limits: Callable[[], SensingLimits], record: Record,
        now_ms: Callable[[], int],
    ) -> None:  # fmt: skip
        self._database = database
        self._sensors = sensors
        self._limits = limits
        self._record = record
        self._now_ms = now_ms
        self._complained: dict[str, int] = {}
        self._stopping = threading.Event()
        self.kept = 0

    def run(self) -> None:
        """Listen in this thread, as soon as nobody else does, until `stop`."""
        while not self._stopping.is_set():
            try:
                with _alone(self._database) as alone:
                    if alone:
                        self._sensors.listen(self.keep, until=self._stopping.is_set)
            except Exception as error:
                logger.error("listening to sensors failed, and is tried again: %s", error)
            self._stopping.wait(LOOKS_EVERY_S)

    def stop(self) -> None:
        """End after the batch in hand."""
        self._stopping.set()

    def keep(self, readings: Sequence[Reading], unread: Sequence[Unread]) -> None:
        """Keep a batch in one transaction; see `ports.sensors.Take`."""
        now_ms = self._now_ms()
        with self._database.transaction() as tx:
            taken = take(tx, readings, unread, limits=self._limits(), now_ms=now_ms)
            said = [one for one in taken.events if one.activity != "sensor.unread" or self._says(one, now_ms)]
            if said:
                self._record(tx, said, BY)
        self.kept += taken.kept

    def _says(self, event: Event, now_ms: int) -> bool:
        """Whether a complaint is new enough to be logged."""
        name = event.object or ""
        if now_ms - self._complained.get(name, -SAID_AGAIN_MS) < SAID_AGAIN_MS:
            return False
        if len(self._complained) > 10_000:
            self._complained.clear()
        self._complained[name] = now_ms
        return True


@contextmanager
def beside(listener: Listener | None) -> Generator[None]:
    """Listen in the background for the length of the block; None listens to nobody."""
    if listener is None:
        yield
        return
    thread = threading.Thread(target=listener.run, name="afterclick-sensors", daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.stop()
        thread.join(timeout=30)


@contextmanager
def _alone(database: Database) -> Generator[bool]:
    """Whether nobody else listens for this office; held for the length of the block, and let go when the process ends."""
    if database.is_sqlite:
        path = Path(sqlalchemy.make_url(database.url).database or "")
        try:
            with office_lock(path.with_name(f"{path.name}-sensors")):
                yield True
        except OfficeBusy:
            yield False
        return
    with database.engine.connect() as connection:
        found = connection.execute(sqlalchemy.text("SELECT pg_try_advisory_lock(:number)"), {"number": _LOCK})
        alone = bool(found.scalar())
        connection.commit()
        try:
            yield alone
        finally:
            if alone:
                connection.execute(sqlalchemy.text("SELECT pg_advisory_unlock(:number)"), {"number": _LOCK})
                connection.commit()

"""A stockroom for tests: a warehouse or two, some items, and a clock that is set."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from afterclick.domain.stock_limits import CountingLimits, SensingLimits
from afterclick.inventory.sensing import registry
from afterclick.inventory.sensing.evidence import Taken, take
from afterclick.inventory.sensing.sense import sense_now
from afterclick.ports.sensors import Kind, Reading
from afterclick.store import stock
from afterclick.store.database import Database
from afterclick.store.log import Event
from afterclick.store.stock import Move
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

START_MS: Final = 1_795_132_800_000
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
ITEMS: Final = ("MUG-12", "MUG-21", "POT", "TEA")


class Stockroom:
    """20 pieces of each item in W1, each 100 g and 10.00 EUR."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.now_ms = START_MS
        self.counting, self.sensing = CountingLimits(), SensingLimits()
        for name in ("W1", "W2"):
            tx.run(
                "INSERT INTO warehouses (id, name, country, latitude, longitude, handling) VALUES (?, ?, 'DE', 0, 0, 1)",
                (name, name),
            )
        tx.run_many(
            "INSERT INTO items (sku, name, category, tax_category, weight_g, price, currency, active)"
            " VALUES (?, 'Thing', 'kitchen', 'standard', 100, 1000, 'EUR', ?)",
            [(sku, True) for sku in ITEMS],
        )
        self.move(dict.fromkeys(ITEMS, 20), reason="opening")

    def move(self, pieces: Mapping[str, int], *, warehouse: str = "W1", reason: Any = "receipt", note: str = "") -> None:
        stock.ensure_levels(self.tx, [(sku, warehouse) for sku in pieces])
        moves = [Move(sku, warehouse, count, reason, None, note) for sku, count in pieces.items()]
        stock.move(self.tx, moves, now_ms=self.now_ms)

    def on_hand(self, sku: str, warehouse: str = "W1") -> int:
        return self.tx.value("SELECT on_hand FROM stock_levels WHERE sku = ? AND warehouse = ?", (sku, warehouse))

    def add(self, sensor: str, kind: str = "scale", sku: str = "") -> Event:
        return registry.add(
            self.tx,
            sensor,
            kind=kind,
            warehouse="W1",
            sku=sku,
            tare_g=500 if kind == "scale" else 0,
            tolerance_g=20 if kind == "scale" else 0,
            now_ms=self.now_ms,
        )

    def take(self, *readings: Reading) -> Taken:
        return take(self.tx, readings, limits=self.sensing, now_ms=self.now_ms)

    def sense(self, *, minutes: float = 1.0) -> list[Event]:
        """Let time pass, and compare."""
        self.now_ms += round(minutes * MINUTE_MS)
        return sense_now(self.tx, self.sensing, self.counting, now_ms=self.now_ms)

    def weigh(self, grams: Sequence[float], *, sensor: str = "scale-1") -> None:
        """One reading a minute."""
        for one in grams:
            self.now_ms += MINUTE_MS
            self.take(reading(sensor, "weight", self.now_ms, grams=one))

    def proposed(self) -> list[tuple[str, str, str]]:
        return [tuple(row) for row in self.tx.rows("SELECT sku, state, reason FROM count_tasks ORDER BY id")]

    def state(self, sku: str) -> dict[str, Any]:
        names = ("believed", "drift", "confidence", "bias", "base_ms", "sensors")
        rows = self.tx.rows(f"SELECT {', '.join(names)} FROM sensor_state WHERE sku = ?", (sku,))
        return dict(zip(names, rows[0], strict=True)) if rows else {}


def reading(
    sensor: str,
    kind: Kind,
    at_ms: int,
    *,
    code: str = "",
    serial: str = "",
    pieces: float = 1.0,
    grams: float = 0.0,
    key: str = "",
    line: int = 0,
) -> Reading:
    """A reading with a name of its own."""
    return Reading(sensor, key or f"{sensor}:{at_ms}:{kind}:{code}:{serial}", line, at_ms, kind, code, serial, pieces, grams)


@contextmanager
def stockroom(url: str) -> Generator[Stockroom]:
    """A stockroom for the length of the block."""
    database = Database(url)
    metadata.create_all(database.engine)
    try:
        with database.transaction() as tx:
            yield Stockroom(tx)
    finally:
        database.dispose()

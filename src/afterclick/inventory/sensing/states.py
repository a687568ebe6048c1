"""What is believed of places, looked up."""

from typing import Final

import msgspec

from afterclick.store.transaction import Tx

MOST: Final = 200


class Apart(msgspec.Struct, frozen=True):
    """A place of which sensors say something. `drift` is 0 where they agree with the books; `bias` is what its scales are known
    to be off by; `task` is the count that is on the list for it (0: none)."""

    sku: str
    warehouse: str
    booked: int
    believed: float
    sd: float
    confidence: float
    drift: float
    drift_since_ms: int
    bias: float
    at_ms: int
    sensors: str
    task: int


_SELECT: Final = (
    "SELECT t.sku, t.warehouse, t.booked, t.believed, t.sd, t.confidence, t.drift, t.drift_since_ms, t.bias, t.at_ms, t.sensors,"
    " COALESCE(c.id, 0) FROM sensor_state t LEFT JOIN count_tasks c ON c.sku = t.sku AND c.warehouse = t.warehouse"
    " AND c.state IN ('proposed', 'open')"
)


def apart(tx: Tx) -> list[Apart]:
    """Where sensors and books are apart, longest first."""
    rows = tx.rows(f"{_SELECT} WHERE t.drift <> 0 ORDER BY t.drift_since_ms, t.sku, t.warehouse LIMIT ?", (MOST,))
    return [Apart(*row) for row in rows]


def of(tx: Tx, sku: str) -> list[Apart]:
    """What is believed of one SKU, by warehouse."""
    return [Apart(*row) for row in tx.rows(f"{_SELECT} WHERE t.sku = ? AND t.at_ms > 0 ORDER BY t.warehouse", (sku,))]


def confidence(tx: Tx) -> dict[str, float]:
    """How sure the places are, on the average, in which each sensor has a say; sensors without one are left out."""
    total: dict[str, tuple[float, int]] = {}
    for names, sure in tx.rows(
        "SELECT sensors, confidence FROM sensor_state WHERE sensors <> '' ORDER BY at_ms DESC LIMIT 20000"
    ):
        for name in names.split(", "):
            before, count = total.get(name, (0.0, 0))
            total[name] = (before + sure, count + 1)
    return {name: added / count for name, (added, count) in total.items()}

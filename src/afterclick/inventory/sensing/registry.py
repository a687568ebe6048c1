"""The sensors of the office: which there are, where they look, and how each has been lately."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from afterclick.store.log import Event
from afterclick.store.tables import sensors
from afterclick.store.transaction import Tx

SensorKind = Literal["scale", "gate", "scanner", "other"]
KINDS: Final[tuple[SensorKind, ...]] = ("scale", "gate", "scanner", "other")
LONGEST_ID: Final = 200
MOST_NEW: Final = 1_000
"""So many sensors that nobody knows are listed; whoever floods the office with more is not."""
_COLUMNS: Final = (
    "id", "kind", "name", "warehouse", "sku", "tare_g", "tolerance_g", "state", "since_ms", "last_ms", "usual_ms", "readings",
    "unread", "unread_because", "same_since_ms", "same_booked",
)  # fmt: skip
_READ: Final = f"SELECT {', '.join(_COLUMNS)} FROM sensors"  # noqa: S608  # names from code


class Sensor(msgspec.Struct, frozen=True):
    """A sensor. `warehouse` is where it stands, `sku` what lies on a scale; `usual_ms` is how far its readings are apart, mostly.

    `state`: new (heard of, and not added yet), live, silent, stuck, retired. `unread` messages could not be read.
    """

    id: str
    kind: str
    name: str
    warehouse: str
    sku: str
    tare_g: int
    tolerance_g: int
    state: str
    since_ms: int
    last_ms: int
    usual_ms: int
    readings: int
    unread: int
    unread_because: str
    same_since_ms: int
    same_booked: int

    @property
    def counts(self) -> bool:
        """Whether what it says is evidence."""
        return self.state in ("live", "silent", "stuck")


class NotAddable(ValueError):
    """A sensor cannot be added like this; says why."""


def listed(tx: Tx) -> list[Sensor]:
    """Every sensor, those that need somebody first."""
    order = "CASE state WHEN 'stuck' THEN 0 WHEN 'silent' THEN 1 WHEN 'new' THEN 2 WHEN 'live' THEN 3 ELSE 4 END"
    return [Sensor(*row) for row in tx.rows(f"{_READ} ORDER BY {order}, id LIMIT 5000")]


def named(tx: Tx, ids: Iterable[str]) -> dict[str, Sensor]:
    """Sensors by id; unknown ones are left out."""
    condition, value = tx.among(sorted(set(ids)))
    return {row[0]: Sensor(*row) for row in tx.rows(f"{_READ} WHERE id {condition}", (value,))}


def add(
    tx: Tx, sensor_id: str, *, kind: str, warehouse: str, sku: str = "", tare_g: int = 0, tolerance_g: int = 0, name: str = "",
    now_ms: int,
) -> Event:  # fmt: skip
    """Add a sensor, or change one; what it says counts from now on. The event is the caller's to log.

    Raises:
        NotAddable: the kind, the warehouse or the SKU is not known, a scale has no SKU, or a figure is impossible.
    """
    if not sensor_id or len(sensor_id) > LONGEST_ID or not sensor_id.isprintable():
        raise NotAddable(f"a sensor's id has 1 to {LONGEST_ID} plain characters")
    if kind not in KINDS:
        raise NotAddable(f"there is no kind {kind[:40]!r} of sensor; choose one of {', '.join(KINDS)}")
    if not tx.rows("SELECT 1 FROM warehouses WHERE id = ?", (warehouse,)):
        raise NotAddable(f"there is no warehouse {warehouse[:40]!r}")
    weighs = tx.value("SELECT weight_g FROM items WHERE sku = ?", (sku,)) if sku else None
    if (kind == "scale" or sku) and weighs is None:
        raise NotAddable(f"SKU {sku[:40]!r} is not in the catalogue; say what lies on the scale" if sku else
                         "say with --sku what lies on the scale")  # fmt: skip
    if kind == "scale" and not weighs:
        raise NotAddable(f"the catalogue does not say what a piece of {sku} weighs, so a scale cannot tell how many there are")
    if not 0 <= tare_g <= 10**8 or not 0 <= tolerance_g <= 10**7:
        raise NotAddable("tare and tolerance are grams from 0 on")
    known = tx.rows("SELECT since_ms, last_ms, usual_ms, readings FROM sensors WHERE id = ?", (sensor_id,))
    past: Sequence[int] = known[0] if known else (now_ms, 0, 0, 0)
    tx.run("DELETE FROM sensors WHERE id = ?", (sensor_id,))
    row = (sensor_id, kind, name or sensor_id, warehouse, sku, tare_g, tolerance_g, "live", *past, 0, "", 0, 0)
    tx.insert(sensors, _COLUMNS, [row])
    return Event("sensor.added", None, f"sensor/{sensor_id}", "Pass", f"{kind} in {warehouse}{f' for {sku}' if sku else ''}")


def retire(tx: Tx, sensor_id: str) -> Event:
    """Let a sensor rest: what it says counts no more.

    Raises:
        NotAddable: there is no such sensor.
    """
    if not tx.run("UPDATE sensors SET state = 'retired' WHERE id = ?", (sensor_id,)):
        raise NotAddable(f"there is no sensor {sensor_id[:80]!r}; `afterclick sensors list` names all")
    tx.run("UPDATE sensor_state SET dirty = ? WHERE warehouse = (SELECT warehouse FROM sensors WHERE id = ?)", (True, sensor_id))
    return Event("sensor.retired", None, f"sensor/{sensor_id}", "Pass", "what it says counts no more")


def any_counts(tx: Tx) -> bool:
    """Whether the office has any sensor that somebody has added."""
    return bool(tx.value("SELECT 1 FROM sensors WHERE state IN ('live', 'silent', 'stuck') LIMIT 1"))

"""Think places over: read their evidence, weigh it against the books, and keep what is believed."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.stock_limits import SensingLimits
from afterclick.inventory.sensing.belief import Belief, Standing, believe, is_drift
from afterclick.inventory.sensing.registry import Sensor
from afterclick.inventory.sensing.tracks import Scale, Seen, distinct, passed
from afterclick.store.log import Event
from afterclick.store.tables import sensor_state
from afterclick.store.transaction import Tx

AT_ONCE: Final = 2_000
"""Places that are thought over in one run; the others stay marked for the next."""
_PLACES: Final = """
SELECT t.sku, t.warehouse, COALESCE(s.on_hand, 0), COALESCE(s.reserved, 0), COALESCE(i.weight_g, 0), t.base_ms, t.base_pieces,
  t.bias, t.drift, t.drift_since_ms,
  COALESCE((SELECT MAX(c.at_ms) FROM stock_counts c WHERE c.sku = t.sku AND c.warehouse = t.warehouse), 0),
  COALESCE((SELECT c.counted FROM stock_counts c WHERE c.sku = t.sku AND c.warehouse = t.warehouse
    ORDER BY c.at_ms DESC, c.id DESC LIMIT 1), 0)
FROM sensor_state t
LEFT JOIN stock_levels s ON s.sku = t.sku AND s.warehouse = t.warehouse
LEFT JOIN items i ON i.sku = t.sku
WHERE t.dirty OR t.drift <> 0 OR t.booked <> COALESCE(s.on_hand, 0)
ORDER BY t.at_ms, t.sku, t.warehouse LIMIT ?
"""
_KEPT: Final = (
    "dirty", "believed", "sd", "confidence", "drift", "drift_since_ms", "booked", "at_ms", "base_ms", "base_pieces", "bias",
    "sensors",
)  # fmt: skip


class Thought(NamedTuple):
    """A place that was thought over; `lasts_ms` is for how long sensors have been away from the books (−1: they are not)."""

    sku: str
    warehouse: str
    booked: int
    belief: Belief
    lasts_ms: int


class _Place(NamedTuple):
    sku: str
    warehouse: str
    on_hand: int
    reserved: int
    weight_g: int
    base_ms: int
    base_pieces: int
    bias: float
    drift: float
    since_ms: int
    counted_ms: int
    counted: int


def think(tx: Tx, limits: SensingLimits, sensors: Sequence[Sensor], *, now_ms: int) -> tuple[list[Thought], list[Event]]:
    """Every place that has new evidence, a drift, or other books than before; with the events, for the caller to log."""
    places = [_Place(*row) for row in tx.rows(_PLACES, (AT_ONCE,))]
    evidence = _evidence(tx, places, limits, now_ms=now_ms)
    scales = _scales(sensors)
    thoughts: list[Thought] = []
    events: list[Event] = []
    rows: list[tuple[object, ...]] = []
    for place in places:
        seen = evidence.get((place.sku, place.warehouse), [])
        row, thought, event = _think(place, seen, scales.get((place.sku, place.warehouse), {}), limits, now_ms)
        rows.append(row)
        thoughts.append(thought)
        events += event
    tx.update(sensor_state, keys=("sku", "warehouse"), sets=_KEPT, rows=rows)  # pyright: ignore[reportArgumentType]
    return thoughts, events


def _think(
    place: _Place, seen: Sequence[Seen], scales: Mapping[str, Scale], limits: SensingLimits, now_ms: int
) -> tuple[tuple[object, ...], Thought, list[Event]]:
    base_ms, base_pieces, waits = _base(place, seen, limits, now_ms)
    bias, events = place.bias, list[Event]()
    standing = Standing(place.on_hand, place.reserved, base_ms, base_pieces, place.weight_g, bias)
    belief = believe(standing, seen, scales, limits, now_ms=now_ms)
    since_ms = _since(place, belief, limits, now_ms)
    if since_ms and place.counted_ms > since_ms and scales:
        # Somebody has counted since, and the books stand: then the scales are off, by what they say.
        bias += belief.drift
        says = f"a count stands by the books: the scales are {belief.drift:+.1f} pieces off, which is allowed for from now on"
        events.append(Event("sensor.doubted", None, f"stock/{place.sku}@{place.warehouse}", "Pass", says))
        belief, since_ms = believe(standing._replace(bias=bias), seen, scales, limits, now_ms=now_ms), 0
    row = (
        waits, belief.pieces, belief.sd, belief.confidence, belief.drift if since_ms else 0.0, since_ms, place.on_hand, now_ms,
        base_ms, base_pieces, bias, ", ".join(belief.sensors), place.sku, place.warehouse,
    )  # fmt: skip
    lasts_ms = now_ms - since_ms if since_ms else -1
    return row, Thought(place.sku, place.warehouse, place.on_hand, belief, lasts_ms), events


def _since(place: _Place, belief: Belief, limits: SensingLimits, now_ms: int) -> int:
    """Since when sensors have been away from the books, all the time and to the same side; 0: they are not."""
    if not is_drift(belief, place.on_hand, limits):
        return 0
    same = place.since_ms and (place.drift > 0) == (belief.drift > 0)
    return place.since_ms if same else now_ms


def _base(place: _Place, seen: Sequence[Seen], limits: SensingLimits, now_ms: int) -> tuple[int, int, bool]:
    """Where passages are added up from: the last count, or else the books at a quiet moment; and whether to look again."""
    if place.counted_ms > place.base_ms:
        return place.counted_ms, place.counted, False
    if place.base_ms:
        return place.base_ms, place.base_pieces, False
    last_ms = max((one.at_ms for one in seen if one.kind in ("in", "out")), default=0)
    if not last_ms:
        return 0, 0, False
    quiet = now_ms - last_ms >= limits.drift_minutes * 60_000
    return (now_ms, place.on_hand, False) if quiet else (0, 0, True)


def _scales(sensors: Sequence[Sensor]) -> dict[tuple[str, str], dict[str, Scale]]:
    """The scales of each place. Where one of them does not work, none is there: the sum would lack its part."""
    found: dict[tuple[str, str], dict[str, Scale]] = {}
    broken = {(one.sku, one.warehouse) for one in sensors if one.kind == "scale" and one.state in ("silent", "stuck")}
    for one in sensors:
        if one.kind == "scale" and one.state == "live" and (one.sku, one.warehouse) not in broken:
            found.setdefault((one.sku, one.warehouse), {})[one.id] = Scale(one.id, one.tare_g, one.tolerance_g)
    return found


def _evidence(tx: Tx, places: Sequence[_Place], limits: SensingLimits, *, now_ms: int) -> dict[tuple[str, str], list[Seen]]:
    """The readings of these places that may say something: passages since the base, levels of late."""
    condition, value = tx.among(sorted({place.sku for place in places}))
    window_ms = now_ms - round(limits.window_minutes * 60_000)
    said = (
        "SELECT e.sku, e.warehouse, e.at_ms, e.key, e.line, e.sensor, e.kind, e.code, e.serial, e.pieces, e.grams"  # noqa: S608
        " FROM sensor_state t JOIN sensor_events e ON e.sku = t.sku AND e.warehouse = t.warehouse"
        " JOIN sensors n ON n.id = e.sensor AND n.state IN ('live', 'stuck', 'silent')"
        f" WHERE t.sku {condition} AND NOT e.void"
    )
    rows = tx.rows(
        f"{said} AND e.kind IN ('in', 'out') AND e.at_ms > t.base_ms"
        f" UNION ALL {said} AND e.kind IN ('weight', 'count') AND e.at_ms > ?",
        (value, value, window_ms),
    )
    found: dict[tuple[str, str], list[Seen]] = {}
    for sku, warehouse, *seen in rows:
        found.setdefault((sku, warehouse), []).append(Seen(*seen))
    return {place: distinct(seen) for place, seen in found.items()}


def clear(tx: Tx, limits: SensingLimits, *, now_ms: int) -> int:
    """Forget evidence that is too old, after adding its passages to the base of their places; returns how much went."""
    until_ms = now_ms - round(limits.late_days * 86_400_000)
    if not tx.value("SELECT 1 FROM sensor_events WHERE at_ms <= ? LIMIT 1", (until_ms,)):
        return 0
    rows = tx.rows(
        "SELECT e.sku, e.warehouse, t.base_ms, e.at_ms, e.key, e.line, e.sensor, e.kind, e.code, e.serial, e.pieces, e.grams"
        " FROM sensor_events e JOIN sensor_state t ON t.sku = e.sku AND t.warehouse = e.warehouse"
        " WHERE e.at_ms <= ? AND e.kind IN ('in', 'out') AND NOT e.void AND t.base_ms > 0 AND e.at_ms > t.base_ms",
        (until_ms,),
    )
    old: dict[tuple[str, str, int], list[Seen]] = {}
    for sku, warehouse, base_ms, *seen in rows:
        old.setdefault((sku, warehouse, base_ms), []).append(Seen(*seen))
    tx.run_many(
        "UPDATE sensor_state SET base_pieces = base_pieces + ?, base_ms = ? WHERE sku = ? AND warehouse = ?",
        [
            (round(passed(distinct(seen), after_ms=base_ms, limits=limits).net), until_ms, sku, warehouse)
            for (sku, warehouse, base_ms), seen in sorted(old.items())
        ],
    )
    return tx.run("DELETE FROM sensor_events WHERE at_ms <= ?", (until_ms,))

"""Sensors that have failed: silent for longer than is usual for them, or stuck at one value while goods were booked."""

from collections.abc import Sequence
from typing import Final

from afterclick.domain.stock_limits import SensingLimits
from afterclick.inventory.sensing.registry import Sensor
from afterclick.inventory.sensing.tracks import Seen, distinct, same_lately
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

_HOUR_MS: Final = 3_600_000


def is_silent(sensor: Sensor, limits: SensingLimits, *, now_ms: int) -> bool:
    """Whether it has said nothing for longer than fits its usual interval. Gates and scanners may rest for long."""
    if sensor.kind == "scale":
        patience_ms = max(limits.silent_times * sensor.usual_ms, limits.silent_minutes * 60_000)
    else:
        patience_ms = max(limits.silent_times * sensor.usual_ms, limits.silent_hours_gate * _HOUR_MS)
    return now_ms - max(sensor.last_ms, sensor.since_ms) > patience_ms


def watch(tx: Tx, sensors: Sequence[Sensor], limits: SensingLimits, *, now_ms: int) -> list[Event]:
    """Note which sensors are silent or stuck now, and which are well again; one event for each change."""
    scales = [one for one in sensors if one.kind == "scale" and one.state in ("live", "stuck")]
    held = _same(tx, scales, limits, now_ms=now_ms)
    rows: list[tuple[str | int, ...]] = []
    events: list[Event] = []
    for one in sensors:
        if one.state not in ("live", "stuck"):
            continue
        same_since_ms, same_booked, off = held.get(one.id, (0, 0, 0))
        if is_silent(one, limits, now_ms=now_ms):
            state = "silent"
        elif same_since_ms and (one.state == "stuck" or off >= limits.stuck_pieces):
            state = "stuck"
        else:
            state = "live"
        if (state, same_since_ms, same_booked) != (one.state, one.same_since_ms, one.same_booked):
            rows.append((state, same_since_ms, same_booked, one.id))
        if state != one.state:
            events.append(_said(one, state, off, now_ms))
    tx.run_many("UPDATE sensors SET state = ?, same_since_ms = ?, same_booked = ? WHERE id = ?", rows)
    tx.run_many(
        "UPDATE sensor_state SET dirty = ? WHERE warehouse = ? AND (sku = ? OR ? = '')",
        [
            (True, one.warehouse, one.sku, one.sku)
            for one in sensors
            if any(event.object == f"sensor/{one.id}" for event in events)
        ],
    )
    return events


def _same(tx: Tx, scales: Sequence[Sensor], limits: SensingLimits, *, now_ms: int) -> dict[str, tuple[int, int, int]]:
    """Scales whose last readings are all alike: since when, what was booked then, and how much was booked in or out since."""
    condition, value = tx.among(sorted({one.sku for one in scales}))
    window_ms = now_ms - round(limits.window_minutes * 60_000)
    rows = tx.rows(
        "SELECT sensor, at_ms, key, line, grams FROM sensor_events"  # noqa: S608
        f" WHERE sku {condition} AND kind = 'weight' AND at_ms > ? AND NOT void",
        (value, window_ms),
    )
    readings: dict[str, list[Seen]] = {}
    for sensor, at_ms, key, line, grams in rows:
        readings.setdefault(sensor, []).append(Seen(at_ms, key, line, sensor, "weight", "", "", 0.0, grams))
    booked = {
        (sku, warehouse): on_hand
        for sku, warehouse, on_hand in tx.rows(
            f"SELECT sku, warehouse, on_hand FROM stock_levels WHERE sku {condition}",  # noqa: S608
            (value,),
        )
    }
    found: dict[str, tuple[int, int, int]] = {}
    for one in scales:
        first = same_lately(distinct(readings.get(one.id, [])), one.id, limits.stuck_readings)
        now_booked = booked.get((one.sku, one.warehouse), 0)
        if first is not None:
            known = one.same_since_ms > 0
            since_ms, then = (one.same_since_ms, one.same_booked) if known else (first.at_ms, now_booked)
            found[one.id] = (since_ms, then, abs(now_booked - then))
    return found


def _said(one: Sensor, state: str, off: int, now_ms: int) -> Event:
    minutes = (now_ms - max(one.last_ms, one.since_ms)) // 60_000
    because = {
        "silent": f"nothing was heard for {minutes:,} min; usual are {max(1, one.usual_ms // 60_000):,}: look at its power",
        "stuck": f"it says the same to the gram while {off:,} pieces were booked. It hangs, or the bookings are wrong",
        "live": "it works again",
    }[state]
    activity = {"silent": "sensor.silent", "stuck": "sensor.stuck", "live": "sensor.back"}[state]
    return Event(activity, None, f"sensor/{one.id}", "Pass" if state == "live" else "Wait", because)

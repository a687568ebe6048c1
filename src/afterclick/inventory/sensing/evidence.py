"""Take in what sensors say: each reading once, in its place in time, and never as a change of stock."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.stock_limits import SensingLimits
from afterclick.inventory.sensing import registry
from afterclick.inventory.sensing.codes import Meant, meanings
from afterclick.inventory.sensing.registry import Sensor
from afterclick.ports.sensors import Reading, Unread
from afterclick.store.log import Event
from afterclick.store.tables import sensors
from afterclick.store.transaction import Tx

AHEAD_MS: Final = 300_000
"""A sensor's clock may be so far ahead; beyond, the moment of arrival counts."""
MOST_PIECES: Final = 10**7
MOST_GRAMS: Final = 10**9
_EVENT: Final = (
    "key", "line", "sensor", "at_ms", "arrived_ms", "kind", "code", "serial", "sku", "warehouse", "pieces", "grams", "step",
    "void",
)  # fmt: skip
_NEW: Final = ("id", "kind", "name", "state", "since_ms", "last_ms", "readings")


class Taken(NamedTuple):
    """What became of readings: kept as evidence, heard before, too late, from sensors that nobody added, or about goods that
    nobody knows; and the events, for the caller to log."""

    kept: int
    repeated: int
    late: int
    unknown_sensor: int
    unknown_item: int
    events: tuple[Event, ...]


def take(tx: Tx, readings: Sequence[Reading], unread: Sequence[Unread] = (), *, limits: SensingLimits, now_ms: int) -> Taken:
    """Keep readings as evidence. The same reading again changes nothing; one that declares an error takes its event back."""
    once = {(one.key, one.line, one.kind == "void"): one for one in readings if _possible(one)}
    known = registry.named(tx, [*(one.sensor for one in once.values()), *(one.sensor for one in unread)])
    _introduce(tx, [one.sensor for one in (*once.values(), *unread) if one.sensor not in known], now_ms=now_ms)
    heard = [one for one in once.values() if one.sensor in known and known[one.sensor].counts]
    oldest_ms = now_ms - round(limits.late_days * 86_400_000)
    timely = [one for one in heard if one.at_ms > oldest_ms]
    fresh = _fresh(tx, timely)
    meant = meanings(tx, {one.code for one in fresh})
    rows = [_row(one, known[one.sensor], meant, now_ms) for one in fresh]
    columns = f"({', '.join(_EVENT)}) VALUES ({', '.join('?' * len(_EVENT))})"
    tx.run_many(f"INSERT INTO sensor_events {columns} ON CONFLICT DO NOTHING", rows)
    taken_back = _take_back(tx, timely)
    _mark(tx, {(str(row[8]), str(row[9])) for row in rows if row[8] and row[9]} | taken_back)
    events = _heard(tx, timely, known, now_ms=now_ms) + _complain(tx, unread)
    placed = sum(1 for row in rows if row[8] or row[5] in ("alive", "measure"))
    return Taken(
        placed, len(timely) - len(fresh), len(heard) - len(timely), len(once) - len(heard), len(rows) - placed, tuple(events)
    )


def _possible(one: Reading) -> bool:
    """Whether the figures of a reading can be those of goods; connectors say the reason, here nothing slips through."""
    finite = math.isfinite(one.pieces) and math.isfinite(one.grams)
    return finite and 0 <= one.pieces <= MOST_PIECES and abs(one.grams) <= MOST_GRAMS and bool(one.sensor) and one.at_ms > 0


def _fresh(tx: Tx, readings: Sequence[Reading]) -> list[Reading]:
    """Those that are neither kept yet nor declared an error, sorted so that all workers lock rows in one order."""
    condition, value = tx.among(sorted({one.key for one in readings}))
    rows = tx.rows(f"SELECT key, line, void FROM sensor_events WHERE key {condition}", (value,))  # noqa: S608
    kept = {(key, line) for key, line, _ in rows}
    wrong = {key for key, _, void in rows if void}
    return sorted(
        (one for one in readings if (one.key, one.line) not in kept and one.key not in wrong), key=lambda one: (one.key, one.line)
    )


def _row(one: Reading, sensor: Sensor, meant: Mapping[str, Meant], now_ms: int) -> tuple[str | int | float | bool, ...]:
    item = meant.get(one.code)
    sku = sensor.sku or (item.sku if item else "")
    if one.kind in ("alive", "measure"):
        sku = ""
    at_ms = one.at_ms if one.at_ms <= now_ms + AHEAD_MS else now_ms
    return (
        one.key, one.line, one.sensor, at_ms, now_ms, one.kind, one.code, one.serial or (item.serial if item else ""), sku,
        sensor.warehouse, one.pieces * (item.pieces if item else 1), one.grams, one.step, one.kind == "void",
    )  # fmt: skip


def _take_back(tx: Tx, readings: Sequence[Reading]) -> set[tuple[str, str]]:
    """Readings whose event was declared an error say nothing any more; returns the places they spoke of."""
    wrong = sorted({one.key for one in readings if one.kind == "void"})
    if not wrong:
        return set()
    condition, value = tx.among(wrong)
    places = tx.rows(f"SELECT DISTINCT sku, warehouse FROM sensor_events WHERE key {condition} AND sku <> ''", (value,))  # noqa: S608
    tx.run(f"UPDATE sensor_events SET void = ? WHERE key {condition}", (True, value))  # noqa: S608
    return {(sku, warehouse) for sku, warehouse in places}


def _mark(tx: Tx, places: set[tuple[str, str]]) -> None:
    """Let these places be thought over."""
    tx.run_many(
        "INSERT INTO sensor_state (sku, warehouse, dirty) VALUES (?, ?, ?)"
        " ON CONFLICT (sku, warehouse) DO UPDATE SET dirty = excluded.dirty",
        [(sku, warehouse, True) for sku, warehouse in sorted(places)],
    )


def _introduce(tx: Tx, ids: Sequence[str], *, now_ms: int) -> None:
    """List sensors that nobody has added, so that somebody may."""
    counted = Counter(one for one in ids if one and len(one) <= registry.LONGEST_ID and one.isprintable())
    room = registry.MOST_NEW - (tx.value("SELECT COUNT(*) FROM sensors WHERE state = 'new'") or 0)
    rows = [(one, "other", one, "new", now_ms, now_ms, count) for one, count in sorted(counted.items())[: max(0, room)]]
    tx.insert(sensors, _NEW, rows)


def _heard(tx: Tx, readings: Sequence[Reading], known: Mapping[str, Sensor], *, now_ms: int) -> list[Event]:
    """Note when each sensor was last heard and how far its readings are apart; one that was silent is back."""
    last = Counter[str]()
    count = Counter(one.sensor for one in readings)
    for one in readings:
        last[one.sensor] = max(last[one.sensor], min(one.at_ms, now_ms))
    rows: list[tuple[int | str, ...]] = []
    events: list[Event] = []
    for name in sorted(count):
        sensor = known[name]
        gap = max(0, last[name] - sensor.last_ms) // count[name] if sensor.last_ms else 0
        usual = (9 * sensor.usual_ms + gap) // 10 if sensor.usual_ms and gap else sensor.usual_ms or gap
        back = sensor.state == "silent" and last[name] > sensor.last_ms
        rows.append((max(last[name], sensor.last_ms), usual, count[name], "live" if back else sensor.state, name))
        if back:
            events.append(Event("sensor.back", None, f"sensor/{name}", "Pass", "it says something again"))
    tx.run_many("UPDATE sensors SET last_ms = ?, usual_ms = ?, readings = readings + ?, state = ? WHERE id = ?", rows)
    return events


def _complain(tx: Tx, unread: Sequence[Unread]) -> list[Event]:
    """Note messages that could not be read at their sensor; one event for each sensor."""
    last = {one.sensor: one.because for one in unread}
    count = Counter(one.sensor for one in unread)
    tx.run_many(
        "UPDATE sensors SET unread = unread + ?, unread_because = ? WHERE id = ?",
        [(count[name], because[:300], name) for name, because in sorted(last.items())],
    )
    return [
        Event("sensor.unread", None, f"sensor/{name[: registry.LONGEST_ID]}", "Refuse",
              f"{count[name]:,} messages were dropped: {because[:300]}")
        for name, because in sorted(last.items())
    ]  # fmt: skip

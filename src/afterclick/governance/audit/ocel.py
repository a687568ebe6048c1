"""The log as an object-centric event log for process mining: OCEL 2.0 in JSON, written as it is read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from afterclick.governance.audit import ocel_objects
from afterclick.governance.audit.ocel_objects import Named, Related
from afterclick.governance.audit.spreadsheet import block_span, iso
from afterclick.store.streaming import streamed
from afterclick.store.transaction import Tx

_AT_ONCE: Final = 1_000
_ATTRIBUTES: Final = (
    ("verdict", "string"), ("because", "string"), ("version", "string"), ("mode", "string"), ("block", "integer"),
)  # fmt: skip


def parts(tx: Tx, *, from_ms: int = 0, to_ms: int = 0) -> Iterator[bytes]:
    """The events of a stretch of time (0: no limit), and every object that they are about, as one JSON document in parts.

    The events come first, then the objects, then the types: what there is of them is known by then. Amounts are minor units,
    times ISO 8601 in UTC, and values are texts, whatever their type says.
    Source: OCEL (Object-Centric Event Log) Specification 2.0, 2024, section on JSON.
    """
    span = block_span(tx, from_ms=from_ms, to_ms=to_ms)
    seen = ocel_objects.Seen()
    activities: set[str] = set()
    yield b'{"events":['
    yield from _listed(_events(tx, span, seen, activities))
    yield b'],"objects":['
    kinds: dict[str, dict[str, str]] = {}
    yield from _listed(_objects(tx, seen, kinds))
    yield b'],"eventTypes":'
    yield _encode([{"name": name, "attributes": [_type(*one) for one in _ATTRIBUTES]} for name in sorted(activities)])
    yield b',"objectTypes":'
    yield _encode([
        {"name": kind, "attributes": [_type(name, known) for name, known in sorted(attributes.items())]}
        for kind, attributes in sorted(kinds.items())
    ])  # fmt: skip
    yield b"}"


def _events(tx: Tx, span: tuple[int, int], seen: ocel_objects.Seen, activities: set[str]) -> Iterator[dict[str, object]]:
    rows = streamed(
        tx,
        "SELECT e.block, e.seq, e.activity, e.order_id, e.object, e.verdict, e.because, e.key,"
        " b.at_ms, b.actor, b.version, b.mode"
        " FROM events e JOIN blocks b ON b.number = e.block WHERE e.block BETWEEN ? AND ? ORDER BY e.block, e.seq",
        span,
    )
    for row in rows:
        block, seq, activity, order_id, named, verdict, because, key, at_ms, actor, version, mode = row
        activities.add(activity)
        related = seen.of_event(activity, order_id, named, because, key, actor)
        values = zip(_ATTRIBUTES, (verdict, because, version, mode, block), strict=True)
        yield {
            "id": f"event-{block}-{seq}",
            "type": activity,
            "time": iso(at_ms),
            "attributes": [{"name": name, "value": str(value)} for (name, _), value in values if value != ""],
            "relationships": _relationships(related),
        }


def _objects(tx: Tx, seen: ocel_objects.Seen, kinds: dict[str, dict[str, str]]) -> Iterator[dict[str, object]]:
    for one in ocel_objects.objects(tx, seen):
        known = kinds.setdefault(one.kind, {})
        known |= {name: "integer" if isinstance(value, int) else "string" for name, value, _ in one.attributes}
        yield _object(one)


def _object(one: Named) -> dict[str, object]:
    return {
        "id": one.id,
        "type": one.kind,
        "attributes": [{"name": name, "time": iso(at_ms), "value": str(value)} for name, value, at_ms in one.attributes],
        "relationships": _relationships(one.related),
    }


def _relationships(related: Sequence[Related]) -> list[dict[str, str]]:
    return [{"objectId": one.id, "qualifier": one.qualifier} for one in dict.fromkeys(related)]


def _listed(values: Iterable[dict[str, object]]) -> Iterator[bytes]:
    """Values as the inside of a JSON list, many to a part."""
    part: list[bytes] = []
    comma = b""
    for value in values:
        part.append(comma + _encode(value))
        comma = b",\n"
        if len(part) == _AT_ONCE:
            yield b"".join(part)
            part.clear()
    yield b"".join(part)


def _type(name: str, kind: str) -> dict[str, str]:
    return {"name": name, "type": kind}


def _encode(value: object) -> bytes:
    return msgspec.json.encode(value)

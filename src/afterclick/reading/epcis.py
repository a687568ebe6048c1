"""Read EPCIS 2.0 documents in JSON into what they say of goods in places.

Source: GS1 EPCIS 2.0 and CBV 2.0 (2022), JSON/JSON-LD binding: `epcisBody.eventList` with Object-, Aggregation-, Association-,
Transaction- and TransformationEvents. A document, a list of events and one event alone are read. Whatever is not understood is
left out; an event that cannot be read is named, and the others go on.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

import msgspec

from afterclick.ports.sensors import Kind, Reading, Unread

MOST_EVENTS: Final = 100_000
MOST_LINES: Final = 20_000
"""Goods named in one event."""
LONGEST: Final = 500
_IN: Final = frozenset(
    {"receiving", "arriving", "accepting", "unloading", "void_shipping", "commissioning", "creating_class_instance"}
)
_OUT: Final = frozenset({"shipping", "departing", "loading", "retail_selling", "dispensing", "consigning", "destroying",
                         "decommissioning"})  # fmt: skip
_ALL: Final = frozenset({"cycle_counting", "stock_taking"})
"""What a business step says of the pieces that an event names: they came in, went out, or are all there is (CBV 2.0, 7.1)."""
_GRAMS: Final = {"KGM": 1_000.0, "GRM": 1.0, "LBR": 453.59237, "ONZ": 28.349523125, "TNE": 1_000_000.0, "MGM": 0.001}
_SOURCE: Final = "epcis"
Facts = Mapping[str, Any]


class NotEpcis(ValueError):
    """This is no EPCIS document in JSON; says why."""


class Captured(msgspec.Struct, frozen=True):
    """What a document says: so many events, what they say of goods, and the events that could not be read."""

    events: int
    readings: tuple[Reading, ...]
    unread: tuple[Unread, ...]


def read(body: bytes) -> Captured:
    """Read a document.

    Raises:
        NotEpcis: it is not JSON, not a document with events, nested too deeply, or has too many events.
    """
    try:
        found = msgspec.json.decode(body)
    except RecursionError as error:
        raise NotEpcis("the document is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotEpcis(f"this is not JSON: {error}"[:300]) from error
    events = _events(found)
    if len(events) > MOST_EVENTS:
        raise NotEpcis(f"the document has {len(events):,} events; send at most {MOST_EVENTS:,} at once")
    readings: list[Reading] = []
    unread: list[Unread] = []
    for number, event in enumerate(events, 1):
        try:
            readings += _of_event(event)
        except ValueError as error:
            unread.append(Unread(_SOURCE, f"event {number}: {error}"[:300]))
    return Captured(len(events), tuple(readings), tuple(unread))


def _events(found: object) -> Sequence[object]:
    if isinstance(found, list):
        return cast(list[object], found)
    if not isinstance(found, dict):
        raise NotEpcis("this is no EPCIS document: it is neither an object nor a list of events")
    document = cast(dict[str, Any], found)
    if str(document.get("type", document.get("isA", ""))).endswith("Event"):
        return [document]
    body: Any = document.get("epcisBody")
    events: Any = cast(dict[str, Any], body).get("eventList") if isinstance(body, dict) else None
    if not isinstance(events, list):
        raise NotEpcis("this is no EPCIS document: it has no epcisBody.eventList")
    return cast(list[object], events)


def _of_event(found: object) -> list[Reading]:
    """What one event says: a reading for each kind of goods, or one without goods where it only tells of a sensor."""
    if not isinstance(found, dict):
        raise ValueError("an event is an object")
    event = cast(dict[str, Any], found)
    kind = _text(event, "type") or _text(event, "isA")
    if kind not in _GOODS:
        raise ValueError(f"there is no event of type {kind[:60]!r}")
    at_ms, key = _instant(_text(event, "eventTime")), f"{_SOURCE}:{_text(event, 'eventID') or _mark(event)}"[:LONGEST]
    step, sensor = _plain(_text(event, "bizStep")), _place(event)
    if "errorDeclaration" in event:
        error: Any = event["errorDeclaration"]
        if not isinstance(error, dict):
            raise ValueError("errorDeclaration is no object")
        _instant(_text(cast(dict[str, Any], error), "declarationTime"))
        return [Reading(sensor, key, 0, at_ms, "void", step=step)]
    readings: list[Reading] = []
    for says, code, pieces, grams in _goods(event, kind, step):
        if len(readings) >= MOST_LINES:
            raise ValueError(f"it names more than {MOST_LINES:,} kinds of goods")
        readings.append(Reading(sensor, key, len(readings), at_ms, says, code, "", pieces, grams, step))
    return readings or [Reading(sensor, key, 0, at_ms, "measure" if event.get("sensorElementList") else "alive", step=step)]


_GOODS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "ObjectEvent": (("epcList", "quantityList", ""),),
    "TransactionEvent": (("epcList", "quantityList", ""),),
    "AggregationEvent": (("childEPCs", "childQuantityList", ""),),
    "AssociationEvent": (("childEPCs", "childQuantityList", ""),),
    "TransformationEvent": (("inputEPCList", "inputQuantityList", "out"), ("outputEPCList", "outputQuantityList", "in")),
}
"""Where each type of event names its goods: single ones, quantities, and what became of them whatever the step says."""


def _goods(event: Facts, kind: str, step: str) -> Iterator[tuple[Kind, str, float, float]]:
    """(what is said, code, pieces, grams) of all goods that an event says something of."""
    for singles, quantities, fixed in _GOODS[kind]:
        says = cast(Kind, fixed) if fixed else _says(event, kind, step)
        for code in _list(event, singles):
            if not isinstance(code, str) or len(code) > LONGEST:
                raise ValueError(f"{singles} holds something that is no code")
            if says:
                yield says, code, 1.0, 0.0
        for one in _list(event, quantities):
            if not isinstance(one, dict):
                raise ValueError(f"{quantities} holds something that is no quantity")
            quantity = cast(dict[str, Any], one)
            code, pieces, unit = _text(quantity, "epcClass"), _number(quantity), _text(quantity, "uom")
            if says and pieces is not None and (not unit or unit in ("EA", "H87", "C62")):
                yield says, code, pieces, 0.0
            elif says and pieces is not None and unit in _GRAMS:
                yield "measure", code, 0.0, pieces * _GRAMS[unit]


def _says(event: Facts, kind: str, step: str) -> Kind | None:
    """What an event says of the pieces that it names; None where they stay where they are, as in packing."""
    for steps, says in ((_ALL, "count"), (_IN, "in"), (_OUT, "out")):
        if step in steps:
            return cast(Kind, says)
    if kind == "ObjectEvent" and not step:
        return cast("Kind | None", {"ADD": "in", "DELETE": "out"}.get(_text(event, "action")))
    return None


def _place(event: Facts) -> str:
    """The sensor that speaks: the read point, else the place of business, else the first device."""
    for name in ("readPoint", "bizLocation"):
        where: Any = event.get(name)
        if isinstance(where, dict):
            return _text(cast(dict[str, Any], where), "id")
    for element in _list(event, "sensorElementList"):
        about: Any = cast(dict[str, Any], element).get("sensorMetadata") if isinstance(element, dict) else None
        if isinstance(about, dict) and (device := _text(cast(dict[str, Any], about), "deviceID")):
            return device
    return _SOURCE


def _mark(event: Facts) -> str:
    """A name for an event without one: the same content gives the same name, whatever the order and time of capture."""
    content = {
        name: value for name, value in event.items() if name not in ("recordTime", "errorDeclaration", "eventID", "@context")
    }
    return "sha-256;" + hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def _text(facts: Facts, name: str) -> str:
    value = facts.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST or "\0" in value:
        raise ValueError(f"{name} is no text of at most {LONGEST} characters")
    return value


def _list(facts: Facts, name: str) -> list[Any]:
    value = facts.get(name, [])
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")
    return cast(list[Any], value)


def _number(quantity: Facts) -> float | None:
    value = quantity.get("quantity")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10**9:
        raise ValueError("a quantity is a number from 0 on")
    return float(value)


def _plain(step: str) -> str:
    """A business step by its bare name, which may stand behind `urn:epcglobal:cbv:bizstep:` or `https://…/cbv/BizStep-`."""
    return step.rpartition(":")[2].rpartition("BizStep-")[2]


def _instant(text: str) -> int:
    """Milliseconds since 1970 of an ISO 8601 instant with its offset."""
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise ValueError(f"{text[:60]!r} is no time; write 2026-11-20T10:00:00.000Z") from error
    if at.tzinfo is None:
        raise ValueError(f"the time {text[:60]!r} has no offset; write Z or +01:00 behind it")
    try:
        return round(at.timestamp() * 1000)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"the time {text[:60]!r} is out of range") from error

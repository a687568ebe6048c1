"""Read one message of a sensor, as `ports.sensors` describes it: strictly, and with the reason where it cannot be used."""

import hashlib
import math
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from afterclick.ports.sensors import LARGEST_MESSAGE, Kind, Reading

Text = Annotated[str, msgspec.Meta(max_length=300)]
Instant = Annotated[str, msgspec.Meta(max_length=40)] | int | None
_LEAST_MS: Final = 946_684_800_000
"""The year 2000: what is older was sent by a clock that was never set."""
_MOST_MS: Final = 4_102_444_800_000


class _Read(msgspec.Struct):
    epc: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    direction: Literal["in", "out"]
    at: Instant = None


class _Message(msgspec.Struct):
    id: Text = ""
    at: Instant = None
    grams: Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)] | None = None
    reads: Annotated[list[_Read], msgspec.Meta(max_length=2_000)] | None = None
    code: Text = ""
    pieces: Annotated[float, msgspec.Meta(ge=0, le=1e7)] = 1.0
    direction: Literal["in", "out", "count"] | None = None
    alive: bool = False


class Unusable(ValueError):
    """A message cannot be used; says why."""


_DECODER: Final = msgspec.json.Decoder(_Message)


def read(sensor: str, payload: bytes, *, arrived_ms: int) -> list[Reading]:
    """The readings in a message of this sensor.

    Raises:
        Unusable: it is too large, not JSON, of another shape, says two things at once or nothing, or has an impossible time.
    """
    if len(payload) > LARGEST_MESSAGE:
        raise Unusable(f"the message has {len(payload):,} bytes; {LARGEST_MESSAGE:,} are the most")
    try:
        message = _DECODER.decode(payload)
    except RecursionError as error:
        raise Unusable("the message is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unusable(f"the message cannot be read: {error}"[:300]) from error
    if any("\0" in text for text in (message.id, message.code, *(one.epc for one in message.reads or ()))):
        raise Unusable("a text has the character U+0000")
    at_ms = _instant(message.at, arrived_ms)
    key = _key(sensor, message, payload, at_ms)
    said = [message.grams is not None, message.reads is not None, message.direction is not None, message.alive]
    if sum(said) != 1:
        raise Unusable("a message says one thing: grams, reads, a code with its direction, or alive")
    if message.reads is not None:
        return [
            Reading(sensor, key, line, _instant(one.at, at_ms), one.direction, one.epc, "", 1.0)
            for line, one in enumerate(message.reads)
        ]
    if message.direction is not None:
        if not message.code:
            raise Unusable("the message says which way, but not what: send its code")
        if not message.id and message.at is None:
            raise Unusable("send an id or the time, or a message that is delivered twice would count twice")
        says: Kind = message.direction
        return [Reading(sensor, key, 0, at_ms, says, message.code, "", message.pieces)]
    if message.grams is not None:
        return [Reading(sensor, key, 0, at_ms, "weight", grams=message.grams)]
    return [Reading(sensor, key, 0, at_ms, "alive")]


def _key(sensor: str, message: _Message, payload: bytes, at_ms: int) -> str:
    """What names the message for ever: its id, or else its content and time."""
    if message.id:
        return f"{sensor}:{message.id}"
    return f"{sensor}:{at_ms}:{hashlib.sha256(payload).hexdigest()[:32]}"


def _instant(at: Instant, otherwise: int) -> int:
    if at is None:
        return otherwise
    try:
        at_ms = at if isinstance(at, int) else _milliseconds(at)
    except (ValueError, OverflowError) as error:
        raise Unusable(f"{str(at)[:40]!r} is no time; write 2026-11-20T10:00:00Z, or milliseconds since 1970") from error
    if not _LEAST_MS <= at_ms <= _MOST_MS:
        raise Unusable(f"the time {str(at)[:40]} cannot be right; set the sensor's clock")
    return at_ms


def _milliseconds(text: str) -> int:
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError("a time needs its offset")
    return math.floor(at.timestamp() * 1000)

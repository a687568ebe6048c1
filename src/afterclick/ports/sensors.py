"""Sensors and scanners: what they say about goods in places, as evidence that may be wrong, late or repeated.

A sensor's message over MQTT is JSON; the last part of its topic names the sensor, whatever the message says:

    {"id": "m-17", "at": "2026-11-20T10:00:00Z", "grams": 10450.0}                         a scale: what it weighs now, with tare
    {"id": "m-18", "at": "…", "reads": [{"epc": "urn:epc:id:sgtin:…", "direction": "in"}]} an RFID gate: tags that passed
    {"id": "m-19", "at": "…", "code": "4012345678901", "pieces": 3, "direction": "out"}    a scanner; or "count": all there is
    {"alive": true}                                                                        nothing to say, but still there

`id` names the message, so that one which is delivered again is known; without it the sensor and `at` do. `at` may be text
(ISO 8601 with its offset) or milliseconds since 1970; without it the moment of arrival counts. `reads` may have an `at` each.
"""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import msgspec

Kind = Literal["weight", "in", "out", "count", "alive", "measure", "void"]
"""What is said: grams on a scale; pieces that came in or went out; all pieces that are there; only that the sensor lives;
a measured value such as a temperature; or that an earlier event was an error."""
LARGEST_MESSAGE = 65_536
"""Bytes."""


class Reading(msgspec.Struct, frozen=True):
    """One thing that a sensor said. `key` and `line` name it for ever: the same pair again is the same reading.

    `code` is a barcode, an EPC or a SKU, `serial` the one piece where that is told. `pieces` counts from 0 on; `grams` is a
    weight instead of it. `at_ms` is when it was observed, by the sensor's clock.
    """

    sensor: str
    key: str
    line: int
    at_ms: int
    kind: Kind
    code: str = ""
    serial: str = ""
    pieces: float = 0.0
    grams: float = 0.0
    step: str = ""


class Unread(msgspec.Struct, frozen=True):
    """A message that could not be read: from which sensor, and why. It is dropped."""

    sensor: str
    because: str


Take = Callable[[Sequence[Reading], Sequence[Unread]], None]
"""Keeps what was said. When it returns, it is kept for good; when it raises, nothing is, and it is handed over again."""


class Sensors(Protocol):
    name: str

    def listen(self, take: Take, *, until: Callable[[], bool]) -> None:
        """Hand over what sensors say, in the order of arrival, until `until()` is true; looks about once a second.

        A message is acknowledged only when `take` has returned. A connection that is lost is made again by itself.
        """
        ...

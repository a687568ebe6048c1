"""A warehouse with shelves, errors and sensors, of which the truth is known: what sensing is measured against.

Half of the items lie on scales, half carry tags that pass a gate. Sales and deliveries are booked a little after the goods move;
now and then goods move without a booking. Sensors are noisy, spike, drop out, repeat themselves, come late, flicker, miss tags,
and some die or hang.
"""

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from afterclick.domain.stock import MoveReason
from afterclick.ports.sensors import Reading

MINUTE_MS: Final = 60_000
DAY_MINUTES: Final = 1_440
WAREHOUSE: Final = "W1"
TARE_G: Final = 1_500
GATE: Final = "gate-1"


class Setting(msgspec.Struct, frozen=True):
    """What goes on, and how bad the sensors are: rates are per item and day, shares per reading."""

    items: int = 60
    days: int = 10
    step_minutes: int = 5
    sales: float = 5.0
    errors: float = 0.04
    noise: float = 0.15
    """Standard deviation of a scale, in weights of a piece."""
    spikes: float = 0.01
    dropped: float = 0.03
    doubled: float = 0.03
    late: float = 0.03
    flicker: float = 0.10
    missed: float = 0.005
    dead: int = 2
    stuck: int = 1


class Booking(NamedTuple):
    """A move as the books have it."""

    sku: str
    pieces: int
    reason: MoveReason


class Held(NamedTuple):
    """Pieces that are reserved from now on (or, below zero, no more)."""

    sku: str
    pieces: int


class Error(NamedTuple):
    """From now on the truth differs by so many pieces more from the books."""

    sku: str
    pieces: int


class Step(NamedTuple):
    """What happens in one step of time."""

    at_ms: int
    bookings: tuple[Booking, ...]
    held: tuple[Held, ...]
    errors: tuple[Error, ...]
    readings: tuple[Reading, ...]


class SensedWarehouse:
    """The warehouse; the same seed gives the same days. `truth` is what lies there now."""

    def __init__(self, setting: Setting, *, seed: int, start_ms: int) -> None:
        self.setting = setting
        self.start_ms = start_ms
        self._chance = random.Random(seed)
        self.weights = {f"ITEM-{number:03d}": self._chance.choice((40, 120, 250, 600, 1_200)) for number in range(setting.items)}
        self.truth = {sku: self._chance.randrange(25, 90) for sku in self.weights}
        self.opening = dict(self.truth)
        self.scales = [sku for number, sku in enumerate(self.weights) if number % 2 == 0]
        self.dead_at = {sku: self._minute() for sku in self.scales[: setting.dead]}
        self.stuck_at = {sku: self._minute() for sku in self.scales[setting.dead : setting.dead + setting.stuck]}
        self._hung: dict[str, float] = {}
        self._serials = dict.fromkeys(self.weights, 0)
        self._later: dict[int, list[Booking | Held | tuple[str, int]]] = {}
        self._delayed: dict[int, list[Reading]] = {}
        self._number = 0

    def steps(self) -> Iterator[Step]:
        """The days, step by step."""
        for minute in range(0, self.setting.days * DAY_MINUTES, self.setting.step_minutes):
            yield self._step(minute)

    def unbooked(self, sku: str) -> int:
        """Pieces that were picked, or have come, and whose booking is still on its way: more (or fewer) booked than lie there."""
        planned = [one for later in self._later.values() for one in later]
        to_book = sum(one.pieces for one in planned if isinstance(one, Booking) and one.sku == sku)
        to_move = sum(one[1] for one in planned if not isinstance(one, Booking | Held) and one[0] == sku)
        return to_move - to_book

    def _step(self, minute: int) -> Step:
        readings: list[Reading] = []
        bookings: list[Booking] = []
        held: list[Held] = []
        for due in [at for at in self._later if at <= minute]:
            for one in self._later.pop(due):
                if isinstance(one, Booking):
                    bookings.append(one)
                elif isinstance(one, Held):
                    held.append(one)
                else:
                    readings += self._moves(*one, minute)
        share = self.setting.step_minutes / DAY_MINUTES
        errors: list[Error] = []
        for sku in self.weights:
            if self._chance.random() < self.setting.sales * share:
                held.append(self._sells(sku, minute))
            if self.truth[sku] < 15 and not any(booking.sku == sku for later in self._later.values() for booking in later
                                                if isinstance(booking, Booking) and booking.pieces > 0):  # fmt: skip
                self._plan(minute + 30, (sku, 60))
                self._plan(minute + 30 + self._chance.randrange(2, 12), Booking(sku, 60, "receipt"))
            if self._chance.random() < self.setting.errors * share:
                errors.append(self._errs(sku))
        readings += self._weigh(minute)
        readings += [one for at in [at for at in self._delayed if at <= minute] for one in self._delayed.pop(at)]
        return Step(self._at(minute), tuple(bookings), tuple(held), tuple(errors), tuple(self._disturbed(readings, minute)))

    def _sells(self, sku: str, minute: int) -> Held:
        """An order: reserved now, picked within the hour, booked soon after."""
        pieces = min(self._chance.choice((1, 1, 1, 2, 3)), max(1, self.truth[sku] // 4))
        picked = minute + self._chance.randrange(5, 60)
        self._plan(picked, (sku, -pieces))
        on_scale = sku in self.scales
        booked = picked + (self._chance.randrange(5, 90) if on_scale else self._chance.randrange(1, 10))
        self._plan(booked, Booking(sku, -pieces, "shipment"))
        self._plan(booked, Held(sku, -pieces))
        return Held(sku, pieces)

    def _errs(self, sku: str) -> Error:
        """Goods vanish, turn up, or leave in the wrong number; gates do not see what does not pass them."""
        pieces = self._chance.choice((-1, -2, -3, -6, -10, 2, 5))
        pieces = max(pieces, -self.truth[sku])
        if pieces and sku in self.scales:
            self.truth[sku] += pieces
        elif pieces:
            self._plan(0, (sku, pieces))
        return Error(sku, pieces)

    def _moves(self, sku: str, pieces: int, minute: int) -> list[Reading]:
        """Goods go onto the shelf or leave it; tags are read on the way."""
        pieces = max(pieces, -self.truth[sku])
        self.truth[sku] += pieces
        if sku in self.scales:
            return []
        reads: list[Reading] = []
        for _ in range(abs(pieces)):
            self._serials[sku] += 1
            if self._chance.random() < self.setting.missed:
                continue
            way = "in" if pieces > 0 else "out"
            for repeat in range(1 + 2 * (self._chance.random() < self.setting.flicker)):
                serial, at_ms = f"{sku}.{self._serials[sku]}", self._at(minute) + repeat * 2_000
                reads.append(Reading(GATE, self._key(), 0, at_ms, way, sku, serial, 1.0))
        return reads

    def _weigh(self, minute: int) -> list[Reading]:
        found: list[Reading] = []
        for sku in self.scales:
            if minute >= self.dead_at.get(sku, 10**9):
                continue
            grams = TARE_G + self.truth[sku] * self.weights[sku] * 1.003
            grams += self._chance.gauss(0, self.setting.noise * self.weights[sku])
            if self._chance.random() < self.setting.spikes:
                grams += self._chance.choice((-1, 1)) * self._chance.uniform(5, 30) * self.weights[sku]
            if minute >= self.stuck_at.get(sku, 10**9):
                grams = self._hung.setdefault(sku, grams)
            found.append(Reading(f"scale-{sku}", self._key(), 0, self._at(minute), "weight", grams=round(grams, 1)))
        return found

    def _disturbed(self, readings: list[Reading], minute: int) -> Iterator[Reading]:
        """Some readings are lost on the way, some come twice, some late."""
        for one in readings:
            level = one.kind == "weight"
            if level and self._chance.random() < self.setting.dropped:
                continue
            if self._chance.random() < self.setting.doubled:
                yield one
            if self._at(minute) - one.at_ms <= 0 and self._chance.random() < self.setting.late:
                self._delayed.setdefault(minute + self._chance.randrange(5, 60), []).append(one)
                continue
            yield one

    def _plan(self, minute: int, what: Booking | Held | tuple[str, int]) -> None:
        self._later.setdefault(minute, []).append(what)

    def _key(self) -> str:
        self._number += 1
        return f"r-{self._number}"

    def _minute(self) -> int:
        return self._chance.randrange(DAY_MINUTES, max(DAY_MINUTES + 1, (self.setting.days - 1) * DAY_MINUTES))

    def _at(self, minute: int) -> int:
        return self.start_ms + minute * MINUTE_MS

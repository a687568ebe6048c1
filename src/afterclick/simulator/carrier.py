"""The pretend parcel carriers: labels by tariff, and the ways in which carriers fail."""

from collections.abc import Sequence
from typing import Final
from zlib import crc32

from afterclick.domain.shipping import Label, LabelRequest, Tariff, VoidRequest
from afterclick.ports.answer import Answer, Declined, Done, Unavailable
from afterclick.simulator.entries import LabelEntry, VoidEntry
from afterclick.simulator.faults import Chance, Faults
from afterclick.simulator.ledger import Ledger

DOWN_FOR: Final = 3
"""A request that meets a carrier that is down has to ask so often before it meets one that is up."""


class SimulatedCarrier:
    """Implements `ports.carrier.Carrier`. A key that got a bad answer gets a right one when asked again."""

    def __init__(self, *, tariff: Tariff, ledger: Ledger, seed: int, faults: Faults) -> None:
        self.name = tariff.carrier
        self._tariff = tariff
        self._ledger = ledger
        self._down, self._slow, self._nonsense = (
            Chance(seed=seed, fault=f"{self.name}:{fault}", rate=float(getattr(faults, fault)))
            for fault in ("carrier_down", "carrier_slow", "carrier_nonsense")
        )
        self._failed: dict[str, int] = {}
        """How often each key failed so far; only keys in trouble are here."""

    def tariff(self) -> Tariff:
        return self._tariff

    def label(self, requests: Sequence[LabelRequest]) -> Sequence[Answer[Label]]:
        with self._ledger.booking():
            return self._ledger.once(
                LabelEntry, requests, of=_order_id, act=self._buy, answer=self._bought, named="label", where=self._mine
            )

    def void(self, requests: Sequence[VoidRequest]) -> Sequence[Answer[None]]:
        """A voided key buys nothing any more, so that a label request that is still under way cannot undo the void."""
        with self._ledger.booking():
            found = self._ledger.find(LabelEntry, {request.order_id for request in requests})
            labels = {(entry.order_id, entry.key): entry for entry in found if self._mine(entry)}
            changed: list[LabelEntry] = []

            def act(request: VoidRequest) -> tuple[VoidEntry, Answer[None] | None]:
                never_bought = LabelEntry(request.order_id, request.label_key, self.name, "", "", 0)
                label = labels.setdefault((request.order_id, request.label_key), never_bought)
                label.voided = 1
                changed.append(label)
                return VoidEntry(request.order_id, request.key, self.name, request.label_key), None

            answers = self._ledger.once(
                VoidEntry, requests, of=_order_id, act=act, answer=_voided, named="void", where=self._mine
            )
            self._ledger.add(changed)
            return answers

    def _buy(self, request: LabelRequest) -> tuple[LabelEntry | None, Answer[Label] | None]:
        rate = self._tariff.rates.get(request.ship_to.country)
        tracking = f"{self.name[:2].upper()}{request.order_id:010d}{crc32(request.key.encode()):08X}"
        entry = LabelEntry(request.order_id, request.key, self.name, request.warehouse, tracking, 0)
        if rate is None:
            entry.because = f"{self.name} does not deliver to {request.ship_to.country[:10]!r}"
        elif not 0 < request.weight_g <= self._tariff.max_weight_g:
            entry.because = f"{request.weight_g} g is not within the {self._tariff.max_weight_g} g that {self.name} carries"
        else:
            entry.cost = rate.base + rate.per_kg * -(-request.weight_g // 1000)
        bought, bad_answer = self._mishap(request.key)
        return entry if bought else None, bad_answer

    def _mishap(self, key: str) -> tuple[bool, Answer[Label] | None]:
        """Whether the label is bought, and the answer where it is not the right one."""
        attempt = self._failed.get(key, 0)
        if attempt < DOWN_FOR and self._down.strikes(key):
            self._failed[key] = attempt + 1
            return False, Unavailable(f"{self.name} is down: 503 service unavailable")
        tried = f"{key}#{attempt}"
        for chance, answer in ((self._slow, self._no_answer), (self._nonsense, self._garbage)):
            if chance.strikes(tried):
                bought = chance.part(tried) < 0.5
                self._failed[key] = attempt + 1
                return bought, answer(tried)
        self._failed.pop(key, None)
        return True, None

    def _no_answer(self, _: str) -> Answer[Label]:
        return Unavailable(f"timeout: {self.name} did not answer within 30 s")

    def _garbage(self, tried: str) -> Answer[Label]:
        kinds = (Label(self.name, "", 590, "EUR"), Label(self.name, "0", 590, "???"), Label(self.name, "0", -590, "EUR"))
        return Done(kinds[int(self._nonsense.part(tried + "?") * len(kinds))])

    def _bought(self, entry: LabelEntry) -> Answer[Label]:
        if entry.because:
            return Declined(entry.because)
        if entry.voided:
            return Declined(f"voided: the label under {entry.key} was taken back; ask under another key")
        return Done(Label(self.name, entry.tracking, entry.cost, self._tariff.currency))

    def _mine(self, entry: LabelEntry | VoidEntry) -> bool:
        return entry.carrier == self.name


def _voided(_: VoidEntry) -> Answer[None]:
    return Done(None)


def _order_id(request: LabelRequest | VoidRequest) -> int:
    return request.order_id

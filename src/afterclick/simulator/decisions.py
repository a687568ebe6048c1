"""Whether the office decided rightly: which orders it shipped that it should have stopped, and the other way round."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from afterclick.simulator.day import Placed
from afterclick.simulator.plan import GOOD

ENDED: Final = ("refused", "cancelled")


class _Group(msgspec.Struct):
    """Orders that are judged together: how many may ship without a person, how many did, and which good ones were ended."""

    allowed: int
    kind: str
    shipped: int = 0
    ended: list[str] = []


class Judge:
    """Looks at every order once, then closes. `shipped` and `stopped` count the wrong decisions; `note` takes each in words."""

    def __init__(self, *, states: Mapping[str, str], touched: frozenset[str], note: Callable[[str], None]) -> None:
        self.shipped = 0
        self.stopped = 0
        self._states = states
        self._touched = touched
        self._note = note
        self._groups: dict[str, _Group] = {}

    def see(self, placed: Placed, *, shipped: bool, payable: bool) -> None:
        """`shipped`: handed over according to the warehouse; `payable`: the payment provider would have paid."""
        external_id = placed.external_id
        alone = external_id in self._touched
        ended = placed.kind == GOOD and payable and not alone and not shipped and self._states.get(external_id) in ENDED
        if not placed.group:
            if ended:
                self._stop(external_id)
            return
        group = self._groups.setdefault(placed.group, _Group(placed.allowed, placed.kind))
        if placed.kind != GOOD:
            group.kind = placed.kind
        group.shipped += shipped and not alone
        if ended:
            group.ended.append(external_id)

    def close(self) -> None:
        """Judge the groups: an order whose double shipped in its place was not wronged."""
        for name, group in self._groups.items():
            over = group.shipped - group.allowed
            if over > 0:
                self.shipped += over
                self._note(f"{name}: {over} shipped without a person that should have been stopped ({group.kind})")
            if not group.shipped:
                for external_id in group.ended:
                    self._stop(external_id)

    def _stop(self, external_id: str) -> None:
        self.stopped += 1
        self._note(f"{external_id}: a good order that was {self._states.get(external_id)} by the machine")

"""Make transfers of what a plan moves, and never the same need twice."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.stock import StockLevel
from afterclick.domain.transfer import Transfer
from afterclick.procurement.buying.records import day_of
from afterclick.store import stock, transfers
from afterclick.store.log import Event
from afterclick.store.stock import Place
from afterclick.store.transaction import Tx

KIND: Final = "transfer"
_NOWHERE: Final = StockLevel("", "")


class Moved(NamedTuple):
    """What a plan would move, and the pieces that it saw on hand or on their way at `end`."""

    sku: str
    start: str
    end: str
    pieces: int
    because: str
    there: int

    def need(self, day: str) -> str:
        """The name under which it is moved once at most: `transfer/2026-11-20/CUP@W1<W2`."""
        return f"{KIND}/{day}/{self.sku}@{self.end}<{self.start}"


class Made(NamedTuple):
    """The transfers that were made, by (SKU, start, end), and why the others were not."""

    transfers: dict[tuple[str, str, str], Transfer]
    left: dict[tuple[str, str, str], str]

    def coming(self) -> dict[Place, int]:
        """Pieces that are on their way to each place from now on."""
        found: dict[Place, int] = {}
        for one in self.transfers.values():
            found[one.sku, one.end] = found.get((one.sku, one.end), 0) + one.pieces
        return found


def propose(tx: Tx, wanted: Sequence[Moved], *, by: str, now_ms: int) -> tuple[Made, list[Event]]:
    """Make transfers; the events are the caller's to log. They wait for `procurement.transfer`.

    Where more is there or coming by now than the plan saw, or less is free, the plan is out of date, and nothing is moved.
    """
    made = Made({}, {})
    if not wanted:
        return made, []
    tx.take("purchases.proposed")  # held until commit: nobody else proposes for the same places meanwhile
    levels = stock.levels(tx, {one.sku for one in wanted})
    day = day_of(now_ms)[1]
    taken = _taken(tx, [one.need(day) for one in wanted])
    fit: list[Moved] = []
    for one in wanted:
        because = _fault(one, one.need(day), levels, taken)
        if because:
            made.left[one[:3]] = because
        else:
            fit.append(one)
    first = tx.take("transfers", len(fit)) if fit else 0
    for place, one in enumerate(fit):
        number = first + place
        made.transfers[one[:3]] = Transfer(
            number, f"TO-{day[:4]}-{number:06d}", *one[:4], one.need(day), because=one.because, proposed_ms=now_ms, proposed_by=by
        )
    transfers.propose(tx, list(made.transfers.values()))
    events = [Event("transfer.proposed", None, f"{KIND}/{one.id}", "", one.because[:300]) for one in made.transfers.values()]
    return made, events


def _fault(one: Moved, need: str, levels: Mapping[Place, StockLevel], taken: Mapping[str, str]) -> str:
    start, end = levels.get((one.sku, one.start), _NOWHERE), levels.get((one.sku, one.end), _NOWHERE)
    since = end.on_hand + end.on_order - one.there
    if need in taken:
        return f"it is on transfer {taken[need]} already"
    if since > 0:
        return f"{since:,} more pieces are there or coming than the plan saw; the next plan looks again"
    if start.available < one.pieces:
        return f"{one.start} has {max(0, start.available):,} to spare by now, not {one.pieces:,}; the next plan looks again"
    return ""


def _taken(tx: Tx, needs: Sequence[str]) -> dict[str, str]:
    condition, value = tx.among(needs)
    return dict(tx.rows(f"SELECT need, number FROM transfers WHERE need {condition} AND state <> 'cancelled'", (value,)))  # noqa: S608

"""What really happened, against what should have: the outside's ledger compared with the truth about the day."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from afterclick.domain.money import to_text
from afterclick.simulator.catalogue import Catalogue
from afterclick.simulator.day import Day, Placed
from afterclick.simulator.decisions import Judge
from afterclick.simulator.ledger import Ledger

FINDINGS: Final = 50
"""So many findings are put into words; the counts are of all."""
TOKEN: Final = "tok_"  # noqa: S105  # the prefix of a payment token, which names the order

_Parcels = tuple[tuple[str, str, str, dict[str, int]], ...]


class Reconciliation(msgspec.Struct, frozen=True):
    """All counts are over the whole day.

    - `duplicate_effects`: for each order and warehouse, live labels beyond those that left the door (or beyond one, before any
      left); orders handed over again, without a recall, with more pieces than were ordered; orders of which more was kept
      (captured − refunded) than their total.
    - `lost_orders`: orders of the store that are not among the office's.
    - `oversells`: pieces that the warehouse was told to hand over beyond what was *on record* for that SKU and warehouse at that
      moment: opening stock as recorded + receipts + transfers unloaded − transfers sent − pieces handed over and not recalled, or
      since a count what was counted. The warehouse never hands over what is not there, so a declined attempt counts as well; a
      shelf found short because its record was wrong does not, since nobody could know, nor does a transfer declined as short.
    - `tie_out_difference`: a decimal amount: for each order handed over |captured − refunded − total|, plus whatever was kept for
      orders not handed over. Differences cannot cancel out. An order handed over in part owes between 0 and its total.
    - `wrong_decisions`: orders shipped without a person beyond what their group allows (see `day.Placed`), plus good orders that
      the machine refused or cancelled though they could be paid for. An order that a person was asked about is never wrong.
    - `by_kind`: kind of order → state in the office → orders; the state of a lost one is `lost`.
    """

    orders: int
    duplicate_effects: int
    lost_orders: int
    oversells: int
    tie_out_difference: str
    wrong_decisions: int
    wrong_decision_rate: float
    wrongly_shipped: int
    wrongly_stopped: int
    repeated_requests: dict[str, int]
    by_kind: dict[str, dict[str, int]]
    findings: tuple[str, ...]


class _Dealt(msgspec.Struct):
    """What the outside did for one order of the store, over all order numbers the office may have given it."""

    kept: int = 0
    handed: int = 0
    pieces: dict[str, int] = {}
    declined: bool = False


class _Line(msgspec.Struct):
    sku: str
    quantity: int


class _Ordered(msgspec.Struct):
    lines: list[_Line]


class _Comparison:
    """The running result of comparing what was done for each order with what was due."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.findings: list[str] = []
        self.doubled = 0
        self.tie_out = 0
        self._items = catalogue.items
        self._index = catalogue.index

    def note(self, finding: str) -> None:
        if len(self.findings) < FINDINGS:
            self.findings.append(finding)

    def order(self, placed: Placed, one: _Dealt, *, changed: int | None) -> None:
        """Compare one order; `changed` is its new total where one was agreed."""
        agreed = placed.total if changed is None else changed
        if one.kept > agreed:
            self.doubled += 1
            self.note(f"{placed.external_id}: kept {one.kept} of a total of {agreed}")
        off = one.kept
        if one.handed:
            needed = self._needed(placed.document)
            if one.handed > 1 and (not needed or any(count > needed.get(sku, 0) for sku, count in one.pieces.items())):
                self.doubled += 1
                self.note(f"{placed.external_id}: handed over {one.handed} times")
            partly = changed is None and any(one.pieces.get(sku, 0) < count for sku, count in needed.items())
            off = max(0, one.kept - agreed) if partly else abs(one.kept - agreed)
        if off:
            self.tie_out += off
            self.note(
                f"{placed.external_id}: tie-out is off by {off} (kept {one.kept}, agreed {agreed}, {one.handed} hand-overs)"
            )

    def _needed(self, document: bytes) -> dict[str, int]:
        """Pieces to pick per SKU, bundles resolved; empty where the document cannot be read."""
        try:
            lines = msgspec.json.decode(document, type=_Ordered).lines
        except msgspec.MsgspecError:
            return {}
        pieces: dict[str, int] = {}
        for line in lines:
            number = self._index.get(line.sku)
            parts = {line.sku: 1} if number is None else self._items[number].components or {line.sku: 1}
            for sku, count in parts.items():
                pieces[sku] = pieces.get(sku, 0) + count * line.quantity
        return pieces


def reconcile(
    ledger: Ledger,
    day: Day,
    catalogue: Catalogue,
    *,
    states: Mapping[str, str],
    touched: frozenset[str],
    totals: Mapping[str, int],
) -> Reconciliation:
    """Compare the ledger with the day.

    `states` says in which state the office has each external id it knows (`shipped`, `waiting`, `inbox`, `refused`, …),
    `touched` which of them a person was asked about or decided, and `totals` the new total, in minor units, of orders whose
    content was changed by agreement.
    """
    comparison = _Comparison(catalogue)
    judge = Judge(states=states, touched=touched, note=comparison.note)
    dealt = _dealt_with(ledger)
    nothing = _Dealt()
    by_kind: dict[str, Counter[str]] = {}
    for placed in day:
        by_kind.setdefault(placed.kind, Counter())[states.get(placed.external_id, "lost")] += 1
        one = dealt.pop(placed.external_id, nothing)
        comparison.order(placed, one, changed=totals.get(placed.external_id))
        judge.see(placed, shipped=one.handed > 0, payable=not one.declined)
    judge.close()
    for external_id, one in dealt.items():  # done for orders that the store never had
        if one.kept:
            comparison.tie_out += abs(one.kept)
            comparison.note(f"{external_id}: kept {one.kept} for an order that the store does not have")
    doubled = comparison.doubled + _doubled_labels(ledger, comparison.note)
    wrong = judge.shipped + judge.stopped
    return Reconciliation(
        day.orders, doubled, sum(counts["lost"] for counts in by_kind.values()), _oversold(ledger, comparison.note),
        to_text(comparison.tie_out, "EUR"), wrong, wrong / day.orders, judge.shipped, judge.stopped, ledger.repeats(),
        {kind: dict(counts) for kind, counts in by_kind.items()}, tuple(comparison.findings),
    )  # fmt: skip


def _dealt_with(ledger: Ledger) -> dict[str, _Dealt]:
    """Everything done, per external id: as the token of a hold names it, or else the hand-over, or else the order number."""
    dealt: dict[str, _Dealt] = {}
    names: dict[int, str] = dict(ledger.rows("SELECT DISTINCT order_id, external_id FROM hand_overs"))
    for order_id, token, because in ledger.rows("SELECT order_id, token, because FROM holds"):
        if token.startswith(TOKEN):
            names[order_id] = token.removeprefix(TOKEN)
        if because:
            dealt.setdefault(names.get(order_id, f"order {order_id}"), _Dealt()).declined = True
    kept = "SELECT order_id, SUM(amount - refunded) FROM captures WHERE because = '' GROUP BY order_id"
    for order_id, amount in ledger.rows(kept):
        dealt.setdefault(names.get(order_id, f"order {order_id}"), _Dealt()).kept += amount
    for order_id, parcels in ledger.rows("SELECT order_id, parcels FROM hand_overs WHERE because = '' AND recalled = 0"):
        one = dealt.setdefault(names[order_id], _Dealt())
        one.handed += 1
        for _, _, _, contents in msgspec.json.decode(parcels, type=_Parcels):
            for sku, count in contents.items():
                one.pieces[sku] = one.pieces.get(sku, 0) + count
    return dealt


def _doubled_labels(ledger: Ledger, note: Callable[[str], None]) -> int:
    """Live labels beyond those that left, or beyond one, per order and warehouse."""
    sql = (
        "SELECT order_id, warehouse, COUNT(*) FROM labels WHERE because = '' AND voided = 0 "
        "GROUP BY order_id, warehouse HAVING COUNT(*) > 1"
    )
    doubled = 0
    for order_id, warehouse, live in list(ledger.rows(sql)):
        handed = ledger.rows("SELECT parcels FROM hand_overs WHERE because = '' AND recalled = 0 AND order_id = ?", (order_id,))
        left = {p[2] for row in handed for p in msgspec.json.decode(row[0], type=_Parcels) if p[0] == warehouse}
        over = live - max(1, len(left))
        if over > 0:
            doubled += over
            note(f"order {order_id}: {live} live labels from {warehouse}, of which {len(left)} left the door")
    return doubled


def _oversold(ledger: Ledger, note: Callable[[str], None]) -> int:
    oversold = 0
    for order_id, sku, warehouse, beyond in ledger.rows("SELECT order_id, sku, warehouse, beyond FROM shorts WHERE beyond > 0"):
        oversold += beyond
        note(f"order {order_id}: {beyond} of {sku} in {warehouse} beyond what was on record")
    for sku, warehouse, known in ledger.rows("SELECT sku, warehouse, known FROM shelves WHERE known < 0"):
        oversold -= known
        note(f"{-known} of {sku} in {warehouse} handed over beyond what was on record")
    return oversold

"""Why a count differs from the books: the likeliest explanations, ranked, each with the moves that speak for it.

Each explanation that fits has a weight: how often such a thing happens (our judgement of warehouses, not a measurement) times how
closely it fits; whatever is left to shrinkage or an unknown cause has a weight too. Likelihoods are the weights' shares.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

import msgspec

DAY_MS: Final = 86_400_000
TWICE_DAYS: Final = 7.0
"""A receipt booked again after so long is rather a second delivery."""
USUAL_PACKS: Final = (6, 10, 12, 20, 24)
"""Pieces to a pack where the catalogue does not say; fits count for less."""
MOST_SHOWN: Final = 6
MOST_RECEIPTS: Final = 60
"""The newest receipts and shipments that are compared, so that a busy place is explained as quickly as a quiet one."""


class Moved(msgspec.Struct, frozen=True):
    """A move of stock; `id` is what evidence names."""

    id: int
    at_ms: int
    sku: str
    warehouse: str
    quantity: int
    reason: str
    order_id: int | None = None
    note: str = ""


class Counted(msgspec.Struct, frozen=True):
    """A difference that was found elsewhere, in the same SKU or a similar one, or what sensors believe of it there."""

    sku: str
    warehouse: str
    difference: int


class Case(msgspec.Struct, frozen=True):
    """A count that differs, and what is known around it since the count before.

    `moves` are those of the SKU in every warehouse and of similar SKUs in this one; `held` are open reservations here
    (order, pieces): goods that may have left unbooked; `packs` are pack sizes of the SKU.
    """

    sku: str
    warehouse: str
    booked: int
    counted: int
    moves: tuple[Moved, ...] = ()
    elsewhere: tuple[Counted, ...] = ()
    held: tuple[tuple[int, int], ...] = ()
    packs: tuple[int, ...] = ()

    @property
    def difference(self) -> int:
        """Pieces found more (or fewer) than booked."""
        return self.counted - self.booked


class Explanation(msgspec.Struct, frozen=True):
    """One possible reason. `likely` is its share of all, 0 to 1; `moves` and `orders` are the evidence."""

    kind: str
    says: str
    likely: float
    moves: tuple[int, ...] = ()
    orders: tuple[int, ...] = ()


def explain(case: Case) -> list[Explanation]:
    """The explanations, likeliest first; none for a count that agrees."""
    if not case.difference:
        return []
    found = [
        *_twice(case), *_mistyped(case), *_packs(case), *_other_place(case), *_unbooked_shipment(case), *_similar(case),
        *_unbooked_return(case), _rest(case),
    ]  # fmt: skip
    best: dict[tuple[str, tuple[int, ...], tuple[int, ...]], Explanation] = {}
    for one in found:
        key = (one.kind, one.moves, one.orders)
        if key not in best or best[key].likely < one.likely:
            best[key] = one
    total = sum(one.likely for one in best.values())
    ranked = sorted(best.values(), key=lambda one: (-one.likely, one.kind, one.moves))
    return [msgspec.structs.replace(one, likely=round(one.likely / total, 3)) for one in ranked[:MOST_SHOWN]]


def transposed(number: int) -> set[int]:
    """The numbers that it becomes when two neighbouring digits change places: 12 → 21, 1340 → 3140, 1430, 1304."""
    digits = str(abs(number))
    swapped = {digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :] for at in range(len(digits) - 1)}
    return {int(one) for one in swapped} - {abs(number)}


def _of(case: Case, reason: str, *, here: bool = True) -> list[Moved]:
    """The newest moves of the SKU for a reason, here or elsewhere."""
    fit = [
        one for one in case.moves
        if one.reason == reason and one.sku == case.sku and (one.warehouse == case.warehouse) == here
    ]  # fmt: skip
    return sorted(fit, key=lambda one: -one.at_ms)[:MOST_RECEIPTS]


def _twice(case: Case) -> Iterator[Explanation]:
    for later, earlier in combinations(_of(case, "receipt"), 2):
        days = abs(later.at_ms - earlier.at_ms) / DAY_MS
        if later.quantity == earlier.quantity == -case.difference and days <= TWICE_DAYS:
            same = bool(later.note) and later.note == earlier.note
            weight = (0.9 if same else 0.7) * (1.0 - 0.5 * days / TWICE_DAYS) * _rare(later.quantity)
            yield Explanation("booked twice", f"a receipt of {later.quantity:,} pieces was booked twice", weight,
                              (earlier.id, later.id))  # fmt: skip


def _mistyped(case: Case) -> Iterator[Explanation]:
    for one in _of(case, "receipt"):
        for right in transposed(one.quantity):
            if right - one.quantity == case.difference:
                yield Explanation("transposed number", f"a receipt was typed as {one.quantity:,} instead of {right:,}",
                                  0.5 * _rare(one.quantity), (one.id,))  # fmt: skip
    if case.booked in transposed(case.counted) and min(case.booked, case.counted) > 9:
        yield Explanation("count mistyped", f"the count was typed as {case.counted:,} instead of {case.booked:,}", 0.4)


def _packs(case: Case) -> Iterator[Explanation]:
    for pack in {*case.packs, *USUAL_PACKS} - {0, 1}:
        sure = 1.0 if pack in case.packs else 0.3
        for one in _of(case, "receipt"):
            if one.quantity * (pack - 1) == case.difference:
                says = f"{one.quantity:,} packs of {pack} came in and were booked as {one.quantity:,} pieces"
                yield Explanation("packs booked as pieces", says, 0.7 * sure, (one.id,))
            elif one.quantity % pack == 0 and one.quantity // pack - one.quantity == case.difference:
                says = f"{one.quantity // pack:,} pieces came in and were booked as {one.quantity:,}, as if packs of {pack}"
                yield Explanation("pieces booked as packs", says, 0.6 * sure, (one.id,))
        if case.counted and case.counted * pack == case.booked:
            says = f"packs of {pack} were counted instead of pieces: {case.counted:,} × {pack} is what is booked"
            yield Explanation("packs counted as pieces", says, 0.6 * sure)


def _other_place(case: Case) -> Iterator[Explanation]:
    opposite = [one for one in case.elsewhere if one.sku == case.sku and one.warehouse != case.warehouse]
    for other in opposite:
        if other.difference == -case.difference:
            receipts = [
                one.id for one in (*_of(case, "receipt"), *_of(case, "receipt", here=False))
                if one.quantity == abs(case.difference) and one.warehouse in (case.warehouse, other.warehouse)
            ]  # fmt: skip
            where = "lie" if case.difference < 0 else "are booked"
            says = f"{abs(case.difference):,} pieces {where} in {other.warehouse}, which is off by as many the other way"
            yield Explanation("in another warehouse", says, 0.9 if receipts else 0.75, tuple(receipts[:2]))
    if case.difference > 0 and not opposite:
        for one in _of(case, "receipt", here=False):
            if one.quantity == case.difference:
                says = f"a receipt of {one.quantity:,} pieces was booked in {one.warehouse}, and may have come here"
                yield Explanation("in another warehouse", says, 0.35 * _rare(one.quantity), (one.id,))


def _unbooked_shipment(case: Case) -> Iterator[Explanation]:
    for order, pieces in case.held:
        if pieces == -case.difference:
            says = f"{pieces:,} pieces for order {order} may have left without being booked"
            yield Explanation("shipment not booked", says, 0.6 * _rare(pieces), orders=(order,))
    together = sum(pieces for _, pieces in case.held)
    if len(case.held) > 1 and together == -case.difference:
        says = f"all {together:,} reserved pieces may have left without being booked"
        yield Explanation("shipment not booked", says, 0.3, orders=tuple(order for order, _ in case.held[:20]))


def _similar(case: Case) -> Iterator[Explanation]:
    opposite = {(one.sku, one.difference) for one in case.elsewhere if one.warehouse == case.warehouse and one.sku != case.sku}
    for one in case.moves:
        if one.sku == case.sku or one.warehouse != case.warehouse or one.reason not in ("shipment", "receipt"):
            continue
        if one.quantity == case.difference:
            backed = (one.sku, -case.difference) in opposite
            act = "shipped" if one.reason == "shipment" else "received"
            says = f"{abs(one.quantity):,} pieces were booked as {act} for {one.sku}, which is easily taken for {case.sku}"
            orders = (one.order_id,) if one.order_id is not None else ()
            yield Explanation("another SKU", says, 0.85 if backed else 0.3 * _rare(one.quantity), (one.id,), orders)


def _unbooked_return(case: Case) -> Iterator[Explanation]:
    if case.difference <= 0:
        return
    fits = [one for one in _of(case, "shipment") if -one.quantity == case.difference]
    for one in fits[:3]:
        says = f"{case.difference:,} pieces of order {one.order_id} may have come back without being booked"
        orders = (one.order_id,) if one.order_id is not None else ()
        yield Explanation("return not booked", says, 0.3 * _rare(case.difference) / len(fits) ** 0.5, (one.id,), orders)


def _rest(case: Case) -> Explanation:
    share = abs(case.difference) / max(1, abs(case.booked))
    if case.difference < 0:
        return Explanation("shrinkage", "nothing booked explains it: lost, broken, stolen, or counted wrong",
                           0.12 if share > 0.3 else 0.2)  # fmt: skip
    return Explanation("found", "nothing booked explains it: put back unbooked, or counted wrong", 0.12 if share > 0.3 else 0.2)


def _rare(pieces: int) -> float:
    """How much an equal quantity says: one piece is equal to much, 137 pieces to little."""
    return 1.0 - 0.6 / (1.0 + abs(pieces) / 4.0)

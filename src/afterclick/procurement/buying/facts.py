"""Gather what the rules of buying look at: spending of the day, prices to compare with, and what a vendor changed."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from statistics import median
from typing import Final, NamedTuple

import msgspec

from afterclick.domain.buying_facts import CategorySpending, ChangedLine, ChangeFacts, PriceFacts, PurchaseFacts
from afterclick.domain.purchase import Acknowledgement, Offer, PurchaseLine, PurchaseOrder, Vendor
from afterclick.governance.policy import Policy
from afterclick.procurement.buying import records
from afterclick.procurement.buying.answers import Answer, matched
from afterclick.procurement.buying.records import TRUSTED, Asked, day_of
from afterclick.procurement.buying.terms import AsOrdered, read_terms
from afterclick.procurement.vendors.calendar import expected_on
from afterclick.store.transaction import Tx

DAY_MS: Final = 86_400_000
BOT: Final = "procurement.buy"
_acknowledgement = msgspec.json.Decoder(Acknowledgement).decode


class _Day(NamedTuple):
    """What the bots have approved today, in euro cents: in all (under ""), by vendor, and by category."""

    orders: int
    vendors: Counter[str]
    categories: Counter[str]


def of_purchases(tx: Tx, orders: Sequence[PurchaseOrder], *, policy: Policy, now_ms: int) -> list[PurchaseFacts]:
    """The facts of orders that are to leave. What comes before in the same batch counts as approved, unless it asks anyway.

    Judged one batch at a time, whoever works: a counter is held until commit, so that no two spend the same limit.
    """
    tx.take("purchases.judged")
    skus = {line.sku for order in orders for line in order.lines}
    categories = _categories(tx, skus)
    prices = _Prices(tx, skus, now_ms=now_ms)
    vendors = records.vendors(tx, [order.vendor for order in orders])
    cents = _in_cents(policy)
    count, by_vendor, by_category = _approved_today(tx, cents, now_ms=now_ms)
    found: list[PurchaseFacts] = []
    for order in orders:
        value = cents(order.net, order.currency)
        here: Counter[str] = Counter()
        for line in order.lines:
            here[categories.get(line.sku, "")] += cents(line.net, order.currency)
        allowed = vendors[order.vendor].allowed if order.vendor in vendors else False
        found.append(PurchaseFacts(
            order.id, order.number, order.vendor, allowed, order.currency, value, count, by_vendor[""], by_vendor[order.vendor],
            tuple(CategorySpending(name, spent, by_category[name]) for name, spent in sorted(here.items())),
            tuple(
                prices.of(order, line, value=cents(line.net, order.currency), known=line.sku in categories)
                for line in order.lines
            ),
        ))  # fmt: skip
        if allowed and value <= policy.buying.order_most:
            count += 1
            by_vendor.update({"": value, order.vendor: value})
            by_category.update(here)
    return found


def of_changes(tx: Tx, orders: Sequence[PurchaseOrder], *, policy: Policy) -> list[ChangeFacts]:
    """What vendors have answered to orders, the oldest open answer of each; without one, nothing has changed."""
    condition, value = tx.among([order.id for order in orders])
    answers: dict[int, Acknowledgement] = {}
    for purchase, said in tx.rows(
        f"SELECT purchase, said FROM vendor_replies WHERE state = 'open' AND purchase {condition} ORDER BY id DESC",  # noqa: S608
        (value,),
    ):
        answers[purchase] = _acknowledgement(said)
    rows = tx.rows(f"SELECT id, terms FROM purchase_orders WHERE id {condition}", (value,))  # noqa: S608
    ordered = {row[0]: read_terms(row[1]).ordered for row in rows}
    vendors = records.vendors(tx, [order.vendor for order in orders])
    cents = _in_cents(policy)
    return [
        _changes(
            order, answers.get(order.id), vendors.get(order.vendor), cents(order.net, order.currency), ordered.get(order.id, {})
        )
        for order in orders
    ]  # fmt: skip


def _changes(
    order: PurchaseOrder, answer: Acknowledgement | None, vendor: Vendor | None, value: int, ordered: Mapping[int, AsOrdered]
) -> ChangeFacts:
    if answer is None:
        return ChangeFacts(order.id, order.number, order.vendor, "accepted", order.currency, value, ())
    found = matched(order, answer)
    lines = tuple(_changed(order, one, vendor, ordered.get(one.line.no)) for one in found.lines)
    return ChangeFacts(order.id, order.number, order.vendor, answer.answer, order.currency, value, lines, found.problems)


def _changed(order: PurchaseOrder, one: Answer, vendor: Vendor | None, ordered: AsOrdered | None) -> ChangedLine:
    """What an answer makes worse is held against the order as it was sent: several small changes are a large one."""
    line = one.line
    expected = expected_day(order, line, vendor)
    later = (one.deliver_on - expected).days if one.deliver_on and expected else 0
    if later > 0 and one.deliver_on and ordered is not None and ordered.day:
        later = (one.deliver_on - ordered.day).days
    price = ordered.price if ordered is not None and one.price > line.price else line.price
    share = (one.price - price) / price if price else float(one.price > 0)
    kept = (line.received + one.confirmed) / line.quantity if one.confirmed < line.due else 1.0
    return ChangedLine(
        line.no, line.sku, one.answer, line.due, one.confirmed, share, max(0, later), kept, one.replaced, one.because
    )


def expected_day(order: PurchaseOrder, line: PurchaseLine, vendor: Vendor | None) -> date | None:
    """When the goods of a line should be here: as ordered or confirmed, else by the vendor's own lead time."""
    if line.deliver_on or order.deliver_on:
        return line.deliver_on or order.deliver_on
    return expected_on(vendor, order.ordered_ms) if vendor is not None and order.ordered_ms else None


def _in_cents(policy: Policy) -> Callable[[int, str], int]:
    """Minor units of a currency in euro cents, roughly: to compare with limits, never to convert money."""
    rates = policy.orders.minor_per_euro_cent
    return lambda amount, currency: round(amount / rates.get(currency, 1.0))


def _categories(tx: Tx, skus: set[str]) -> Mapping[str, str]:
    condition, value = tx.among(sorted(skus))
    return dict(tx.rows(f"SELECT sku, category FROM items WHERE sku {condition}", (value,)))  # noqa: S608


def _approved_today(tx: Tx, cents: Callable[[int, str], int], *, now_ms: int) -> _Day:
    """What bots have approved since midnight UTC; people decide beyond limits, so theirs use none up. A cancelled order counts
    as one, with no value."""
    since = day_of(now_ms)[0]
    rows = tx.rows(
        "SELECT vendor, currency, COUNT(*), SUM(CASE WHEN state IN ('cancelled', 'refused') THEN 0 ELSE net END)"
        " FROM purchase_orders WHERE approved_ms > 0 AND approved_ms >= ? AND approved_by = ? GROUP BY vendor, currency",
        (since, BOT),
    )
    vendors: Counter[str] = Counter()
    for vendor, currency, _, net in rows:
        vendors[vendor] += cents(int(net), currency)
        vendors[""] += cents(int(net), currency)
    categories: Counter[str] = Counter()
    for category, currency, net in tx.rows(
        "SELECT COALESCE(i.category, ''), o.currency, SUM(1.0 * l.quantity * l.price / l.price_basis) FROM purchase_orders o"
        " JOIN purchase_lines l ON l.purchase = o.id LEFT JOIN items i ON i.sku = l.sku WHERE o.approved_ms > 0"
        " AND o.approved_ms >= ? AND o.approved_by = ? AND o.state NOT IN ('cancelled', 'refused') GROUP BY 1, 2",
        (since, BOT),
    ):
        categories[category] += cents(round(float(net)), currency)
    return _Day(sum(row[2] for row in rows), vendors, categories)


class _Prices:
    """What the prices of some SKUs can be held against; of one currency at a time, since nothing is converted."""

    def __init__(self, tx: Tx, skus: set[str], *, now_ms: int) -> None:
        self._now_ms = now_ms
        self._today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
        self._asked: dict[str, list[Asked]] = {}
        for one in records.offers(tx, skus=skus):
            self._asked.setdefault(one.offer.sku, []).append(one)
        condition, value = tx.among(sorted(skus))
        self._last = {
            (row[0], row[1]): row[2] / row[3] / row[4]
            for row in tx.rows(
                "SELECT sku, currency, price, price_basis, per_unit FROM (SELECT l.sku, o.currency, l.price, l.price_basis,"  # noqa: S608
                " l.per_unit, ROW_NUMBER() OVER (PARTITION BY l.sku, o.currency ORDER BY o.sent_ms DESC, o.id DESC) AS place"
                f" FROM purchase_lines l JOIN purchase_orders o ON o.id = l.purchase WHERE l.sku {condition} AND l.live"
                " AND o.state IN ('acknowledged', 'part_received', 'received')) AS agreed WHERE place = 1",
                (value,),
            )
        }

    def of(self, order: PurchaseOrder, line: PurchaseLine, *, value: int, known: bool) -> PriceFacts:
        offers = self._asked.get(line.sku, [])
        mine = next((one for one in offers if one.offer.vendor == order.vendor and _names(one.offer, order, line)), None)
        others = [
            _per_piece(one.offer, line)
            for one in offers
            if one.offer.vendor != order.vendor and one.offer.currency == order.currency and one.offer.valid_on(self._today)
            and one.offer.breaks
        ]  # fmt: skip
        scraped = mine is not None and mine.offer.source not in TRUSTED
        read_days = (self._now_ms - mine.offer.read_ms) // DAY_MS if mine is not None and scraped else 0
        price = line.price / line.price_basis / line.per_unit
        return PriceFacts(
            line.no, line.sku, line.pieces, value, price,
            self._last.get((line.sku, order.currency), 0.0), median(others) if others else 0.0,
            mine.offer.source if mine is not None else "", mine.readings if mine is not None else 0, max(0, read_days), known,
        )  # fmt: skip


def _names(offer: Offer, order: PurchaseOrder, line: PurchaseLine) -> bool:
    """Whether an offer asks just the price of a line."""
    same_unit = (offer.price_basis, offer.per_unit, offer.currency) == (line.price_basis, line.per_unit, order.currency)
    return same_unit and bool(offer.breaks) and offer.price_at(line.quantity) == line.price


def _per_piece(offer: Offer, line: PurchaseLine) -> float:
    """What another vendor asks for a piece when as many are bought."""
    units = max(offer.minimum, -(-line.pieces // offer.per_unit))
    return offer.price_at(units) / offer.price_basis / offer.per_unit

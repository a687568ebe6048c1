"""Gathers the facts by which a batch of orders is judged: a constant number of queries for the batch, none per order."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from afterclick.domain.catalogue import Range
from afterclick.domain.facts import Earlier, LineFacts, OrderFacts, Usual
from afterclick.domain.fingerprint import basket_key
from afterclick.domain.limits import OrderLimits
from afterclick.domain.order import Order
from afterclick.orders.catalogue import Catalogue
from afterclick.store.transaction import Row, Tx, Value

_HOUR_MS: Final = 3_600_000
_ROWS_PER_ORDER: Final = 100
"""How many earlier orders are read at most, the latest first, on the average of a batch: a bound on memory, not a sample."""
_LOOK_BACK: Final = 100
"""How many earlier orders of one customer, or to one address, are looked at for the same basket."""
_COMPARED: Final = 5
"""With how many of those, the latest, the lines are compared for a near duplicate."""
_COUNTED: Final = 100
"""Different customers are counted among so many of the latest orders."""
_GONE: Final = ("refused", "cancelled")
_LETTERS: Final = re.compile(r"[^\W_]")


# An order of the window is a plain row, which sorts by time, then id: that order is what `earlier` means.
_COLUMNS: Final = ("placed_ms", "id", "customer", "card", "address_key", "basket_key", "state", "parent")
_PLACED, _ID, _CUSTOMER, _CARD, _ADDRESS, _BASKET, _STATE, _PARENT = range(len(_COLUMNS))
_NO_PAST: Final[list[Row]] = []


class _History(NamedTuple):
    """Rows by customer, by card and by address, ascending. A customer with one order only is left out, and so is a card or an
    address of one customer only. `split` are the ids of parts of split orders."""

    by_customer: dict[str, list[Row]]
    by_card: dict[str, list[Row]]
    by_address: dict[str, list[Row]]
    split: frozenset[int]


def gather(tx: Tx, orders: Sequence[Order], *, limits: OrderLimits, catalogue: Catalogue | None = None) -> list[OrderFacts]:
    """The facts of each order, in the same order; the orders must already be rows of `orders`.

    Only what was placed before an order counts against it (of the same instant: what has the lower id), and a refused or
    cancelled order is no original of a duplicate. A part of a split order is no duplicate of the other parts.
    `catalogue` spares reading the items again for each batch.
    """
    if not orders:
        return []
    if catalogue is None:
        catalogue = Catalogue.only(tx, {line.sku for order in orders for line in order.lines})
    else:
        catalogue.refresh(tx)
    history = _history(tx, orders, limits)
    candidates = {order.id: found for order in orders if (found := _candidates(order, history, limits))}
    baskets = _baskets(tx, {past[_ID] for found in candidates.values() for past in found})
    usual_values = _usual_values(tx, {order.customer for order in orders})
    get = catalogue.get
    facts: list[OrderFacts] = []
    for order in orders:
        particulars = order.particulars
        ship_to = particulars.ship_to
        customer_orders, card_orders, card_customers, address_customers = _counts(order, history, limits)
        found = candidates.get(order.id)
        facts.append(
            OrderFacts(
                order.id, order.placed_ms, order.currency, order.total,
                tuple([LineFacts(line.no, line.sku, line.quantity, line.unit_price, get(line.sku)) for line in order.lines]),
                order.shipping, order.discount, ship_to.country or order.country, ship_to.region, ship_to.postcode,
                _missing(order), particulars.withheld, particulars.problems,
                _masked(particulars.email) if particulars.email else "", particulars.tax_id,
                particulars.bill_country, particulars.ip_country, usual_values.get(order.customer),
                customer_orders, card_orders, card_customers, address_customers,
                _earlier(order, found, baskets) if found else (),
            )
        )  # fmt: skip
    return facts


def _missing(order: Order) -> tuple[str, ...]:
    """Which required fields are empty; a guest is known by the e-mail address."""
    ship_to, particulars = order.particulars.ship_to, order.particulars
    known = order.customer or particulars.email
    if known and particulars.payment_token and ship_to.name and ship_to.line1 and ship_to.city:
        return ()
    filled = {
        "customer": known, "payment_token": particulars.payment_token,
        "name": ship_to.name, "line1": ship_to.line1, "city": ship_to.city,
    }  # fmt: skip
    return tuple([name for name, value in filled.items() if not value])


def _masked(email: str) -> str:
    """An e-mail address whose form can still be judged but that names nobody: `xxx.xxx@mail.example`."""
    local, at, domain = email.rpartition("@")
    return f"{_LETTERS.sub('x', local)}{at}{domain}"


def _history(tx: Tx, orders: Sequence[Order], limits: OrderLimits) -> _History:
    hours = max(limits.duplicate_hours, limits.near_duplicate_hours)
    customers = _past(tx, _CUSTOMER, orders, {order.customer for order in orders}, max(hours, limits.velocity_hours))
    cards = _past(tx, _CARD, orders, {order.card for order in orders}, limits.velocity_hours)
    addresses = _past(tx, _ADDRESS, orders, {order.address_key for order in orders}, max(hours, limits.address_hours))
    split = [row[_ID] for found in (customers, addresses) for rows in found.values() for row in rows if row[_PARENT]]
    return _History(customers, cards, addresses, frozenset(split))


def _past(tx: Tx, by: int, orders: Sequence[Order], keys: set[str], hours: float) -> dict[str, list[Row]]:
    """The rows of the window that share a customer, card or address with one of the batch, by that key, ascending.

    Most orders share with none, which the index alone tells; most that share a card or an address share it with themselves.
    """
    column = _COLUMNS[by]
    among, value = tx.among(sorted(keys - {""}))
    last = max([order.placed_ms for order in orders])
    # An order without a readable date must not stretch the window back to 1970 for all the others.
    first = min([order.placed_ms for order in orders if order.placed_ms > 0], default=0) - int(hours * _HOUR_MS)
    window, bounds = f"{column} <> '' AND placed_ms BETWEEN ? AND ?", (first, last)
    values: tuple[Value, ...] = (value, *bounds)
    shared = f"SELECT {column} FROM orders WHERE {column} {among} AND {window} GROUP BY {column} HAVING COUNT(*) > 1"  # noqa: S608
    if by != _CUSTOMER:
        strangers = "MIN(customer) <> MAX(customer) OR MAX(customer) = ''"
        shared = f"SELECT {column} FROM orders WHERE {column} IN ({shared}) AND {window} GROUP BY {column} HAVING {strangers}"  # noqa: S608
        values = (*values, *bounds)
    rows = tx.rows(
        f"SELECT {', '.join(_COLUMNS)} FROM orders WHERE {column} IN ({shared}) AND {window} "  # noqa: S608
        "ORDER BY placed_ms DESC, id DESC LIMIT ?",
        (*values, *bounds, _ROWS_PER_ORDER * max(len(orders), 100)),
    )
    found: dict[str, list[Row]] = {}
    for row in reversed(rows):
        found.setdefault(row[by], []).append(row)
    return found


def _before(order: Order, rows: list[Row], hours: float) -> tuple[int, int]:
    """Where in ascending rows those begin and end that were placed before the order, within so many hours."""
    end = bisect_left(rows, (order.placed_ms, order.id))
    return bisect_left(rows, (order.placed_ms - int(hours * _HOUR_MS),), hi=end), end


def _counts(order: Order, history: _History, limits: OrderLimits) -> tuple[int, int, int, int]:
    """Orders of the customer, orders and customers of a shared card, customers at a shared address."""
    customer_orders = card_orders = card_customers = address_customers = 0
    if rows := history.by_customer.get(order.customer):
        start, end = _before(order, rows, limits.velocity_hours)
        customer_orders = end - start
    if rows := history.by_card.get(order.card):
        start, end = _before(order, rows, limits.velocity_hours)
        card_orders, card_customers = end - start, _customers(order, rows[max(start, end - _COUNTED) : end])
    if rows := history.by_address.get(order.address_key):
        start, end = _before(order, rows, limits.address_hours)
        address_customers = _customers(order, rows[max(start, end - _COUNTED) : end])
    return customer_orders, card_orders, card_customers, address_customers


def _customers(order: Order, rows: list[Row]) -> int:
    return len({row[_CUSTOMER] for row in rows} | {order.customer}) if rows else 0


def _candidates(order: Order, history: _History, limits: OrderLimits) -> list[Row]:
    """Earlier orders that this one may double: one with the same basket, and the latest few whatever they hold."""
    by_customer = history.by_customer.get(order.customer, _NO_PAST)
    by_address = history.by_address.get(order.address_key, _NO_PAST)
    if not (by_customer or by_address) or order.id in history.split:
        return _NO_PAST
    hours, near_ms = max(limits.duplicate_hours, limits.near_duplicate_hours), int(limits.near_duplicate_hours * _HOUR_MS)
    basket, found = "", dict[int, Row]()
    for rows in (by_customer, by_address):
        start, end = _before(order, rows, hours)
        latest = [
            row for row in reversed(rows[max(start, end - _LOOK_BACK) : end])
            if row[_STATE] not in _GONE and row[_ID] not in history.split
        ]  # fmt: skip
        if latest:
            basket = basket or basket_key(order.lines)
            found.update([(row[_ID], row) for row in latest[:_COMPARED] if order.placed_ms - row[_PLACED] <= near_ms])
            same = next((row for row in latest if row[_BASKET] == basket), None)
            if same is not None:
                found[same[_ID]] = same
    return list(found.values())


def _baskets(tx: Tx, order_ids: set[int]) -> dict[int, dict[str, int]]:
    """Order → SKU → pieces."""
    baskets: dict[int, dict[str, int]] = {}
    if order_ids:
        among, value = tx.among(sorted(order_ids))
        rows = tx.rows(f"SELECT order_id, sku, quantity FROM order_lines WHERE order_id {among}", (value,))  # noqa: S608
        for order_id, sku, quantity in rows:
            basket = baskets.setdefault(order_id, {})
            basket[sku] = basket.get(sku, 0) + quantity
    return baskets


def _earlier(order: Order, candidates: list[Row], baskets: dict[int, dict[str, int]]) -> tuple[Earlier, ...]:
    """Those candidates that have any SKU in common with the order, latest first."""
    own: dict[str, int] = {}
    for line in order.lines:
        own[line.sku] = own.get(line.sku, 0) + line.quantity
    found: list[Earlier] = []
    for row in candidates:
        basket = baskets.get(row[_ID])
        if not basket or own.keys().isdisjoint(basket):
            continue
        likeness = round(len(own.keys() & basket.keys()) / len(own.keys() | basket.keys()), 3)
        same_customer, same_address = row[_CUSTOMER] == order.customer, row[_ADDRESS] == order.address_key
        found.append(Earlier(row[_ID], order.placed_ms - row[_PLACED], own == basket, likeness, same_customer, same_address))
    found.sort(key=lambda one: (one.age_ms, -one.order_id))
    return tuple(found)


def _usual_values(tx: Tx, customers: Iterable[str]) -> dict[str, Usual]:
    """Customer → the usual value of an order, of those who have ordered before."""
    among, value = tx.among(sorted(customer for customer in customers if customer))
    rows = tx.rows(f"SELECT ref, seen, ln_sum, ln_sq, largest FROM ranges WHERE kind = 'value' AND ref {among}", (value,))  # noqa: S608
    return {ref: Usual.of(Range(seen, ln_sum, ln_sq, largest)) for ref, seen, ln_sum, ln_sq, largest in rows}

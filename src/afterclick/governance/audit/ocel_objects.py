"""The objects that events are about: orders, items, parcels, invoices, payments, questions, customers and bots."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from afterclick.store.transaction import Row, Tx

_AT_ONCE: Final = 1_000
_PAYMENT: Final = "payments."
_DOCUMENTS: Final = ("invoice", "credit")


class Related(NamedTuple):
    """A relationship to an object, with what it is to the other side."""

    id: str
    qualifier: str


class Named(NamedTuple):
    """An object; attributes are (name, value, since when in ms UTC)."""

    id: str
    kind: str
    attributes: Sequence[tuple[str, str | int, int]] = ()
    related: Sequence[Related] = ()


class Seen:
    """Which objects the events have named so far."""

    def __init__(self) -> None:
        self.orders: set[int] = set()
        self.invoices: set[str] = set()
        self.parcels: set[tuple[int, int, int]] = set()
        self.payments: set[tuple[int, int]] = set()
        self.bots: set[str] = set()
        self.people: set[str] = set()
        self.others: set[str] = set()

    def of_event(
        self, activity: str, order_id: int | None, named: str | None, because: str, key: str | None, actor: str
    ) -> list[Related]:
        """What an event is about, each noted as seen."""
        related = [self._actor(actor)]
        if order_id:
            self.orders.add(order_id)
            related.append(Related(f"order-{order_id}", "order"))
        if named:
            self.others.add(named)
            related.append(Related(_other(named), "about"))
        if activity.startswith(_DOCUMENTS) and order_id and because and " " not in because:
            self.invoices.add(because)
            related.append(Related(f"invoice-{because}", "document"))
        if key:
            related += self._by_key(activity, key)
        return related

    def _actor(self, actor: str) -> Related:
        if ":" in actor:
            self.people.add(actor)
            return Related(f"actor-{actor}", "done by")
        self.bots.add(actor)
        return Related(f"bot-{actor}", "done by")

    def _by_key(self, activity: str, key: str) -> list[Related]:
        """Effect keys name the order and its revision, and labels also their parcel: `17:1:label:2:carrier`."""
        parts = key.split(":")
        if len(parts) < 3 or not (parts[0].isdigit() and parts[1].isdigit()):
            return []
        order_id, revision = int(parts[0]), int(parts[1])
        if activity.startswith(_PAYMENT):
            self.payments.add((order_id, revision))
            return [Related(f"payment-{order_id}-{revision}", "payment")]
        if parts[2] == "label" and len(parts) > 3 and parts[3].isdigit():
            self.parcels.add((order_id, revision, int(parts[3])))
            return [Related(f"parcel-{order_id}-{revision}-{parts[3]}", "parcel")]
        return []


def objects(tx: Tx, seen: Seen) -> Iterator[Named]:
    """Every object seen, and those that an order leads to."""
    items: set[str] = set()
    customers: set[str] = set()
    orders = sorted(seen.orders)
    for start in range(0, len(orders), _AT_ONCE):
        yield from _orders(tx, orders[start : start + _AT_ONCE], seen, items, customers)
    yield from (Named(f"item-{sku}", "item") for sku in sorted(items))
    yield from (Named(f"customer-{name}", "customer") for name in sorted(customers))
    yield from (Named(f"payment-{order}-{revision}", "payment") for order, revision in sorted(seen.payments))
    yield from (Named(f"parcel-{order}-{revision}-{parcel}", "parcel") for order, revision, parcel in sorted(seen.parcels))
    yield from (Named(f"invoice-{name}", "invoice") for name in sorted(seen.invoices))
    known = dict(tx.rows("SELECT id, owner FROM bots"))
    for name in sorted(seen.bots):
        yield Named(f"bot-{name}", "bot", [("owner", known[name], 0)] if name in known else ())
    people = ("person:", "machine:")
    yield from (Named(f"actor-{name}", "person" if name.startswith(people) else "system") for name in sorted(seen.people))
    yield from (Named(_other(named), named.partition("/")[0]) for named in sorted(seen.others) if not _told(named, seen))


def _orders(tx: Tx, ids: Sequence[int], seen: Seen, items: set[str], customers: set[str]) -> Iterator[Named]:
    """Orders with their parts; an object that is told here is not told again."""
    among, value = tx.among(ids)
    lines: dict[int, list[str]] = {}
    for order_id, sku in tx.rows(f"SELECT order_id, sku FROM order_lines WHERE order_id {among} ORDER BY order_id, no", (value,)):  # noqa: S608
        lines.setdefault(order_id, []).append(sku)
    parts: dict[int, list[Related]] = {}
    for one, order_id in [*_parcels(tx, ids, seen), *_payments(tx, ids, seen), *_invoices(tx, ids, seen), *_tasks(tx, ids, seen)]:
        parts.setdefault(order_id, []).append(Related(one.id, one.kind))
        yield one
    for row in tx.rows(
        f"SELECT id, store, external_id, customer, currency, total, country, state, placed_ms, received_ms, since_ms FROM orders"  # noqa: S608
        f" WHERE id {among} ORDER BY id",
        (value,),
    ):
        skus = lines.get(row[0], [])
        items.update(skus)
        related = [Related(f"item-{sku}", "contains") for sku in skus]
        if row[3]:
            customers.add(row[3])
            related.append(Related(f"customer-{row[3]}", "placed by"))
        yield _order(row, related + parts.get(row[0], []))


def _order(row: Row, related: Sequence[Related]) -> Named:
    order_id, store, external_id, _, currency, total, country, state, placed_ms, received_ms, since_ms = row
    return Named(
        f"order-{order_id}", "order",
        (("store", store, placed_ms), ("number", external_id, placed_ms), ("currency", currency, placed_ms),
         ("total", total, placed_ms), ("country", country, placed_ms), ("state", "received", received_ms),
         ("state", state, max(since_ms, received_ms))),
        related,
    )  # fmt: skip


def _parcels(tx: Tx, ids: Sequence[int], seen: Seen) -> Iterator[tuple[Named, int]]:
    among, value = tx.among(ids)
    for order_id, revision, parcel, warehouse, carrier, tracking, state in tx.rows(
        f"SELECT order_id, revision, parcel, warehouse, carrier, tracking, state FROM shipments WHERE order_id {among}",  # noqa: S608
        (value,),
    ):
        seen.parcels.discard((order_id, revision, parcel))
        values = {"warehouse": warehouse, "carrier": carrier, "tracking": tracking, "state": state}
        yield Named(f"parcel-{order_id}-{revision}-{parcel}", "parcel", _now(values)), order_id


def _payments(tx: Tx, ids: Sequence[int], seen: Seen) -> Iterator[tuple[Named, int]]:
    among, value = tx.among(ids)
    for order_id, revision, authorised, captured, refunded, currency, state in tx.rows(
        f"SELECT order_id, revision, authorised, captured, refunded, currency, state FROM payments WHERE order_id {among}",  # noqa: S608
        (value,),
    ):
        seen.payments.discard((order_id, revision))
        values = {"authorised": authorised, "captured": captured, "refunded": refunded, "currency": currency, "state": state}
        yield Named(f"payment-{order_id}-{revision}", "payment", _now(values)), order_id


def _invoices(tx: Tx, ids: Sequence[int], seen: Seen) -> Iterator[tuple[Named, int]]:
    among, value = tx.among(ids)
    for series, number, kind, order_id, issued_ms, currency, gross in tx.rows(
        f"SELECT series, number, kind, order_id, issued_ms, currency, gross FROM invoices WHERE order_id {among}",  # noqa: S608
        (value,),
    ):
        name = f"{series}-{number:06d}"
        seen.invoices.discard(name)
        values = (("kind", kind, issued_ms), ("gross", gross, issued_ms), ("currency", currency, issued_ms))
        yield Named(f"invoice-{name}", "invoice", values), order_id


def _tasks(tx: Tx, ids: Sequence[int], seen: Seen) -> Iterator[tuple[Named, int]]:
    among, value = tx.among(ids)
    for task, order_id, who, state, asked_ms, decided_ms in tx.rows(
        f"SELECT id, item, who, state, asked_ms, decided_ms FROM tasks WHERE item_kind = 'order' AND item {among}",  # noqa: S608
        (value,),
    ):
        seen.others.discard(f"task/{task}")
        values = (("asks", who, asked_ms), ("state", "open", asked_ms), ("state", state, max(asked_ms, decided_ms)))
        yield Named(f"task-{task}", "task", values), order_id


def _now(values: dict[str, str | int]) -> list[tuple[str, str | int, int]]:
    """Values that are known only as they are: since the beginning of time, as OCEL has it."""
    return [(name, value, 0) for name, value in values.items() if value != ""]


def _other(named: str) -> str:
    kind, slash, rest = named.partition("/")
    return f"{kind}-{rest}" if slash else named


def _told(named: str, seen: Seen) -> bool:
    kind, _, rest = named.partition("/")
    return kind == "bot" and rest in seen.bots

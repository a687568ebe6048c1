"""Prove that orders, money, invoices, parcels and stock say the same of every order, to the cent and to the piece."""

from collections.abc import Sequence
from typing import Final, get_args

from afterclick.domain.accounts import TRADE_RECEIVABLES
from afterclick.domain.order import CLOSED, OrderState
from afterclick.engine.checks import Check
from afterclick.store.transaction import Tx

_DEEPEST: Final = 5
"""Bundles within bundles are resolved so deep."""
_SHOW: Final = "Look at it with `afterclick order show`"
_ORDER: Final = "'order ' || o.id || ' (' || o.external_id || ')"
_SHIPPED: Final = "SELECT COUNT(*) FROM orders WHERE state = 'shipped'"
_ORDERS: Final = "SELECT COUNT(*) FROM orders"


def checks(tx: Tx) -> Sequence[Check]:
    """What must hold of every order."""
    return (*_states(tx), *_money(), *_documents(), _pieces(tx))


def _states(tx: Tx) -> Sequence[Check]:
    known = ", ".join(f"'{state}'" for state in get_args(OrderState))
    queued = f"SELECT item FROM ({_members(tx, 'queue')}) AS queued"  # noqa: S608
    taken = f"SELECT item FROM ({_members(tx, 'batches')} AND q.finished_ms = 0) AS taken"  # noqa: S608
    return (
        Check(
            "every order has one state, and a reason when it is not moving",
            _ORDERS,
            f"SELECT {_ORDER}: ' || CASE WHEN o.state IN ({known}) THEN o.state || ' without a reason' ELSE 'unknown state' END"  # noqa: S608
            f" FROM orders o WHERE o.state NOT IN ({known})"
            " OR (o.state IN ('waiting', 'inbox', 'held', 'refused', 'cancelled') AND o.because = '')",
            f"{_SHOW}; the log tells where it last moved",
        ),
        Check(
            "every running order is in a batch, and every batch that holds an order goes on",
            _ORDERS,
            f"SELECT {_ORDER}: ' || o.state || CASE WHEN b.id IS NULL THEN ', no batch' ELSE ', batch ' || b.id END FROM orders o"  # noqa: S608
            " LEFT JOIN batches b ON b.id = o.batch WHERE (o.state = 'running' OR o.batch IS NOT NULL)"
            " AND (b.id IS NULL OR b.finished_ms > 0)",
            "Run `afterclick run --until-idle`: the engine takes up what was left behind",
        ),
        Check(
            "every order that is to go on is queued or in hand",
            "SELECT COUNT(*) FROM orders WHERE state = 'received'",
            f"SELECT {_ORDER}' FROM orders o WHERE o.state = 'received' AND o.id NOT IN ({queued}) AND o.id NOT IN ({taken})",  # noqa: S608
            "Run `afterclick run --until-idle`: the sweep queues what lies about",
        ),
        Check(
            "what is queued for a bot of orders is an order",
            "SELECT COALESCE(SUM(size), 0) FROM queue",
            f"SELECT 'order ' || queued.item FROM ({_members(tx, 'queue')}) AS queued LEFT JOIN orders o ON o.id = queued.item"  # noqa: S608
            " WHERE o.id IS NULL",
            "Delete that group from the queue: it was put there by hand",
        ),
        Check(
            "every order in the inbox has an open task, or an answer that is being followed",
            "SELECT COUNT(*) FROM orders WHERE state = 'inbox'",
            f"SELECT {_ORDER}' FROM orders o WHERE o.state IN ('waiting', 'inbox', 'held')"  # noqa: S608
            f" AND o.state = 'inbox' AND o.batch IS NULL AND o.id NOT IN ({queued})"
            " AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.item_kind = 'order' AND t.item = o.id AND t.state = 'open')"
            " AND NOT EXISTS (SELECT 1 FROM amendments a WHERE a.order_id = o.id AND a.state = 'open')",
            "Nobody will be asked: release the order with `afterclick order release`",
        ),
    )


def _members(tx: Tx, table: str) -> str:
    """The order ids in the lists of a table, for bots that work on orders; ends in a condition that can be added to."""
    expanded, item = ("json_each(q.items) AS e", "e.value")
    if tx.dialect == "postgresql":
        expanded, item = ("jsonb_array_elements_text(q.items::jsonb) AS e(value)", "e.value::bigint")
    return (
        f"SELECT {item} AS item FROM {table} q JOIN bots r ON r.id = q.bot CROSS JOIN {expanded}"  # noqa: S608  # names from code
        ' WHERE r.card LIKE \'%"works_on":"order"%\''
    )


def _money() -> Sequence[Check]:
    lines = "SELECT order_id, SUM(quantity * unit_price) AS value FROM order_lines GROUP BY order_id"
    paid = "SELECT order_id, SUM(captured) - SUM(refunded) AS kept, SUM(captured) AS captured FROM payments GROUP BY order_id"
    return (
        Check(
            "the total of a shipped order is its lines plus shipping less discount",
            _SHIPPED,
            f"SELECT {_ORDER}: total ' || o.total || ', lines ' || COALESCE(l.value, 0) FROM orders o"  # noqa: S608
            f" LEFT JOIN ({lines}) AS l ON l.order_id = o.id"
            " WHERE o.state = 'shipped' AND o.total <> COALESCE(l.value, 0) + o.shipping - o.discount",
            f"{_SHOW}, and compare it with the store's",
        ),
        Check(
            "a shipped order is paid in full, unless its customer pays by invoice",
            _SHIPPED,
            f"SELECT {_ORDER}: total ' || o.total || ', kept ' || COALESCE(p.kept, 0) FROM orders o"  # noqa: S608
            f" LEFT JOIN ({paid}) AS p ON p.order_id = o.id WHERE o.state = 'shipped' AND o.total <> COALESCE(p.kept, 0)"
            " AND NOT (p.order_id IS NULL AND o.particulars NOT LIKE '%\"payment_token\":%')",
            f"{_SHOW}, and compare it with the payment provider's list",
        ),
        Check(
            "no more is refunded than was taken, and no more taken than was authorised",
            "SELECT COUNT(*) FROM payments",
            "SELECT 'order ' || order_id || ': authorised ' || authorised || ', taken ' || captured || ', refunded ' || refunded"
            " FROM payments WHERE refunded > captured OR captured > authorised OR refunded < 0 OR captured < 0",
            "Compare it with the payment provider's list",
        ),
        Check(
            "no order is both shipped and refunded in full",
            _SHIPPED,
            f"SELECT {_ORDER}: ' || p.captured || ' taken and given back' FROM orders o JOIN ({paid}) AS p ON p.order_id = o.id"  # noqa: S608
            " WHERE o.state = 'shipped' AND o.total > 0 AND p.captured > 0 AND p.kept <= 0",
            f"{_SHOW}: stop the parcel, or ask the customer",
        ),
        Check(
            "what each customer owes in the books is what was invoiced, less credited, less paid",
            "SELECT COUNT(DISTINCT order_id) FROM invoices",
            "SELECT 'order ' || order_id || ': ' || SUM(amount) || ' too much in the books' FROM ("  # noqa: S608  # names from code
            f" SELECT order_id, amount FROM postings WHERE account = '{TRADE_RECEIVABLES}' UNION ALL"
            " SELECT order_id, CASE kind WHEN 'invoice' THEN -gross ELSE gross END FROM invoices UNION ALL"
            " SELECT order_id, captured - refunded FROM payments) AS books GROUP BY order_id HAVING SUM(amount) <> 0",
            f"{_SHOW}: invoice, payment and postings stand side by side there",
        ),
    )


def _documents() -> Sequence[Check]:
    billed = (
        "SELECT order_id, SUM(CASE kind WHEN 'invoice' THEN 1 ELSE -1 END) AS standing,"
        " SUM(CASE kind WHEN 'invoice' THEN gross ELSE -gross END) AS gross FROM invoices GROUP BY order_id"
    )
    return (
        Check(
            "each shipped order has exactly one invoice that stands, over its total",
            _SHIPPED,
            f"SELECT {_ORDER}: ' || COALESCE(i.standing, 0) || ' standing over ' || COALESCE(i.gross, 0) || ', total ' || o.total"  # noqa: S608
            f" FROM orders o LEFT JOIN ({billed}) AS i ON i.order_id = o.id"
            " WHERE o.state = 'shipped' AND (COALESCE(i.standing, 0) <> 1 OR COALESCE(i.gross, 0) <> o.total)",
            f"{_SHOW}, and ask finance",
        ),
        Check(
            "the postings of each entry balance to 0.00",
            "SELECT COUNT(DISTINCT entry) FROM postings",
            "SELECT 'entry ' || entry || ': ' || SUM(amount) FROM postings GROUP BY entry, currency HAVING SUM(amount) <> 0",
            "Do not close the books; compare with a backup",
        ),
        Check(
            "invoice numbers have no gap",
            "SELECT COUNT(*) FROM invoices",
            "SELECT i.series || ': ' || i.documents || ' documents, numbers ' || i.first || ' to ' || i.last FROM ("
            " SELECT series, COUNT(*) AS documents, MIN(number) AS first, MAX(number) AS last FROM invoices GROUP BY series) AS i"
            " LEFT JOIN counters c ON c.name = 'series:' || i.series"
            " WHERE i.first <> 1 OR i.documents <> i.last OR c.next IS NULL OR c.next <> i.last + 1",
            "Find the missing document in a backup; a tax audit will ask for it",
        ),
        Check(
            "every parcel of a shipped order was handed over",
            _SHIPPED,
            f"SELECT {_ORDER}' FROM orders o LEFT JOIN (SELECT order_id,"  # noqa: S608
            " SUM(CASE state WHEN 'handed_over' THEN 1 ELSE 0 END) AS gone,"
            " SUM(CASE WHEN state IN ('planned', 'labelled') THEN 1 ELSE 0 END) AS here FROM shipments GROUP BY order_id) AS s"
            " ON s.order_id = o.id WHERE o.state = 'shipped' AND (COALESCE(s.gone, 0) = 0 OR s.here > 0)",
            "Ask the warehouse for the parcel",
        ),
        Check(
            "no order that is closed holds stock back",
            f"SELECT COUNT(*) FROM orders WHERE state IN ({_listed(CLOSED)})",  # noqa: S608
            f"SELECT DISTINCT {_ORDER}: ' || o.state FROM reservations r JOIN orders o ON o.id = r.order_id"  # noqa: S608
            f" WHERE r.state = 'open' AND o.state IN ({_listed(CLOSED)})",
            "Run `afterclick run --until-idle`: the sweep gives it back",
        ),
    )


def _pieces(tx: Tx) -> Check:
    """Moves against lines, bundles taken apart: a closed order that did not ship has moved nothing in sum."""
    parts, pieces = "json_each(i.components) AS e", "e.value"
    if tx.dialect == "postgresql":
        parts, pieces = "jsonb_each_text(i.components::jsonb) AS e(key, value)", "e.value::bigint"
    lines = "order_lines l JOIN orders o ON o.id = l.order_id AND o.state = 'shipped'"
    return Check(
        "the pieces that left the shelves are those that shipped orders name",
        _SHIPPED,
        "WITH RECURSIVE parts(order_id, sku, pieces, depth) AS ("  # noqa: S608  # queries from code
        f" SELECT l.order_id, l.sku, l.quantity, 0 FROM {lines} JOIN items i ON i.sku = l.sku WHERE i.components IS NOT NULL"
        f" UNION ALL SELECT p.order_id, e.key, p.pieces * {pieces}, p.depth + 1 FROM parts p JOIN items i ON i.sku = p.sku"
        f" CROSS JOIN {parts} WHERE i.components IS NOT NULL AND p.depth < {_DEEPEST})"
        " SELECT 'order ' || order_id || ': ' || sku || ' differs by ' || SUM(pieces) FROM ("
        f" SELECT l.order_id, l.sku, l.quantity AS pieces FROM {lines} LEFT JOIN items i ON i.sku = l.sku"
        " WHERE i.components IS NULL"
        " UNION ALL SELECT p.order_id, p.sku, p.pieces FROM parts p LEFT JOIN items i ON i.sku = p.sku WHERE i.components IS NULL"
        " UNION ALL SELECT m.order_id, m.sku, m.quantity FROM stock_moves m JOIN orders o ON o.id = m.order_id"
        f" WHERE o.state IN ({_listed(CLOSED)}) AND m.reason IN ('shipment', 'return')"
        ") AS both_sides GROUP BY order_id, sku HAVING SUM(pieces) <> 0",
        f"{_SHOW}, and count the SKU with `afterclick stock count`",
    )


def _listed(states: Sequence[str]) -> str:
    return ", ".join(f"'{state}'" for state in states)

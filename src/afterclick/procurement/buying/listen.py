"""Take in what vendors answer and what docks unload, and hand each order to whoever follows it."""

from collections.abc import Mapping
from typing import Final, NamedTuple, cast

import msgspec

from afterclick.domain.purchase import Acknowledgement, ReceiptLine
from afterclick.domain.vendor_messages import Replies, Reply
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every
from afterclick.ports.goods_in import Arrivals, GoodsIn
from afterclick.ports.vendors import Vendors
from afterclick.procurement.buying import chasing
from afterclick.procurement.buying.purchases import BUY, FOLLOW, KIND, enqueue, load
from afterclick.procurement.buying.receiving import receive
from afterclick.procurement.documents.answers import read_answers
from afterclick.procurement.transferring import receiving as transferring
from afterclick.procurement.transferring.receiving import is_transfer
from afterclick.store import tables, transfers
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id="procurement.listen",
    does="Takes in vendors' answers and what the docks unload",
    owner="operations",
    works_on=KIND,
    starts_on=(Every(seconds=30),),
    purpose="So that an answer or a delivery counts within the minute",
    handles=frozenset({"stock", "catalogue"}),
)
PAGE: Final = 500
LOST_MS: Final = 600_000
"""A proposal that nobody has taken up for so long is queued again."""
LONGEST_KEY: Final = 200
_REPLY: Final = ("key", "purchase", "vendor", "format", "said", "state", "because", "at_ms")


class Heard(NamedTuple):
    """A page of one source with the cursor from which it was read."""

    cursor: str
    page: Replies | Arrivals


class _Read(NamedTuple):
    """One answer of a reply; None where it cannot be read, and why."""

    reply: Reply
    said: Acknowledgement | None
    because: str


def pull(some: Batch[None]) -> dict[str, Heard]:
    """One page from every connector of vendors and every dock."""
    pages: dict[str, Heard] = {}
    for name in some.systems("vendors"):
        cursor = _cursor(some.tx, name)
        pages[name] = Heard(cursor, cast(Vendors, some.system(name)).replies(cursor=cursor, limit=PAGE))
    for name in some.systems("goods_in"):
        cursor = _cursor(some.tx, name)
        pages[name] = Heard(cursor, cast(GoodsIn, some.system(name)).arrivals(cursor=cursor, limit=PAGE))
    return pages


@stage(calls=pull)
def take_in(some: Batch[None], pages: Mapping[str, Heard]) -> None:
    """Write each page down and move its cursor along, in one commit; a page that somebody else took is left."""
    for name, (cursor, page) in pages.items():
        if _cursor(some.tx, name) != cursor:
            continue
        if isinstance(page, Replies):
            _note_replies(some, page)
        else:
            _book(some, page)
        some.tx.run(
            "INSERT INTO vendor_channels (source, cursor) VALUES (?, ?) ON CONFLICT (source)"
            " DO UPDATE SET cursor = excluded.cursor",
            (name, page.cursor),
        )
        if page.more:
            some.start_again()


@stage()
def hand_on(some: Batch[None]) -> None:
    """Orders with an open answer or a wish to take them back, late ones, and proposals that nobody has, find their bot."""
    tx, now_ms, limits = some.tx, some.now_ms, some.policy.buying
    answered = tx.rows(
        "SELECT DISTINCT o.id FROM purchase_orders o LEFT JOIN vendor_replies r ON r.purchase = o.id AND r.state = 'open'"
        " WHERE o.state IN ('sent', 'acknowledged', 'part_received') AND o.batch IS NULL AND o.stage = ''"
        " AND (r.id IS NOT NULL OR o.withdrawal <> '') ORDER BY o.id LIMIT ?",
        (PAGE,),
    )
    back = tx.rows(
        "SELECT id FROM purchase_orders WHERE state = 'approved' AND withdrawal <> '' AND batch IS NULL AND stage = '' LIMIT ?",
        (PAGE,),
    )
    quiet_ms = now_ms - round(limits.confirm_hours * chasing.HOUR_MS)
    maybe = tx.rows(
        "SELECT id FROM purchase_orders WHERE state IN ('sent', 'acknowledged', 'part_received') AND batch IS NULL"
        " AND stage = '' AND ((due_ms > 0 AND due_ms <= ?) OR (state = 'sent' AND sent_ms <= ?)) ORDER BY due_ms, id LIMIT ?",
        (now_ms, quiet_ms, PAGE),
    )
    late = [
        item for item, one in load(tx, [row[0] for row in maybe]).items() if chasing.due(one, limits, now_ms=now_ms) is not None
    ]
    enqueue(tx, FOLLOW, list(dict.fromkeys([*(row[0] for row in (*answered, *back)), *late])), now_ms=now_ms)
    lost = tx.rows(
        "UPDATE purchase_orders SET since_ms = ? WHERE state = 'proposed' AND batch IS NULL AND stage = '' AND since_ms < ?"
        " RETURNING id",
        (now_ms, now_ms - LOST_MS),
    )
    enqueue(tx, BUY, [row[0] for row in lost], now_ms=now_ms)


@bot(CARD, over=NoItems())
def listen(some: Batch[None]) -> None:
    take_in(some)
    hand_on(some)


def _book(some: Batch[None], page: Arrivals) -> None:
    """What came for purchase orders and what came for transfers."""
    moved, bought = list[ReceiptLine](), list[ReceiptLine]()
    for line in page.lines:
        if _is_unsound(line):
            because = "a dock's line needs a key of 1 to 200 characters, a time, and texts without NUL; book the goods by hand"
            some.record(Event("receipt.unbooked", None, f"receipt/{line.key[:100]!a}", "Refuse", because))
        else:
            (moved if is_transfer(line) else bought).append(line)
    transfers.numbered(some.tx, [line.order for line in moved])  # locked before any stock is, as everybody does
    came = receive(
        some.tx, bought, by=some.card.id, limits=some.policy.buying, now_ms=some.now_ms,
        answer_hours=some.policy.inbox.answer_hours,
    )  # fmt: skip
    for event in (*came.events, *transferring.receive(some.tx, moved, by=some.card.id, now_ms=some.now_ms)):
        some.record(event)


def _is_unsound(line: ReceiptLine) -> bool:
    """Whether a line cannot even be written down."""
    texts = (line.key, line.order, line.sku, line.warehouse, line.delivery_note)
    return not 0 < len(line.key) <= LONGEST_KEY or not 0 <= line.received_ms < 2**53 or any("\0" in text for text in texts)


def _note_replies(some: Batch[None], page: Replies) -> None:
    """Write answers down under their orders; one that is no answer to an order of ours, or not its vendor's, is set aside."""
    tx = some.tx
    read = {key: found for one in page.replies for key, found in _read(one)}
    condition, value = tx.among(list(read))
    known = {row[0] for row in tx.rows(f"SELECT key FROM vendor_replies WHERE key {condition}", (value,))}  # noqa: S608
    condition, value = tx.among(sorted({one.said.order for one in read.values() if one.said is not None}))
    sql = f"SELECT number, id, vendor, state FROM purchase_orders WHERE number {condition}"  # noqa: S608
    orders = {row[0]: (row[1], row[2], row[3]) for row in tx.rows(sql, (value,))}
    rows: list[tuple[str | int, ...]] = []
    for key, (one, said, because) in read.items():
        if key in known:
            continue
        purchase, vendor, state = orders.get(said.order, (0, "", "")) if said is not None else (0, "", "")
        fault = because or _not_ours(purchase, vendor, state, one)
        text = msgspec.json.encode(said).decode() if said is not None else ""
        rows.append((key, purchase, one.vendor, one.format, text, "set_aside" if fault else "open", fault, one.at_ms))
        if fault:
            named = f"{KIND}/{purchase}" if purchase else f"reply/{key}"[:200]
            some.record(Event("reply.set_aside", None, named, "Refuse", fault))
    tx.insert(tables.vendor_replies, _REPLY, rows)


def _read(one: Reply) -> list[tuple[str, _Read]]:
    """The answers of a document under their keys, or why it cannot be read."""
    key = f"{one.vendor}/{one.id}"
    try:
        own = one.format == "json"
        found = [msgspec.json.decode(one.document, type=Acknowledgement)] if own else read_answers(one.document).answers
    except ValueError as error:
        because = f"the answer {one.id[:60]} of {one.vendor[:60]} cannot be read: {error}"[:300]
        return [(key, _Read(one, None, because))]
    return [(key if place == 0 else f"{key}#{place + 1}", _Read(one, said, "")) for place, said in enumerate(found)]


def _not_ours(purchase: int, vendor: str, state: str, one: Reply) -> str:
    if not purchase:
        return f"{one.vendor[:60]} answers to an order that is not ours"
    if vendor != one.vendor:
        return f"{one.vendor[:60]} answers to an order at {vendor}"
    return f"{one.vendor[:60]} answers to an order that is {state}" if state in ("received", "cancelled", "refused") else ""


def _cursor(tx: Tx, source: str) -> str:
    locked = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    return tx.value(f"SELECT cursor FROM vendor_channels WHERE source = ?{locked}", (source,)) or ""  # noqa: S608

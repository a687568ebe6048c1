"""Orders in the database, a batch at a time: loading, claiming, and the state in which they leave a bot's hands."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from afterclick.domain.facts import OrderFacts
from afterclick.domain.limits import OrderLimits
from afterclick.domain.order import Line, Order, Particulars
from afterclick.domain.verdict import Ask, Done, Leaving, Refuse, Wait
from afterclick.engine import queue
from afterclick.engine.batch import Batch
from afterclick.engine.items import Judged, Left
from afterclick.governance.policy import Policy
from afterclick.orders import facts
from afterclick.orders.desk import OrdersDesk
from afterclick.store import tables
from afterclick.store.transaction import Tx

FULFIL: Final = "orders.fulfil"
AMEND: Final = "orders.amend"
WAKE: Final = "orders.wake"
UNSTICK: Final = "orders.unstick"
LONGEST_RETRY_MS: Final = 3_600_000
AMENDED: Final = "EXISTS (SELECT 1 FROM amendments WHERE amendments.order_id = orders.id AND amendments.state = 'open')"

_COLUMNS: Final = (
    "id, store, external_id, placed_ms, received_ms, customer, currency, total, shipping, discount, country, card, address_key,"
    " priority, promise_ms, state, stage, revision, particulars"
)
_LEAVING_SETS: Final = ("state", "stage", "waiting_for", "because", "since_ms", "retry_ms", "batch")
_OF_THAT_NUMBER: Final = (  # store by store, each found in the index behind the one before: the number alone has no index
    "WITH RECURSIVE stores (name) AS (SELECT MIN(store) FROM orders UNION ALL"
    " SELECT (SELECT MIN(store) FROM orders WHERE store > name) FROM stores WHERE name IS NOT NULL)"
    " SELECT o.id FROM stores JOIN orders o ON o.store = stores.name AND o.external_id = ? ORDER BY o.id DESC"
)
_particulars = msgspec.json.Decoder(Particulars)


def load(tx: Tx, ids: Sequence[int]) -> dict[int, Order]:
    """Orders with their lines, in the order of `ids`; two queries whatever their number."""
    condition, value = tx.among(ids)
    lines: dict[int, list[Line]] = {}
    for order_id, no, sku, quantity, unit_price in tx.rows(
        f"SELECT order_id, no, sku, quantity, unit_price FROM order_lines WHERE order_id {condition} ORDER BY order_id, no",  # noqa: S608
        (value,),
    ):
        lines.setdefault(order_id, []).append(Line(no, sku, quantity, unit_price))
    decode = _particulars.decode
    found = {
        row[0]: Order(*row[:18], decode(row[18]), tuple(lines.get(row[0], ())))  # pyright: ignore[reportCallIssue]  # 18 columns
        for row in tx.rows(f"SELECT {_COLUMNS} FROM orders WHERE id {condition}", (value,))  # noqa: S608
    }
    return {order_id: found[order_id] for order_id in ids if order_id in found}


class Orders:
    """Orders as the items of a bot (`engine.items.Items`). `takes` are the states from which this bot may claim one."""

    kind = "order"
    facts: type[Judged] | None = OrderFacts

    def __init__(self, *, bot_id: str, takes: Sequence[str], interruptible: bool) -> None:
        self._bot_id = bot_id
        self._takes = ", ".join(f"'{state}'" for state in takes)
        self._interruptible = interruptible

    def claim(self, tx: Tx, ids: Sequence[int], *, batch: int, now_ms: int) -> list[int]:
        """Only what rests where this batch goes on: a group queued before somebody changed the order is out of date."""
        condition, value = tx.among(ids)
        unchanged = f" AND NOT {AMENDED}" if any_amendment(tx) else ""
        rows = tx.rows(
            f"UPDATE orders SET state = 'running', batch = ? WHERE id {condition} AND batch IS NULL AND stage = ?"  # noqa: S608
            f" AND state IN ({self._takes}){unchanged} RETURNING id",
            (batch, value, resumes_at(tx, batch)),
        )
        return [row[0] for row in rows]

    def load(self, tx: Tx, ids: Sequence[int]) -> dict[int, Order]:
        return load(tx, ids)

    def gather(self, batch: Batch[Order], items: Sequence[Order]) -> Sequence[OrderFacts]:
        return facts.gather(batch.tx, items, limits=batch.policy.orders, catalogue=batch.use(OrdersDesk).catalogue)

    def limits(self, policy: Policy) -> OrderLimits:
        return policy.orders

    def interrupted(self, tx: Tx, *, batch: int) -> dict[int, str]:
        """Orders of the batch with an open amendment."""
        if not self._interruptible or not any_amendment(tx):
            return {}
        rows = tx.rows(
            "SELECT o.id, a.action FROM amendments a JOIN orders o ON o.id = a.order_id WHERE a.state = 'open' AND o.batch = ?",
            (batch,),
        )
        return {order_id: f"{action} was asked for" for order_id, action in rows}

    def leave(self, tx: Tx, left: Sequence[Left], *, batch: int, now_ms: int) -> None:
        waits = self._waits(tx, left, now_ms)
        rows: list[tuple[str | int | None, ...]] = []
        for one in left:
            retry_ms, since_ms = waits.get(one.item, (0, now_ms))
            state, waiting_for = _resting(one.leaving)
            rows.append((state, one.stage, waiting_for, one.leaving.because, since_ms, retry_ms, None, one.item))
        tx.update(tables.orders, keys=("id",), sets=_LEAVING_SETS, rows=rows)
        self._queue_again(tx, left, {item: retry_ms for item, (retry_ms, _) in waits.items()}, now_ms)

    def release(self, tx: Tx, ids: Sequence[int], *, batch: int, stage: str, now_ms: int) -> None:
        condition, value = tx.among(ids)
        tx.run(
            "UPDATE orders SET state = 'received', batch = NULL, since_ms = ?, stage = CASE WHEN ? = '' THEN stage ELSE ? END"  # noqa: S608
            f" WHERE batch = ? AND id {condition}",
            (now_ms, stage, stage, batch, value),
        )

    def _waits(self, tx: Tx, left: Sequence[Left], now_ms: int) -> dict[int, tuple[int, int]]:
        """Orders that wait for a system: how long this time (twice as long as the time before), and since when in all."""
        waiting = {one.item: (one.leaving, one.stage) for one in left if isinstance(one.leaving, Wait) and _retries(one.leaving)}
        if not waiting:
            return {}
        condition, value = tx.among(waiting)
        waits: dict[int, tuple[int, int]] = {}
        for order_id, retry_ms, since_ms, waiting_for, stage in tx.rows(
            f"SELECT id, retry_ms, since_ms, waiting_for, stage FROM orders WHERE id {condition}",  # noqa: S608
            (value,),
        ):
            leaving, at = waiting[order_id]
            still = retry_ms > 0 and (waiting_for, stage) == (leaving.on, at)
            waits[order_id] = (min(LONGEST_RETRY_MS, max(leaving.retry_after_ms, 2 * retry_ms)), since_ms if still else now_ms)
        return waits

    def _queue_again(self, tx: Tx, left: Sequence[Left], delays: Mapping[int, int], now_ms: int) -> None:
        """Systems are asked again after a while; orders that somebody wants changed go to the bot that does it."""
        amended = set[int]()
        if self._bot_id != AMEND and any_amendment(tx):
            condition, value = tx.among([one.item for one in left])
            found = tx.rows(f"SELECT order_id FROM amendments WHERE state = 'open' AND order_id {condition}", (value,))  # noqa: S608
            amended = {row[0] for row in found}
        groups: dict[tuple[str, str, int], list[int]] = {}
        for one in left:
            if one.item in amended:
                groups.setdefault((AMEND, "", 0), []).append(one.item)
            elif one.item in delays:
                groups.setdefault((self._bot_id, f"at:{one.stage}", now_ms + delays[one.item]), []).append(one.item)
        for (bot_id, resume, not_before_ms), items in groups.items():
            queue.put(tx, bot_id, items, now_ms=now_ms, resume=resume, not_before_ms=not_before_ms)


def any_amendment(tx: Tx) -> bool:
    """Whether anybody wants any order changed; usually nobody does, and then nothing more need be asked."""
    return bool(tx.rows("SELECT 1 FROM amendments WHERE state = 'open' LIMIT 1"))


def resumes_at(tx: Tx, batch: int) -> str:
    """The stage at which a batch goes on, empty when it starts; orders that rest elsewhere are not for it."""
    return str(tx.value("SELECT resume FROM batches WHERE id = ?", (batch,)) or "").partition(":")[2]


def _retries(leaving: Leaving) -> bool:
    """Whether time alone may help: stock comes by itself, amendments and rehearsals end otherwise."""
    return getattr(leaving, "on", "stock") not in ("stock", "amendment", "mode", "finish")


def _resting(leaving: Leaving) -> tuple[str, str]:
    """The state and what is waited for."""
    if isinstance(leaving, Ask):
        return "inbox", leaving.who
    if isinstance(leaving, Refuse):
        return "refused", ""
    if isinstance(leaving, Done):
        return leaving.state, ""
    return ("held", leaving.on) if leaving.on == "mode" else ("waiting", leaving.on)


def enqueue(tx: Tx, ids: Sequence[int], *, now_ms: int, resume: str = "") -> None:
    """Queue orders for fulfilment, urgent ones in the urgent lane."""
    condition, value = tx.among(ids)
    by_priority: dict[int, list[int]] = {}
    for order_id, priority in tx.rows(f"SELECT id, priority FROM orders WHERE id {condition} ORDER BY id", (value,)):  # noqa: S608
        by_priority.setdefault(priority, []).append(order_id)
    for priority, items in by_priority.items():
        queue.put(tx, FULFIL, items, now_ms=now_ms, priority=priority, resume=resume)


def at_rest(tx: Tx, ids: Sequence[int], where: str) -> list[int]:
    """Those of these orders, in their order, for which `where` still holds and that nobody has in hand; locked until commit.

    What was found without a lock may have moved since: another worker has claimed it, shipped it, cancelled it.
    """
    condition, value = tx.among(ids)
    locked = " FOR UPDATE SKIP LOCKED" if tx.dialect == "postgresql" else ""
    sql = f"SELECT id FROM orders WHERE id {condition} AND batch IS NULL AND {where} ORDER BY id{locked}"  # noqa: S608  # `where` from code
    still = {row[0] for row in tx.rows(sql, (value,))}
    return [order_id for order_id in ids if order_id in still]


def send_on(tx: Tx, ids: Sequence[int], *, at: str, now_ms: int) -> None:
    """Let orders go on with their fulfilment at this stage (empty: from the first).

    They are in the caller's batch, or locked by it (`at_rest`): otherwise another worker may have them in hand by now.
    """
    if ids:
        condition, value = tx.among(ids)
        tx.run(
            "UPDATE orders SET state = 'received', stage = ?, waiting_for = '', because = '', retry_ms = 0, since_ms = ?"  # noqa: S608
            f" WHERE id {condition}",
            (at, now_ms, value),
        )
        enqueue(tx, ids, now_ms=now_ms, resume=f"at:{at}" if at else "")


def with_parts(tx: Tx, ids: Sequence[int]) -> dict[int, int]:
    """These orders and whatever was parted from them, however often: each order → the one of `ids` that it comes from."""
    condition, value = tx.among(ids)
    return dict(tx.rows(
        f"WITH RECURSIVE family (id, root) AS (SELECT id, id FROM orders WHERE id {condition} UNION"  # noqa: S608
        " SELECT o.id, f.root FROM family f JOIN orders o ON o.parent = f.id) SELECT id, root FROM family ORDER BY id",
        (value,),
    ))  # fmt: skip


def find(tx: Tx, name: str) -> int | None:
    """The order of that number: the store's own (the newest, where several stores use it), or ours."""
    found = numbered(tx, name)
    return found[0] if found else None


def numbered(tx: Tx, name: str) -> list[int]:
    """Orders that a store gave this number, the newest first; else the one that has it from us."""
    found = tx.rows(_OF_THAT_NUMBER, (name,))
    if not found and name.isascii() and name.isdecimal() and len(name) < 19:
        found = tx.rows("SELECT id FROM orders WHERE id = ?", (int(name),))
    return [row[0] for row in found]

"""What somebody wants changed about an order: asked for here, done by the bot in `amend.py`."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from afterclick.engine import queue
from afterclick.orders.records import AMEND
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

Action = Literal["cancel", "address", "quantity", "split", "hold", "release"]
ACTIONS: Final[tuple[Action, ...]] = ("cancel", "address", "quantity", "split", "hold", "release")
LONGEST_CHANGE: Final = 100_000
"""Characters of a change written as JSON; an order has no more than 2,000 lines."""
LEAVE_MONEY: Final = ("address", "hold", "release")
"""These do not touch what the customer pays."""


class UnknownOrder(ValueError):
    """There is no order of that id."""


class Asked(NamedTuple):
    """An open amendment: what is wanted, as JSON (see `changing`), by whom and why."""

    id: int
    order_id: int
    action: Action
    change: str
    by: str
    because: str


def ask(tx: Tx, order_id: int, action: Action, change: Mapping[str, object], *, by: str, because: str, now_ms: int) -> int | None:
    """Ask for an amendment; returns its id, or None when the same is asked for already.

    An order that a bot has in hand is given up at its next stage; one that rests is taken up at once.

    Raises:
        UnknownOrder: there is no such order. ValueError: no such action, or the change is too long.
    """
    if action not in ACTIONS:
        raise ValueError(f"an order cannot be amended by {action!r}; choose one of {', '.join(ACTIONS)}")
    text = msgspec.json.encode(change).decode()
    if len(text) > LONGEST_CHANGE:
        raise ValueError(f"the change of order {order_id} has {len(text):,} characters, more than {LONGEST_CHANGE:,}")
    locked = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    found = tx.rows(f"SELECT batch FROM orders WHERE id = ?{locked}", (order_id,))  # noqa: S608
    if not found:
        raise UnknownOrder(f"there is no order {order_id}")
    if tx.rows(
        "SELECT 1 FROM amendments WHERE order_id = ? AND action = ? AND change = ? AND state = 'open'", (order_id, action, text)
    ):
        return None
    amendment = tx.value(
        "INSERT INTO amendments (order_id, action, change, asked_by, asked_ms, state, because) VALUES (?, ?, ?, ?, ?, 'open', ?)"
        " RETURNING id",
        (order_id, action, text, by, now_ms, because),
    )
    if found[0][0] is None:
        queue.put(tx, AMEND, [order_id], now_ms=now_ms)
    return amendment


def ask_and_log(
    tx: Tx, order_id: int, action: Action, change: Mapping[str, object], *, by: str, because: str, now_ms: int
) -> int | None:
    """`ask` by somebody outside a batch, with an event of its own."""
    amendment = ask(tx, order_id, action, change, by=by, because=because, now_ms=now_ms)
    if amendment is not None:
        log.append(tx, Block(now_ms, by, ""), [Event(f"asked.{action}", order_id, None, "", because)])
    return amendment


def open_ones(tx: Tx, ids: Sequence[int]) -> dict[int, list[Asked]]:
    """The open amendments of these orders, oldest first."""
    condition, value = tx.among(ids)
    found: dict[int, list[Asked]] = {}
    for row in tx.rows(
        "SELECT id, order_id, action, change, asked_by, because FROM amendments"  # noqa: S608
        f" WHERE state = 'open' AND order_id {condition} ORDER BY id",
        (value,),
    ):
        found.setdefault(row[1], []).append(Asked._make(row))
    return found


def leaving_money(tx: Tx, ids: Sequence[int]) -> set[int]:
    """Those of these orders whose open amendments let the payment stand."""
    condition, value = tx.among(ids)
    rows = tx.rows(
        f"SELECT order_id, action FROM amendments WHERE state = 'open' AND order_id {condition}",  # noqa: S608
        (value,),
    )
    return {order_id for order_id, _ in rows} - {order_id for order_id, action in rows if action not in LEAVE_MONEY}


def was_refused(tx: Tx, order_id: int, action: Action) -> bool:
    """Whether this was wanted of an order before, and could not be done."""
    sql = "SELECT 1 FROM amendments WHERE order_id = ? AND action = ? AND state = 'refused' LIMIT 1"
    return bool(tx.rows(sql, (order_id, action)))


def close(tx: Tx, done: Sequence[int], refused: Mapping[int, str]) -> None:
    """End amendments (by id): done, or refused for a reason, which then stands in place of the wish's own."""
    tx.run_many("UPDATE amendments SET state = 'done' WHERE id = ? AND state = 'open'", [(one,) for one in done])
    tx.run_many(
        "UPDATE amendments SET state = 'refused', because = ? WHERE id = ? AND state = 'open'",
        [(because, one) for one, because in refused.items()],
    )


def refuse_all(tx: Tx, because: Mapping[int, str]) -> None:
    """Refuse whatever is open of these orders: order → why."""
    close(tx, [], {one.id: because[order_id] for order_id, asked in open_ones(tx, list(because)).items() for one in asked})

"""Compare the stores' own lists with what is known here: lost orders are taken in, cancelled ones stopped."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, cast

import msgspec

from afterclick.domain.order import OPEN
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every
from afterclick.orders.intake.arrivals import cancel, take_in
from afterclick.orders.records import with_parts
from afterclick.ports.store import Store
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id="orders.reconcile",
    does="Compares orders with the stores' own lists, and finds lost, doubled and cancelled ones",
    owner="operations",
    works_on="store",
    starts_on=(Every(seconds=300),),
    purpose="So that what a store knows and what we know stays the same, even when a message was lost",
    handles=frozenset({"personal", "order"}),
    limits="listing in policy.toml",
)
WINDOW_MS: Final = 6 * 3_600_000
"""So much of a store's list is read at a time."""
MOST: Final = 1_000
"""Lost orders fetched in one run; while there are more, the bot starts again."""
_HAS_LEFT: Final = "the parcel has left%"
"""Why `recall` refuses to stop an order."""
_HOUR_MS: Final = 3_600_000


class Difference(NamedTuple):
    """What one store's list has that is not so here; `doubled` counts orders that it lists more than once."""

    listed: int
    lost: list[bytes]
    cancelled: list[str]
    doubled: int
    more: bool


def compare(stores: Batch[None]) -> Mapping[str, Difference]:
    """Read the list of each store whose orders are all collected; what is still to be collected is not lost."""
    found: dict[str, Difference] = {}
    for system in stores.systems("store"):
        store = cast(Store, stores.system(system))
        if _all_collected(stores.tx, store):
            found[store.name] = _compare(stores, store)
    return found


def _all_collected(tx: Tx, store: Store) -> bool:
    """Whether the store sends webhooks, or its list holds nothing that was not collected yet."""
    kind, cursor = next(iter(tx.rows("SELECT kind, cursor FROM channels WHERE store = ?", (store.name,))), ("pull", ""))
    return kind == "webhook" or not store.orders(cursor=cursor, limit=1).documents


def _compare(stores: Batch[None], store: Store) -> Difference:
    limits, now_ms = stores.policy.listing, stores.now_ms
    end_ms = now_ms - round(limits.grace_hours * _HOUR_MS)
    start_ms = now_ms - round(limits.days * 24 * _HOUR_MS)
    listed = doubled = 0
    missing: list[str] = []
    cancelled: list[str] = []
    for from_ms in range(start_ms, end_ms, WINDOW_MS):
        window = store.listing(placed_from_ms=from_ms, placed_to_ms=min(from_ms + WINDOW_MS, end_ms))
        by_name = {one.external_id: one for one in window}
        listed, doubled = listed + len(by_name), doubled + len(window) - len(by_name)
        known = _known(stores.tx, store.name, list(by_name))
        missing += [name for name, one in by_name.items() if name not in known and one.status == "open"]
        stopped = [name for name, one in by_name.items() if one.status == "cancelled"]
        cancelled += sorted(set(_to_stop(stores.tx, store.name, stopped).values())) if stopped else []
    return Difference(listed, list(store.document(missing[:MOST])) if missing else [], cancelled, doubled, len(missing) > MOST)


@stage(calls=compare)
def heal(stores: Batch[None], found: Mapping[str, Difference]) -> None:
    """Take in what was lost, and stop what the store has cancelled."""
    tx, now_ms, by = stores.tx, stores.now_ms, stores.card.id
    for store, difference in found.items():
        arrived = take_in(tx, difference.lost, store=store, by=by, now_ms=now_ms)
        for event in arrived.events:
            stores.record(event)
        for order_id in arrived.new:
            stores.record(Event("found.lost", order_id, None, "", "the store lists it, and it never came in"))
        because = "the store's list says it is cancelled"
        for event in cancel(tx, list(_to_stop(tx, store, difference.cancelled)), by=by, because=because, now_ms=now_ms):
            stores.record(event)
        if difference.lost or difference.cancelled or difference.doubled:
            counts = {
                "listed": difference.listed, "lost": len(arrived.new), "cancelled": len(difference.cancelled),
                "doubled": difference.doubled + arrived.duplicates,
            }  # fmt: skip
            said = ", ".join(f"{count:,} {what}" for what, count in counts.items())
            stores.record(Event("reconciled", None, f"store/{store}", "", said, msgspec.json.encode(counts).decode()))
        if difference.more and arrived.new:
            stores.start_again()


@bot(CARD, over=NoItems())
def reconcile(stores: Batch[None]) -> None:
    heal(stores)


def _known(tx: Tx, store: str, names: Sequence[str]) -> dict[str, int]:
    """The store's orders that are here: number → id. The store knows nothing of parts, which only we have given a number."""
    condition, value = tx.among(names)
    sql = f"SELECT external_id, id FROM orders WHERE store = ? AND parent IS NULL AND external_id {condition}"  # noqa: S608
    return dict(tx.rows(sql, (store, value)))


def _to_stop(tx: Tx, store: str, names: Sequence[str]) -> dict[int, str]:
    """The orders of these numbers, and the parts of them, that are still open and could yet be stopped: order → number.

    Where the parcel has left, it was tried and refused: to ask again would only take from a person what they are to decide.
    """
    known = {order_id: name for name, order_id in _known(tx, store, names).items()}
    family = with_parts(tx, list(known))
    open_states = ", ".join(f"'{state}'" for state in OPEN)
    condition, value = tx.among(list(family))
    rows = tx.rows(
        f"SELECT id FROM orders WHERE id {condition} AND state IN ({open_states}) AND NOT EXISTS (SELECT 1 FROM amendments a"  # noqa: S608
        " WHERE a.order_id = orders.id AND a.action = 'cancel' AND a.state = 'refused' AND a.because LIKE ?) ORDER BY id",
        (value, _HAS_LEFT),
    )
    return {row[0]: known[family[row[0]]] for row in rows}

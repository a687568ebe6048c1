"""Compare the stores' own lists with what is known here: lost orders are taken in, cancelled ones stopped."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, cast

import msgspec

from afterclick.domain.order import OPEN
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every
from afterclick.orders import amendments
from afterclick.orders.intake.arrivals import take_in
from afterclick.ports.store import Listed, Store
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
        states = _states(stores.tx, store.name, by_name)
        missing += [name for name, one in by_name.items() if name not in states and one.status == "open"]
        cancelled += _to_cancel(by_name, states)
    return Difference(listed, list(store.document(missing[:MOST])) if missing else [], cancelled, doubled, len(missing) > MOST)


def _to_cancel(listed: Mapping[str, Listed], states: Mapping[str, str]) -> list[str]:
    return [name for name, one in listed.items() if one.status == "cancelled" and states.get(name) in OPEN]


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
        for order_id in _ids(tx, store, difference.cancelled):
            if amendments.ask(tx, order_id, "cancel", {}, by=by, because="the store's list says it is cancelled", now_ms=now_ms):
                stores.record(Event("asked.cancel", order_id, None, "", "the store's list says it is cancelled"))
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


def _states(tx: Tx, store: str, names: Mapping[str, Listed]) -> dict[str, str]:
    condition, value = tx.among(list(names))
    return dict(tx.rows(f"SELECT external_id, state FROM orders WHERE store = ? AND external_id {condition}", (store, value)))  # noqa: S608


def _ids(tx: Tx, store: str, names: Sequence[str]) -> list[int]:
    """The orders of these numbers that are still open."""
    open_states = ", ".join(f"'{state}'" for state in OPEN)
    condition, value = tx.among(names)
    rows = tx.rows(
        f"SELECT id FROM orders WHERE store = ? AND external_id {condition} AND state IN ({open_states}) ORDER BY id",  # noqa: S608
        (store, value),
    )
    return [row[0] for row in rows]

"""Collect new orders from the stores' own lists."""

from collections.abc import Mapping
from typing import Final, NamedTuple, cast

from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every
from afterclick.orders.intake.arrivals import take_in
from afterclick.ports.store import Page, Store
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id="orders.collect",
    does="Collects new orders from the stores' lists",
    owner="operations",
    works_on="store",
    starts_on=(Every(seconds=2),),
    purpose="So that an order is worked on seconds after the click, whatever store it was placed in",
    handles=frozenset({"personal", "order"}),
)
PAGE: Final = 1_000


class Collected(NamedTuple):
    """A page of one store's list, and the cursor from which it was read."""

    cursor: str
    page: Page


def pull(stores: Batch[None]) -> Mapping[str, Collected]:
    """One page from each store that is collected from; a store that sends webhooks is reconciled instead."""
    pages: dict[str, Collected] = {}
    sending = {row[0] for row in stores.tx.rows("SELECT store FROM channels WHERE kind = 'webhook'")}
    for system in stores.systems("store"):
        store = cast(Store, stores.system(system))
        if store.name in sending:
            continue
        cursor = _cursor(stores.tx, store.name)
        pages[store.name] = Collected(cursor, store.orders(cursor=cursor, limit=PAGE))
    return pages


@stage(calls=pull)
def collect(stores: Batch[None], pages: Mapping[str, Collected]) -> None:
    """Write the page down and move the cursor along, in one commit; a page that somebody else took is left."""
    for store, (cursor, page) in pages.items():
        if _cursor(stores.tx, store) != cursor:
            continue
        arrived = take_in(stores.tx, page.documents, store=store, by=stores.card.id, now_ms=stores.now_ms)
        for event in arrived.events:
            stores.record(event)
        stores.tx.run(
            "INSERT INTO channels (store, kind, cursor) VALUES (?, 'pull', ?) ON CONFLICT (store) DO UPDATE SET cursor = ?",
            (store, page.cursor, page.cursor),
        )
        if page.more:
            stores.start_again()
        if arrived.duplicates:
            stores.record(Event("collected", None, f"store/{store}", "", f"{arrived.duplicates} known already"))


@bot(CARD, over=NoItems())
def collect_orders(stores: Batch[None]) -> None:
    collect(stores)


def _cursor(tx: Tx, store: str) -> str:
    locked = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    return tx.value(f"SELECT cursor FROM channels WHERE store = ?{locked}", (store,)) or ""  # noqa: S608

"""What every online store behind `ports.store` must do."""

import re
from decimal import Decimal

import msgspec
import pytest

from afterclick.ports.answer import Done
from afterclick.ports.store import Store, Told
from tests.ports.insisting import insist

EVER = 1 << 60


class Line(msgspec.Struct):
    sku: str
    quantity: int
    unit_price: str


class Document(msgspec.Struct):
    """The keys of an order document that every reader needs."""

    id: str
    event: str
    type: str
    placed_at: str
    currency: str
    total: str
    shipping: str
    discount: str
    lines: list[Line]


class StoreContract:
    """Inherit it, and give a fixture `store` with at least 10 orders, all of them good."""

    def all_documents(self, store: Store, limit: int = 7) -> list[bytes]:
        cursor, documents, more = "", list[bytes](), True
        while more:
            page = store.orders(cursor=cursor, limit=limit)
            assert len(page.documents) <= limit
            documents += page.documents
            cursor, more = page.cursor, page.more
        return documents

    def test_paging_gives_every_order_once_and_the_oldest_first(self, store: Store) -> None:
        orders = [msgspec.json.decode(document, type=Document) for document in self.all_documents(store)]
        listed = store.listing(placed_from_ms=0, placed_to_ms=EVER)
        assert len(orders) >= 10
        assert sorted(order.id for order in orders) == sorted(one.external_id for one in listed)
        assert [order.placed_at for order in orders] == sorted(order.placed_at for order in orders)

    def test_the_size_of_a_page_does_not_matter(self, store: Store) -> None:
        assert self.all_documents(store, limit=3) == self.all_documents(store, limit=1000)

    def test_past_the_last_order_a_page_is_empty_and_its_cursor_stays(self, store: Store) -> None:
        last = store.orders(cursor="", limit=1000)
        after = store.orders(cursor=last.cursor, limit=10)
        assert (after.documents, after.cursor, after.more) == ((), last.cursor, False)

    @pytest.mark.parametrize("cursor", ["next", "-1", "1; DROP TABLE orders", "²"])
    def test_a_cursor_of_somebody_else_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(ValueError, match="cursor"):
            store.orders(cursor=cursor, limit=10)

    def test_a_document_has_the_documented_form_and_its_total_ties(self, store: Store) -> None:
        for raw in self.all_documents(store):
            order = msgspec.json.decode(raw, type=Document)
            lines = sum(line.quantity * Decimal(line.unit_price) for line in order.lines)
            assert Decimal(order.total) == lines + Decimal(order.shipping) - Decimal(order.discount)
            assert order.type == "order.placed" and order.event
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", order.placed_at)

    def test_the_listing_is_half_open(self, store: Store) -> None:
        instant = sorted(one.placed_ms for one in store.listing(placed_from_ms=0, placed_to_ms=EVER))[5]
        before = store.listing(placed_from_ms=0, placed_to_ms=instant)
        after = store.listing(placed_from_ms=instant, placed_to_ms=EVER)
        assert all(one.placed_ms < instant for one in before) and all(one.placed_ms >= instant for one in after)
        assert len(before) + len(after) == len(self.all_documents(store))

    def test_documents_are_found_by_id_and_unknown_ids_left_out(self, store: Store) -> None:
        documents = self.all_documents(store)
        ids = [msgspec.json.decode(raw, type=Document).id for raw in documents]
        found = store.document([ids[3], "no such order", "", ids[0], ids[3]])
        assert sorted(found) == sorted([documents[0], documents[3]])
        assert list(store.document([])) == []

    def test_the_store_is_told_once_per_key(self, store: Store) -> None:
        (first,) = store.listing(placed_from_ms=0, placed_to_ms=EVER)[:1]
        told = Told(key="1:told", external_id=first.external_id, status="shipped", tracking=("T1", "T2"))
        assert insist(store.tell, told) == insist(store.tell, told) == [Done(None)]
        assert list(store.tell([])) == []

    def test_an_order_cancelled_by_the_office_is_listed_as_cancelled(self, store: Store) -> None:
        first, second = store.listing(placed_from_ms=0, placed_to_ms=EVER)[:2]
        insist(store.tell, Told(key="1:told", external_id=first.external_id, status="cancelled"))
        status = {one.external_id: one.status for one in store.listing(placed_from_ms=0, placed_to_ms=EVER)}
        assert (status[first.external_id], status[second.external_id]) == ("cancelled", "open")

"""What the facts of an order say of the database: who ordered what before, and what is usual."""

import math
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import create_engine

from afterclick.domain.facts import OrderFacts, Usual
from afterclick.domain.fingerprint import address_key, basket_key
from afterclick.domain.limits import OrderLimits
from afterclick.domain.order import Address, Line, Order, Particulars
from afterclick.orders.catalogue import Catalogue, changed
from afterclick.orders.facts import gather
from afterclick.orders.ranges import learn
from afterclick.store import tables
from afterclick.store.transaction import Row, Tx

LIMITS = OrderLimits()
NOON, MINUTE, HOUR = 1_700_000_000_000, 60_000, 3_600_000
HOME = Address("Ann", "Main Street 1", "", "Berlin", "", "10115", "DE")


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        used = [tables.orders, tables.order_lines, tables.items, tables.ranges, tables.counters]
        tables.metadata.create_all(connection, tables=used)
        yield Tx(connection)
    engine.dispose()


def an_order(order_id: int, placed_ms: int, basket: dict[str, int] | None = None, **changes: Any) -> Order:
    """An order of customer C-1 to HOME with card fp_1, of 10.00 a piece."""
    ship_to = changes.pop("ship_to", HOME)
    basket = {"A": 1, "B": 2} if basket is None else basket
    made = Order(
        id=order_id, store="s", external_id=f"S-{order_id}", placed_ms=placed_ms, received_ms=placed_ms, customer="C-1",
        currency="EUR", total=1000 * sum(basket.values()), shipping=0, discount=0, country="DE", card="fp_1",
        address_key=address_key(ship_to), priority=5, promise_ms=0, state="received", stage="", revision=0,
        particulars=Particulars(ship_to=ship_to, email="ann.lee@mail.example", payment_token="tok"),
        lines=tuple(Line(no, sku, pieces, 1000) for no, (sku, pieces) in enumerate(basket.items(), 1)),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def write(tx: Tx, *orders: Order, parent: int | None = None) -> None:
    columns = (
        "id",
        "store",
        "external_id",
        "placed_ms",
        "customer",
        "total",
        "card",
        "address_key",
        "basket_key",
        "state",
        "parent",
    )
    rows = [
        (
            o.id,
            o.store,
            o.external_id,
            o.placed_ms,
            o.customer,
            o.total,
            o.card,
            o.address_key,
            basket_key(o.lines),
            o.state,
            parent,
        )
        for o in orders
    ]
    tx.insert(tables.orders, columns, rows)
    lines = [(o.id, line.no, line.sku, line.quantity, line.unit_price) for o in orders for line in o.lines]
    tx.insert(tables.order_lines, ("order_id", "no", "sku", "quantity", "unit_price"), lines)


def facts_of(tx: Tx, *orders: Order) -> list[OrderFacts]:
    write(tx, *orders)
    return gather(tx, orders, limits=LIMITS)


def test_no_orders_have_no_facts(tx: Tx) -> None:
    assert gather(tx, [], limits=LIMITS) == []


def test_the_facts_hold_the_order_but_name_nobody(tx: Tx) -> None:
    tx.insert(tables.items, ("sku", "price", "currency"), [("A", 900, "EUR")])
    (facts,) = facts_of(tx, an_order(1, NOON))
    assert (facts.order_id, facts.total, facts.country, facts.postcode, facts.missing) == (1, 3000, "DE", "10115", ())
    assert [(line.sku, line.quantity, line.item is not None) for line in facts.lines] == [("A", 1, True), ("B", 2, False)]
    assert facts.email == "xxx.xxx@mail.example"
    written = msgspec.json.encode(facts).decode()
    assert not any(private in written for private in ("Ann", "ann", "Main Street", "C-1", "fp_1", "Berlin"))
    assert (facts.earlier, facts.usual_value, facts.customer_orders, facts.card_orders) == ((), None, 0, 0)


def test_empty_required_fields_are_named(tx: Tx) -> None:
    (facts,) = facts_of(tx, an_order(1, NOON, customer="", particulars=Particulars(ship_to=Address(country="DE"))))
    assert facts.missing == ("customer", "payment_token", "name", "line1", "city")


def test_a_double_in_the_same_batch_counts_against_the_later_one_only(tx: Tx) -> None:
    first, second = facts_of(tx, an_order(1, NOON), an_order(2, NOON + MINUTE))
    assert first.earlier == ()
    assert [(one.order_id, one.age_ms, one.exact, one.same_customer, one.same_address) for one in second.earlier] == [
        (1, MINUTE, True, True, True)
    ]


def test_of_two_orders_in_one_instant_the_lower_id_is_the_original(tx: Tx) -> None:
    second, first = facts_of(tx, an_order(2, NOON), an_order(1, NOON))
    assert (first.earlier, [one.order_id for one in second.earlier]) == ((), [1])


@pytest.mark.parametrize(
    ("basket", "exact", "likeness"),
    [
        ({"B": 2, "A": 1}, True, 1.0),
        ({"A": 1, "B": 3}, False, 1.0),
        ({"A": 1}, False, 0.5),
        ({"A": 1, "B": 2, "C": 1}, False, 0.667),
    ],
)
def test_baskets_are_compared_by_their_skus(tx: Tx, basket: dict[str, int], exact: bool, likeness: float) -> None:
    _, second = facts_of(tx, an_order(1, NOON), an_order(2, NOON + MINUTE, basket))
    assert [(one.exact, one.likeness) for one in second.earlier] == [(exact, likeness)]


def test_a_quite_different_basket_is_no_earlier_order(tx: Tx) -> None:
    assert facts_of(tx, an_order(1, NOON), an_order(2, NOON + MINUTE, {"C": 1}))[1].earlier == ()


@pytest.mark.parametrize("state", ["refused", "cancelled"])
def test_what_was_refused_or_cancelled_is_no_original(tx: Tx, state: str) -> None:
    _, second = facts_of(tx, an_order(1, NOON, state=state), an_order(2, NOON + MINUTE))
    assert second.earlier == ()
    assert second.customer_orders == 1


def test_parts_of_a_split_order_are_no_duplicates(tx: Tx) -> None:
    whole, part = an_order(1, NOON), an_order(2, NOON)
    write(tx, whole)
    write(tx, part, parent=1)
    assert [facts.earlier for facts in gather(tx, [whole, part], limits=LIMITS)] == [(), ()]


def test_what_is_older_than_the_window_is_forgotten(tx: Tx) -> None:
    _, second = facts_of(tx, an_order(1, NOON), an_order(2, NOON + 25 * HOUR))
    assert (second.earlier, second.customer_orders) == ((), 0)


def test_the_same_basket_is_found_behind_many_other_orders(tx: Tx) -> None:
    others = [an_order(n, NOON + n * MINUTE, {f"X{n}": 1}) for n in range(2, 40)]
    facts = facts_of(tx, an_order(1, NOON), *others, an_order(50, NOON + 50 * MINUTE))[-1]
    assert [one.order_id for one in facts.earlier] == [1]
    assert facts.customer_orders == 39


def test_another_customer_at_the_same_door_is_told_apart(tx: Tx) -> None:
    same_door = msgspec.structs.replace(HOME, line1="MAIN STREET, 1.")
    _, second = facts_of(tx, an_order(1, NOON), an_order(2, NOON + MINUTE, customer="C-2", card="fp_2", ship_to=same_door))
    assert [(one.exact, one.same_customer, one.same_address) for one in second.earlier] == [(True, False, True)]
    assert second.address_customers == 2


def test_customers_and_orders_on_one_card_are_counted_up_to_the_order(tx: Tx) -> None:
    orders = [
        an_order(n, NOON + n * MINUTE, {f"X{n}": 1}, customer=f"C-{n}", ship_to=Address(line1=f"Road {n}"), address_key=str(n))
        for n in range(1, 5)
    ]
    facts = facts_of(tx, *orders)
    assert [(one.card_orders, one.card_customers) for one in facts] == [(0, 0), (1, 2), (2, 3), (3, 4)]


def test_a_card_of_one_customer_is_not_counted_but_one_of_guests_is(tx: Tx) -> None:
    own = [an_order(n, NOON + n, {f"X{n}": 1}) for n in range(1, 4)]
    guests = [an_order(n, NOON + n, {f"X{n}": 1}, customer="", card="fp_g", address_key="") for n in range(4, 7)]
    facts = facts_of(tx, *own, *guests)
    assert [(one.card_orders, one.card_customers) for one in facts] == [(0, 0), (0, 0), (0, 0), (0, 0), (1, 1), (2, 1)]


def test_customers_without_an_id_are_not_one_customer(tx: Tx) -> None:
    _, second = facts_of(tx, *(an_order(n, NOON + n, customer="", card="", address_key="") for n in (1, 2)))
    assert (second.customer_orders, second.earlier) == (0, ())


def test_an_order_without_a_readable_date_changes_nothing_for_the_others(tx: Tx) -> None:
    facts = facts_of(tx, an_order(1, NOON), an_order(2, 0), an_order(3, NOON + MINUTE))
    assert [[one.order_id for one in each.earlier] for each in facts] == [[], [], [1]]


class Counting(Tx):
    """Counts the queries."""

    asked = 0

    def rows(self, sql: str, values: Any = ()) -> list[Row]:
        self.asked += 1
        return super().rows(sql, values)


def test_the_number_of_queries_does_not_depend_on_the_batch(tx: Tx) -> None:
    orders = [an_order(n, NOON + n) for n in range(1, 301)]
    write(tx, *orders)
    asked: list[int] = []
    for size in (2, 300):
        counting = Counting(tx.connection)
        gather(counting, orders[:size], limits=LIMITS)
        asked.append(counting.asked)
    assert asked[0] == asked[1] <= 7


def test_a_catalogue_notices_changed_items_and_what_was_learnt(tx: Tx) -> None:
    tx.insert(tables.items, ("sku", "price", "currency"), [("A", 900, "EUR")])
    catalogue = Catalogue()
    assert catalogue.refresh(tx)
    assert not catalogue.refresh(tx)
    tx.run("UPDATE items SET price = 950, active = ? WHERE sku = 'A'", (False,))
    changed(tx)
    assert catalogue.refresh(tx)
    found = catalogue.get("A")
    assert found is not None
    assert (found.price, found.active) == (950, False)
    tx.insert(tables.items, ("sku",), [("B",)])
    assert catalogue.refresh(tx)
    write(tx, an_order(1, NOON, {"A": 4}))
    learn(tx, after_order_id=0, up_to=1)
    assert not catalogue.refresh(tx), "one line more does not make it read everything again"
    tx.take("ranges", 2_000)
    assert catalogue.refresh(tx)
    found = catalogue.get("A")
    assert found is not None
    assert found.usual == Usual(1, round(math.log(4), 3), 0.0, 4)


def test_ranges_are_learnt_from_what_was_trusted_and_add_up(tx: Tx) -> None:
    write(tx, an_order(1, NOON, {"A": 2}), an_order(2, NOON, {"A": 8, "B": 1}), an_order(3, NOON, {"A": 900}, state="inbox"))
    learn(tx, after_order_id=0, up_to=1)
    learn(tx, after_order_id=1, up_to=3)
    learn(tx, after_order_id=3, up_to=3)
    rows = tx.rows("SELECT kind, ref, seen, ln_sum, ln_sq, largest FROM ranges ORDER BY kind, ref")
    ln = math.log
    assert [tuple(row[:3]) for row in rows] == [("quantity", "A", 2), ("quantity", "B", 1), ("value", "C-1", 2)]
    moments = [(ln(2) + ln(8), ln(2) ** 2 + ln(8) ** 2), (0.0, 0.0), (ln(2000) + ln(9000), ln(2000) ** 2 + ln(9000) ** 2)]
    assert [tuple(row[3:5]) for row in rows] == [pytest.approx(pair) for pair in moments]
    assert [row[5] for row in rows] == [8, 1, 9000]
    facts = gather(tx, [an_order(2, NOON, {"A": 8, "B": 1})], limits=LIMITS)[0]
    assert facts.usual_value is not None
    assert facts.usual_value.seen == 2
    assert facts.lines[0].item is None


def test_fingerprints_tell_same_from_different() -> None:
    a, b = Line(1, "A", 2, 100), Line(2, "B", 1, 50)
    assert basket_key([a, b]) == basket_key([b, a]) == basket_key([Line(1, "A", 1, 9), b, Line(3, "A", 1, 9)])
    assert basket_key([a]) != basket_key([b])
    assert basket_key([]) == address_key(Address(city="Berlin")) == ""
    assert address_key(HOME) == address_key(
        msgspec.structs.replace(HOME, name="Bob", line1=" main  street 1 ", postcode="10 115")
    )
    assert address_key(HOME) != address_key(msgspec.structs.replace(HOME, line1="Main Street 2"))

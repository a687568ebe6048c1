"""Invoices, credit notes and postings add up to the cent."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.domain.accounts import title
from afterclick.domain.invoice import Invoice
from afterclick.domain.order import Order
from afterclick.orders.billing.amounts import net_of, tax_of
from afterclick.orders.billing.crediting import credit_note
from afterclick.orders.billing.journal import capture_postings, postings, refund_postings
from tests.orders.invoice_examples import ISSUED_MS, ITEMS, invoiced, order

SKUS = st.sampled_from(sorted(ITEMS))
COUNTRIES = st.sampled_from(["DE", "FR", "FI", "HU", "LU", "US", "CH", "SE"])


@st.composite
def orders(draw: st.DrawFn) -> Order:
    lines = draw(st.lists(st.tuples(SKUS, st.integers(1, 60), st.integers(0, 50_000)), min_size=1, max_size=7))
    shipping = draw(st.integers(0, 2_000))
    worth = sum(quantity * price for _, quantity, price in lines) + shipping
    return order(*lines, country=draw(COUNTRIES), shipping=shipping, discount=draw(st.integers(0, worth)))


def assert_adds_up(document: Invoice) -> None:
    assert document.net + document.tax + document.rounding == document.gross
    assert document.gross == sum(line.gross for line in document.lines) + sum(charge.gross for charge in document.charges)
    assert abs(document.rounding) <= len(document.groups)
    for group in document.groups:
        members = [*document.lines, *document.charges]
        assert group.net == sum(member.net for member in members if member.rate_bp == group.rate_bp)
        assert group.tax == tax_of(group.net, group.rate_bp)
    assert document.net == sum(group.net for group in document.groups)
    assert document.tax == sum(group.tax for group in document.groups)
    assert sum(posting.amount for posting in postings(document)) == 0


@given(orders())
def test_net_tax_and_rounding_make_the_orders_total(placed: Order) -> None:
    document = invoiced(placed)
    assert document.gross == placed.total
    assert_adds_up(document)


@given(orders())
def test_a_full_credit_note_takes_every_account_back_to_zero(placed: Order) -> None:
    document = invoiced(placed)
    reverse = credit_note(document, number=1, series="CN", issued_ms=ISSUED_MS)
    assert (reverse.kind, reverse.refers_to) == ("credit_note", document.name)
    balance: Counter[str] = Counter()
    for posting in [*postings(document), *postings(reverse)]:
        balance[posting.account] += posting.amount
    assert not any(balance.values())


@given(orders(), st.data())
def test_credit_notes_piece_by_piece_give_back_what_the_goods_cost(placed: Order, data: st.DataObject) -> None:
    document = invoiced(placed)
    left = Counter({line.sku: 0 for line in document.lines})
    for line in document.lines:
        left[line.sku] += line.quantity
    whole = credit_note(document, number=1, series="CN", issued_ms=ISSUED_MS, returned=list(left.items()))
    before: list[tuple[str, int]] = []
    given_back = 0
    while left := +left:
        now = [(sku, data.draw(st.integers(1, count))) for sku, count in left.items()]
        part = credit_note(document, number=1, series="CN", issued_ms=ISSUED_MS, returned=now, before=before)
        assert_adds_up(part)
        before, left, given_back = before + now, left - Counter(dict(now)), given_back + part.gross
    assert given_back == whole.gross <= document.gross


@given(st.integers(0, 10**9), st.integers(0, 3_000))
def test_a_rounding_unit_is_left_only_where_no_net_fits(gross: int, rate: int) -> None:
    net = net_of(gross, rate)
    missing = gross - net - tax_of(net, rate)
    assert abs(missing) <= 1
    if missing:
        assert all(near + tax_of(near, rate) != gross for near in range(max(net - 3, 0), net + 4))


@pytest.mark.parametrize(
    ("placed", "groups", "rounding"),
    [
        # 119.00 at 19 %: 100.00 + 19.00
        (order(("PEN", 1, 11_900)), [(1900, 10_000, 1_900, "S")], 0),
        # 0.03 at 19 %: 0.03 + 0.01 is a cent too much, and nothing fits
        (order(("PEN", 1, 3)), [(1900, 3, 1, "S")], -1),
        # shipping of 4.90 travels with the pens (38.97): 43.87 is 36.87 + 7.01 − 0.01; the honey is 12.99 + 0.91
        (order(("PEN", 3, 1_299), ("HONEY", 2, 695), shipping=490), [(1900, 3_687, 701, "S"), (700, 1_299, 91, "S")], -1),
        # a discount that leaves nothing to pay
        (
            order(("PEN", 1, 10_000), ("NOVEL", 1, 10_000), discount=1_000),
            [(1900, 7_983, 1_517, "S"), (700, 8_879, 622, "S")],
            -1,
        ),
        (order(("PEN", 2, 1_200), country="FR"), [(2000, 2_000, 400, "S")], 0),
        (order(("PEN", 1, 12_550), country="FI"), [(2550, 10_000, 2_550, "S")], 0),
        (order(("PEN", 1, 1_190), currency="JPY"), [(1900, 1_000, 190, "S")], 0),
        (order(("STAMP", 10, 95)), [(0, 950, 0, "Z")], 0),
        (order(("PEN", 1, 1_999), country="US", shipping=990), [(0, 2_989, 0, "G")], 0),
        (order(("PEN", 1, 1_999), country="FR", tax_id="FR40303265045"), [(0, 1_999, 0, "K")], 0),
    ],
)
def test_known_invoices(placed: Order, groups: list[tuple[int, int, int, str]], rounding: int) -> None:
    document = invoiced(placed)
    assert [(group.rate_bp, group.net, group.tax, group.tax_category) for group in document.groups] == groups
    assert document.rounding == rounding
    assert_adds_up(document)


def test_an_invoice_posts_receivable_revenue_by_rate_and_tax_by_country() -> None:
    document = invoiced(order(("PEN", 1, 2_400), ("NOVEL", 1, 1_055), country="FR"))
    posted = {posting.account: posting.amount for posting in postings(document)}
    assert posted == {
        "trade_receivables": 3_455,
        "sales_revenue:S2000": -2_000,
        "sales_revenue:S550": -1_000,
        "output_vat:FR": -455,
    }
    assert title("output_vat:FR") == "Output VAT payable; one sub-account per country"


def test_capture_settles_the_receivable_and_refund_reverses_it() -> None:
    capture = capture_postings(entry="capture:1", order_id=1, amount=500, currency="EUR")
    refund = refund_postings(entry="refund:1", order_id=1, amount=500, currency="EUR")
    assert [(posting.account, posting.amount) for posting in capture] == [("cash_clearing", 500), ("trade_receivables", -500)]
    assert [(posting.account, posting.amount) for posting in refund] == [("cash_clearing", -500), ("trade_receivables", 500)]


@pytest.mark.parametrize(
    ("placed", "reason"),
    [
        (order(), "has no lines"),
        (order(("GHOST", 1, 100)), "not in the catalogue"),
        (order(("PEN", 0, 100)), "quantity 0 at 100"),
        (order(("PEN", 1, -100)), "quantity 1 at -100"),
        (order(("PEN", 1, 100), shipping=-1), "negative shipping"),
        (order(("PEN", 1, 100), discount=101), "more than goods and shipping"),
        (order(("PEN", 1, 100), country=""), "no country"),
        (msgspec.structs.replace(order(("PEN", 1, 100)), total=99), "make 100, not its total 99"),
    ],
)
def test_an_order_that_cannot_be_invoiced_says_why(placed: Order, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        invoiced(placed)


@pytest.mark.parametrize(
    ("returned", "before", "reason"),
    [
        ([("PEN", 4)], [], "cannot credit 1 of PEN"),
        ([("PEN", 1)], [("PEN", 3)], "cannot credit 1 of PEN"),
        ([("INK", 1)], [], "cannot credit 1 of INK"),
        ([("PEN", 0)], [], "whole and positive"),
        ([], [], "cannot credit nothing"),
    ],
)
def test_no_more_is_credited_than_was_invoiced(returned, before, reason: str) -> None:
    document = invoiced(order(("PEN", 3, 100)))
    with pytest.raises(ValueError, match=reason):
        credit_note(document, number=1, series="CN", issued_ms=ISSUED_MS, returned=returned, before=before)


def test_a_credit_note_cannot_be_credited() -> None:
    reverse = credit_note(invoiced(order(("PEN", 1, 100))), number=1, series="CN", issued_ms=ISSUED_MS)
    with pytest.raises(ValueError, match="CN-000001 is a credit note"):
        credit_note(reverse, number=2, series="CN", issued_ms=ISSUED_MS)


def test_an_invoice_survives_the_way_into_the_database_and_back() -> None:
    document = invoiced(order(("PEN", 1, 100), ("HONEY", 1, 100), shipping=490, discount=5))
    assert msgspec.json.decode(msgspec.json.encode(document), type=Invoice) == document

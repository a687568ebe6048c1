"""Order documents: the good ones are read exactly, and of the bad ones each fault is named."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.domain.order import URGENT, NewOrder
from afterclick.orders.intake import doubtful
from afterclick.orders.intake.delivery import minor
from afterclick.orders.intake.document import Cancelled, Unreadable, read

GOOD: dict[str, Any] = {
    "id": "S-1001", "event": "evt-77", "type": "order.placed", "placed_at": "2026-11-20T10:00:00Z", "currency": "EUR",
    "total": "59.85", "shipping": "4.95", "discount": "0.00", "priority": "normal", "deliver_by": "2026-11-25T00:00:00Z",
    "customer": {"id": "C-9", "email": "a@b.example", "tax_id": ""},
    "ship_to": {"name": "Jo", "line1": "Weg 1", "line2": "", "city": "Köln", "region": "", "postcode": "50667", "country": "DE"},
    "bill_country": "DE", "ip_country": "DE", "partial_ok": False, "payment": {"token": "tok_1", "card": "fp_1"},
    "lines": [{"sku": "SKU-00001", "quantity": 2, "unit_price": "27.45"}],
}  # fmt: skip


def placed(document: object) -> NewOrder:
    found = read(json.dumps(document, ensure_ascii=False).encode(), store="shop").about
    assert isinstance(found, NewOrder)
    return found


def changed(path: str, value: object) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    *outer, last = path.split(".")
    holder: Any = document
    for name in outer:
        holder = holder[int(name) if name.isdecimal() else name]
    holder[last] = value
    return document


def test_a_good_document_is_read_to_the_cent_and_the_millisecond() -> None:
    order = placed(GOOD)
    assert (order.total, order.shipping, order.placed_ms, order.promise_ms) == (5985, 495, 1_795_168_800_000, 1_795_564_800_000)
    assert (order.lines[0].no, order.lines[0].quantity, order.lines[0].unit_price) == (1, 2, 2745)
    assert order.particulars.ship_to.city == "Köln"
    assert order.particulars.problems == ()
    assert read(json.dumps(GOOD).encode(), store="shop").event == "evt-77"


def test_an_urgent_order_comes_first() -> None:
    assert placed(changed("priority", "urgent")).priority == URGENT


def test_a_cancellation_needs_only_an_id() -> None:
    delivery = read(b'{"id": "S-1", "type": "order.cancelled", "event": "e"}', store="shop")
    assert (delivery.event, delivery.type, delivery.about) == ("e", "order.cancelled", Cancelled("shop", "S-1"))


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("total", 59.85, "total is a number, not a text"),
        ("total", "59.855", "total has more than the 2 decimals of its currency: '59.855'"),
        ("total", "-5", "total is not an amount"),
        ("total", "1e9", "total is not an amount"),
        ("total", "1_000", "total is not an amount"),
        ("total", "٣", "total is not an amount"),
        ("total", "9" * 200, "total is not an amount"),
        ("total", None, "total is missing"),
        ("currency", "XXX", "currency is 'XXX'"),
        ("placed_at", "2026-11-20T10:00:00", "placed_at has no time zone"),
        ("placed_at", "0000-01-01T00:00:00Z", "placed_at is not an ISO 8601 instant"),
        ("placed_at", "1999-12-31T23:59:59Z", "placed_at is not between the years 2000 and 2100"),
        ("placed_at", 1_795_168_800, "placed_at is a whole number, not a text"),
        ("lines.0.quantity", 0, "line 1: quantity is 0, not between"),
        ("lines.0.quantity", 10**18, "line 1: quantity is 1000000000000000000, not between"),
        ("lines", [{"sku": "A", "quantity": 10**9, "unit_price": "999999999999.00"}], "line 1: quantity is 1,000,000,000 at"),
        ("lines.0.quantity", 1.5, "line 1: quantity is a number, not a whole number"),
        ("lines.0.quantity", True, "line 1: quantity is true or false, not a whole number"),
        ("lines.0.sku", " ", "line 1: sku is empty"),
        ("lines.0.sku", "A\0B", "line 1: sku contains characters that are not text"),
        ("lines.0.sku", "x" * 301, "line 1: sku has 301 characters, more than 300"),
        ("lines", {}, "lines is an object, not a list"),
        ("lines", ["x"], "line 1: is a text, not an object"),
        ("lines", [{"sku": "A", "quantity": 1, "unit_price": "1.00"}] * 2_001, "lines has 2,001 lines"),
        ("ship_to", None, "ship_to is missing"),
        ("ship_to.country", "Germany", "ship_to.country is 'Germany', not a country code"),
        ("customer", "C-9", "customer is a text, not an object"),
        ("partial_ok", "yes", "partial_ok is a text, not true or false"),
        ("priority", "asap", "priority is 'asap', neither normal nor urgent"),
        ("type", "order.updated", "type is neither order.placed nor order.cancelled"),
    ],
)
def test_what_cannot_be_read_is_named_and_left_empty(path: str, value: object, problem: str) -> None:
    problems = placed(changed(path, value)).particulars.problems
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_a_bad_line_leaves_its_neighbours_readable() -> None:
    document = changed(
        "lines", [{"sku": "A", "quantity": "2", "unit_price": "1.00"}, {"sku": "B", "quantity": 1, "unit_price": "2.00"}]
    )
    order = placed(document)
    assert [(line.no, line.sku, line.quantity, line.unit_price) for line in order.lines] == [(1, "A", 0, 100), (2, "B", 1, 200)]


def test_no_line_is_worth_more_than_the_largest_amount() -> None:
    whole = changed("lines", [{"sku": "A", "quantity": 10, "unit_price": "999999999999.00"}])
    assert placed(whole).lines[0].quantity == 10
    more = placed(changed("lines", [{"sku": "A", "quantity": 11, "unit_price": "999999999999.00"}]))
    assert (more.lines[0].quantity, len(more.particulars.problems)) == (0, 1)


def test_of_many_problems_twenty_are_kept() -> None:
    empty: dict[str, object] = {}
    problems = placed(changed("lines", [empty] * 50)).particulars.problems
    assert len(problems) == 20
    assert problems[-1] == "131 more fields could not be read"


def test_control_characters_are_taken_out_of_texts() -> None:
    assert placed(changed("ship_to.name", " Jo\x07\x85 Do\n")).particulars.ship_to.name == "Jo Do"


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'"text"', "is a text, not a JSON object"),
        (b"{}", "`id` is missing"),
        (b'{"id": 7}', "`id` is a whole number"),
        (b'{"id": " "}', "no usable id"),
        (b'{"id": "a\\u0000"}', "no usable id"),
        (b" " * 1_000_001, "more than 1,000,000"),
    ],
)
def test_a_document_without_an_order_is_refused_with_a_clear_sentence(raw: bytes, because: str) -> None:
    with pytest.raises(Unreadable, match=because):
        read(raw, store="shop")


def test_a_number_of_a_million_digits_is_a_problem_of_its_field_alone() -> None:
    raw = json.dumps(GOOD).encode().replace(b'"quantity": 2', b'"quantity": ' + b"9" * 900_000)
    found = read(raw, store="shop").about
    assert isinstance(found, NewOrder)
    assert found.particulars.problems == ("line 1: quantity is a number, not a whole number",)


texts = st.text(st.characters(codec="utf-8"), max_size=8)


@given(sku=texts, city=texts, customer=texts, total=st.decimals(0, 10**6, places=2).map(str), country=st.sampled_from(["", "DE"]))
def test_the_short_way_and_the_careful_way_agree(sku: str, city: str, customer: str, total: str, country: str) -> None:
    document = changed("lines.0.sku", sku)
    document["total"] = total
    document["ship_to"] |= {"city": city, "country": country}
    document["customer"]["id"] = customer
    raw = json.dumps(document, ensure_ascii=False).encode()
    assert read(raw, store="shop") == doubtful.read(raw, store="shop")


@given(st.integers(0, 10**14 - 1), st.sampled_from([0, 2, 3]))
def test_an_amount_written_out_is_read_back_exactly(amount: int, places: int) -> None:
    digits = str(amount % 10 ** (12 + places)).rjust(places + 1, "0")
    written = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    assert minor(written, places) == int(digits)

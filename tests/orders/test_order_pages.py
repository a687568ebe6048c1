"""The queue and one order's case: what is found, what happens next, and what a person may change about it."""

from collections.abc import Iterator

import pytest

from afterclick.orders.listing import LATEST
from tests.orders.office import DAY_MS, SmallOffice, small_office
from tests.orders.visitor import Visitor

HOUR_MS = 3_600_000
HOSTILE = """<script>alert(1)</script>"'>&{{7*7}}"""


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


def numbers(page: str) -> list[str]:
    """The orders of a list, in their order."""
    return [part.partition(">")[2].partition("<")[0] for part in page.split('href="/orders/')[1:]]


def test_the_queue_is_filtered_by_everything_that_people_look_for(office: SmallOffice) -> None:
    for name in ("S1", "S2"):
        office.order(name)
    office.order("SHORT", ("CUP", 500))
    office.order("ASKED", ("CUP", 20_000))
    office.run()
    office.order("NEW")
    office.amend(office.order("GONE"), "cancel")
    desk = Visitor(office, "viewer")
    office.clock.ms += HOUR_MS
    for query, found in {
        "": ["GONE", "NEW", "ASKED", "SHORT", "S2", "S1"], "state=shipped": ["S2", "S1"], "state=waiting": ["SHORT"],
        "state=received": ["GONE", "NEW"], "for=stock": ["SHORT"], "at=complete": ["ASKED"], "q=S1": ["S1"], "q=C-S2": ["S2"],
        "q=1": ["S1"], "older=2": [], "older=0.5": ["SHORT", "ASKED"], "state=inbox&for=orders": ["ASKED"], "risk=promise": [],
        "q=nothing": [], "state=running": [],
    }.items():  # fmt: skip
        assert numbers(desk.get(f"/orders?{query}").text) == found, query
    office.clock.ms += 8 * DAY_MS
    assert numbers(desk.get("/orders?risk=promise").text) == ["SHORT", "ASKED", "NEW", "GONE"], "who moves is promised too"
    assert "promise at risk" in desk.get("/orders?risk=promise").text
    assert numbers(desk.get("/orders?risk=near").text) == ["SHORT", "ASKED", "NEW", "GONE"]
    assert numbers(desk.get("/orders?risk=broken").text) == []
    with office.database.transaction() as tx:
        tx.run("UPDATE orders SET promise_ms = ? WHERE external_id = 'SHORT'", (office.clock.now_ms(),))
    assert numbers(desk.get("/orders?risk=broken").text) == ["SHORT"]
    assert numbers(desk.get("/orders?risk=near").text) == ["ASKED", "NEW", "GONE"]
    for wrong in ("state=sold", "older=soon", "older=-1", "risk=all", "state=shipped&older=3", "cursor=x"):
        assert desk.get(f"/orders?{wrong}").status_code == 422, wrong
    assert "No order fits" in desk.get("/orders?q=%27%20OR%201=1--").text
    assert desk.get("/find?number=C-S2").headers["location"] == "/orders?q=C-S2"
    assert desk.get("/find?number=S1").headers["location"] == "/orders/1"
    assert desk.get("/find?number=%20").headers["location"] == "/orders", "nothing was looked for, so nothing is missing"


def test_orders_of_one_day_are_those_that_came_in_or_came_to_their_state_then(office: SmallOffice) -> None:
    office.order("OLD")
    office.order("SHORT", ("CUP", 500))
    parted = office.order("PARTED", ("CUP", 1), ("SPOON", 200))
    office.order("LATE", ("CUP", 20_000))
    office.run()
    office.clock.ms += DAY_MS
    for name in ("N1", "N2", "N3"):
        office.order(name)
    office.amend(parted, "split", {"lines": [2]})
    office.amend(office.order("GONE"), "cancel")
    office.run(later_ms=HOUR_MS)
    with office.database.transaction() as tx:
        tx.run("UPDATE orders SET currency = 'USD' WHERE external_id = 'SHORT'")
        tx.run("UPDATE orders SET since_ms = since_ms + 1 WHERE external_id = 'N1'")
    first, second = "day=2026-11-20", "day=2026-11-21"
    desk = Visitor(office, "viewer")
    for query, found in {
        first: ["LATE", "PARTED", "SHORT", "OLD"], second: ["GONE", "N3", "N2", "N1"], "day=2026-11-22": [], "day=1970-01-01": [],
        f"state=shipped&{first}": ["OLD"], f"state=shipped&{second}": ["N1", "N3", "N2", "PARTED"],
        f"state=cancelled&{second}": ["GONE"], f"state=refused&{second}": [], f"state=waiting&{first}": ["SHORT"],
        f"state=waiting&{second}": ["PARTED/2"], f"at=complete&{first}": ["LATE"], f"at=complete&{second}": [],
        f"q=N2&{second}": ["N2"], f"q=N2&{first}": [], f"state=received&{first}": [], "currency=usd": ["SHORT"],
        "currency=EUR": ["LATE", "PARTED/2"], "state=waiting&currency=EUR": ["PARTED/2"], "currency=GBP": [],
    }.items():  # fmt: skip
        assert numbers(desk.get(f"/orders?{query}").text) == found, query
    page = desk.get(f"/orders?state=shipped&{second}").text
    assert 'Shipped on (UTC) <input type="date" name="day" value="2026-11-21"' in page
    assert f'href="/orders?state=refused&amp;{second}"' in page, "another state keeps the day"
    for wrong in ("day=today", "day=20261120", "day=2026-02-30", "day=1969-12-31", "state=shipped&currency=EUR", "hands=two"):
        assert desk.get(f"/orders?{wrong}").status_code == 422, wrong
    assert "write it as 2026-11-20" in desk.get("/orders?day=today").text


def test_the_latest_orders_are_told_apart_by_whether_anybody_had_to_do_with_them(office: SmallOffice) -> None:
    office.order("ALONE")
    office.order("SHORT", ("CUP", 500))
    office.order("ASKED", ("CUP", 20_000))
    touched = office.order("TOUCHED")
    office.run()
    with office.database.transaction() as tx:
        tx.run("UPDATE orders SET touched = ? WHERE id = ?", (True, touched))
    desk = Visitor(office, "viewer")
    assert numbers(desk.get("/orders?hands=some").text) == ["TOUCHED", "ASKED"]
    assert numbers(desk.get("/orders?hands=none").text) == ["SHORT", "ALONE"]
    assert numbers(desk.get("/orders?hands=none&state=shipped").text) == ["ALONE"]
    with office.database.transaction() as tx:
        tx.run("UPDATE orders SET id = id + ? WHERE external_id = 'SHORT'", (LATEST,))
    assert numbers(desk.get("/orders?hands=none").text) == ["SHORT"], "an order so long ago is not among the latest"


def test_pages_lead_forth_and_back(office: SmallOffice) -> None:
    for number in range(120):
        office.order(f"N{number:03d}")
    desk = Visitor(office, "viewer")

    def to(page: str, rel: str) -> str:
        return page.partition(f'rel="{rel}"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")

    first = desk.get("/orders?state=received").text
    second = desk.get(to(first, "next")).text
    third = desk.get(to(second, "next")).text
    assert [numbers(page)[0] for page in (first, second, third)] == ["N119", "N069", "N019"]
    assert 'rel="next"' not in third
    assert 'rel="prev"' not in first
    assert numbers(desk.get(to(third, "prev")).text) == numbers(second)
    assert numbers(desk.get(to(second, "prev")).text) == numbers(first)


def test_a_case_says_what_happened_who_did_it_and_what_comes_next(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    page = Visitor(office, "operator").get(f"/orders/{order}").text
    assert "Nothing more: it is paid, invoiced and on its way." in page
    for said in ("asked for a label", "asked to take the money", "Order, payment and invoices tie to the cent", "version 1",
                 "reservation, shipped", "INV-000001", "the customer"):  # fmt: skip
        assert said in page, said
    assert page.count("<h1") == 1


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("payments", "is tried again"), ("stock", "when stock arrives"), ("inbox", "has to decide question"),
        ("held", "until somebody releases it"), ("cancelled", "cancelled and taken back"), ("queued", "It is queued"),
    ],
)  # fmt: skip
def test_what_comes_next_is_one_sentence(office: SmallOffice, trouble: str, said: str) -> None:
    office.bank.down = trouble == "payments"
    order = office.order("A", ("CUP", {"stock": 500, "inbox": 20_000}.get(trouble, 2)))
    if trouble in ("held", "cancelled"):
        office.amend(order, "hold" if trouble == "held" else "cancel")
    if trouble != "queued":
        office.run()
    assert said in Visitor(office, "viewer").get(f"/orders/{order}").text


def test_a_change_is_previewed_with_what_it_undoes_and_then_done(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    desk = Visitor(office, "operator")
    preview = desk.get(f"/orders/{order}/change/cancel").text
    for said in ("1 parcel recalled", "30.00 EUR refunded", "1 invoice credited"):
        assert said in preview
    assert office.verdicts(order) == []
    answer = desk.send(f"/orders/{order}/change/cancel", {"because": "she called"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/orders/{order}")
    office.run()
    assert office.state(order) == "cancelled"
    assert office.rows("SELECT asked_by, because FROM amendments") == [("person:test", "she called")]
    page = desk.get(f"/orders/{order}").text
    assert "/change/" not in page
    assert desk.get(f"/orders/{order}/change/hold").status_code == 409
    assert office.wrong() == []


def test_address_quantities_split_hold_and_release_go_through_their_forms(office: SmallOffice) -> None:
    order = office.order("A", ("CUP", 2), ("PLATE", 1))
    desk = Visitor(office, "operator")
    path = f"/orders/{order}/change"
    for action, wrong in (("address", {"country": "Germany"}), ("address", {}), ("quantity", {"quantity_1": "x"}),
                          ("quantity", {}), ("split", {}), ("split", {"part_1": "1", "part_2": "1"})):  # fmt: skip
        answer = desk.send(f"{path}/{action}", wrong)
        assert answer.status_code == 422, (action, wrong)
        assert 'role="alert"' in answer.text
    for action, said in (("hold", "stays where it is"), ("release", "goes on where it was held")):
        assert said in desk.get(f"{path}/{action}").text
        assert desk.send(f"{path}/{action}").status_code == 303
        if action == "hold":
            office.run()
            assert office.state(order) == "held"
    for action, fields, said in (
        ("address", {"city": "Hamburg", "postcode": "20095"}, "Hamburg"), ("quantity", {"quantity_1": "3"}, "Line 1: CUP"),
        ("split", {"part_2": "1"}, "an order of its own"),
    ):  # fmt: skip
        preview = desk.send(f"{path}/{action}", fields)
        assert preview.status_code == 200
        assert said in preview.text, action
        assert desk.send(f"{path}/{action}", fields | {"confirm": "yes"}).status_code == 303
    office.run()
    assert all(state == "done" for _, state in office.verdicts(order))
    assert office.rows("SELECT external_id, state FROM orders ORDER BY id") == [("A", "shipped"), ("A/2", "shipped")]
    assert office.wrong() == []


def test_whoever_comes_second_is_told_so(office: SmallOffice) -> None:
    order = office.order("A")
    desk = Visitor(office, "operator")
    assert desk.get(f"/orders/{order}/change/address").status_code == 200
    seen = {"version": "0.0.0", "city": "Hamburg"}
    office.amend(order, "hold")
    for confirm in ({}, {"confirm": "yes"}):
        answer = desk.post(f"/orders/{order}/change/address", seen | confirm)
        assert answer.status_code == 409
        assert "The last change, hold, was asked for by anna" in answer.text
    assert office.verdicts(order) == [("hold", "open")]


def test_who_may_not_change_orders_sees_no_way_to(office: SmallOffice) -> None:
    order = office.order("A")
    for role in ("viewer", "approver", "auditor"):
        desk = Visitor(office, role)
        assert "/change/" not in desk.get(f"/orders/{order}").text
        assert desk.get(f"/orders/{order}/change/cancel").status_code == 403
        assert desk.browser.post(f"/orders/{order}/change/cancel", data={"confirm": "yes"}).status_code == 403
    desk = Visitor(office, "operator")
    assert desk.browser.post(f"/orders/{order}/change/cancel", data={"confirm": "yes"}).status_code == 403, "no form of ours"
    assert desk.get(f"/orders/{order}/change/burn").status_code == 404
    assert office.verdicts(order) == []


def test_invoices_are_handed_out_as_documents(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    desk = Visitor(office, "viewer")
    answer = desk.get(f"/orders/{order}/documents/INV-000001.xml")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    assert answer.headers["content-disposition"] == 'attachment; filename="INV-000001.xml"'
    assert b"CrossIndustryInvoice" in answer.content
    assert desk.get(f"/orders/{order}/documents/INV-000001.pdf").content.startswith(b"%PDF")
    for path in ("2/documents/INV-000001.xml", "1/documents/INV-000009.xml", "1/documents/..%2F..%2Fx.xml",
                 "1/documents/INV-000001.exe"):  # fmt: skip
        assert desk.get(f"/orders/{path}").status_code == 404


def test_hostile_text_in_every_field_of_an_order_is_text(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    desk = Visitor(office, "operator")
    with office.database.transaction() as tx:
        tx.run("UPDATE orders SET external_id = ?, customer = ?, store = ?, because = ?, waiting_for = ?", (HOSTILE,) * 5)
        tx.run("UPDATE orders SET particulars = REPLACE(particulars, 'Ada Lovelace', '<script>{{7*7}}')")
        tx.run("UPDATE order_lines SET sku = ?", (HOSTILE,))
        tx.run("UPDATE shipments SET carrier = ?, tracking = ?, warehouse = ?", (HOSTILE,) * 3)
        tx.run("UPDATE reservations SET warehouse = ?", (HOSTILE,))
        tx.run("UPDATE stock_moves SET note = ?", (HOSTILE,))
        tx.run("UPDATE payments SET capture = ?, authorisation = ?", (HOSTILE,) * 2)
        tx.run("UPDATE events SET because = ? WHERE key IS NULL", (HOSTILE,))
    office.amend(order, "address", {"line1": HOSTILE})
    for path in ("/orders", f"/orders/{order}", f"/orders?q={HOSTILE.replace('&', '%26')}", "/orders?for={{7*7}}",
                 *(f"/orders/{order}/change/{action}" for action in ("address", "quantity", "cancel"))):  # fmt: skip
        page = desk.get(path)
        assert page.status_code == 200, path
        assert "{{7*7}}" in page.text, path
        assert page.text.count("<script") == page.text.count('<script src="/script.js'), path
    preview = desk.send(f"/orders/{order}/change/address", {"city": HOSTILE, "because": HOSTILE})
    assert "<script>" not in preview.text

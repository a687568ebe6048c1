"""The pages under /supply: what they show, what people do there, and who may."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from afterclick.control_room.first_page import fleet
from afterclick.domain.scouting import Judged
from afterclick.engine import queue
from afterclick.procurement import panels
from tests.procurement.supply_office import ASKING, PIECES, SENT, SupplyOffice, read, supply_office

pytestmark = pytest.mark.sqlite_only
DOUBT = Judged("doubtful", "the price is about 10 times what it was", readings=1)
ROOMS = ("/supply", "/supply/items", "/supply/orders", "/supply/vendors", "/supply/scouts")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupplyOffice]:
    """One office for all tests of the file; each has its own purchase orders."""
    with supply_office(tmp_path_factory.mktemp("supply"), "sqlite://") as made:
        yield made


@pytest.fixture(scope="module")
def sent(office: SupplyOffice) -> list[int]:
    """Orders that are at their vendor."""
    found = [row[0] for row in office.rows("SELECT id FROM purchase_orders WHERE vendor = 'ACME' ORDER BY id")]
    assert len(found) == SENT
    assert {office.state(one) for one in found} == {"sent"}
    return found


def test_an_empty_office_says_what_to_do_first(tmp_path: Path) -> None:
    with supply_office(tmp_path, "sqlite://", empty=True) as made:
        said = [made.get(room) for room in ROOMS]
        assert [one.status_code for one in said] == [200] * len(ROOMS)
        assert all('class="empty"' in one.text for one in said)
        assert made.get("/").status_code == 200


@pytest.mark.parametrize("page", ["/supply/orders/999", "/supply/orders/0", "/supply/vendors/NOBODY", "/supply/items/NONE",
                                  "/supply/orders/999/document", "/supply?plan=9"])  # fmt: skip
def test_what_is_not_there_is_said_so(office: SupplyOffice, page: str) -> None:
    assert office.get(page).status_code == 404


@pytest.mark.parametrize("page", ["/supply/orders?state=odd", "/supply/orders?cursor=x", "/supply?only=odd",
                                  "/supply/orders/1/document?format=doc", "/supply/orders?vendor=%00",
                                  "/supply/orders?queued=orders.fulfil"])  # fmt: skip
def test_what_cannot_be_listed_is_refused(office: SupplyOffice, page: str) -> None:
    assert office.get(page).status_code == 422


def test_an_order_is_shown_whole_and_its_question_can_be_decided_there(office: SupplyOffice) -> None:
    page = office.get("/supply/orders/1").text
    for said in ("PO-", "New &amp; Sons", "25.00 EUR", "is not on the list of vendors", "Approve", "Purchase proposed"):
        assert said in page
    assert "Approve" not in office.get("/supply/orders/1", "viewer").text
    assert "Book what came" not in page


def test_an_approved_order_goes_on_and_the_record_names_who(office: SupplyOffice) -> None:
    answer = office.submit("/supply/orders/1", "/supply/orders/1/approve", {"note": "fine"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/supply/orders/1")
    assert office.rows("SELECT decided_by, state, note FROM tasks WHERE item = 1") == [("person:anna", "approved", "fine")]
    assert office.rows("SELECT COUNT(*) FROM queue WHERE bot = 'procurement.buy'") == [(1,)]
    again = office.submit("/supply/orders/2", "/supply/orders/1/approve", {})
    assert again.status_code == 409
    assert "Nothing is asked about" in again.text


def test_nobody_approves_what_they_proposed(office: SupplyOffice) -> None:
    page = office.get(f"/supply/orders/{ASKING}").text
    assert "somebody else has to approve it" in page
    assert f'formaction="/supply/orders/{ASKING}/approve"' not in page
    answer = office.submit(f"/supply/orders/{ASKING}", f"/supply/orders/{ASKING}/approve", {})
    assert answer.status_code == 409
    assert "somebody else must approve it" in answer.text
    assert office.state(ASKING) == "asked"


def test_quantities_are_changed_and_judged_again(office: SupplyOffice) -> None:
    same = office.submit("/supply/orders/2", "/supply/orders/2/edit", {"units_1": str(PIECES)})
    assert "every quantity is as it was" in same.text.lower()
    odd = office.submit("/supply/orders/2", "/supply/orders/2/edit", {"units_1": "many"})
    assert odd.status_code == 422
    answer = office.submit("/supply/orders/2", "/supply/orders/2/edit", {"units_1": "4", "note": "too many"})
    assert answer.status_code == 303
    assert office.rows("SELECT quantity FROM purchase_lines WHERE purchase = 2") == [(4,)]
    assert office.state(2) == "proposed"


def test_a_rejected_and_a_cancelled_order_are_closed(office: SupplyOffice) -> None:
    assert office.submit("/supply/orders/3", "/supply/orders/3/reject", {"note": "no"}).status_code == 303
    assert office.submit("/supply/orders/4", "/supply/orders/4/cancel", {"note": "moved"}).status_code == 303
    assert (office.state(3), office.state(4)) == ("cancelled", "cancelled")
    assert ("person:anna", "purchase/4", "person:anna: moved") in office.logged("purchase.cancelled")
    assert "is cancelled already" in office.submit("/supply/orders/5", "/supply/orders/4/cancel", {"note": "x"}).text


def test_goods_are_booked_against_their_order(office: SupplyOffice, sent: list[int]) -> None:
    page = f"/supply/orders/{sent[0]}"
    fields = {"units_1": "6", "damaged_1": "1", "delivery_note": "LS-1"}
    assert office.submit(page, f"{page}/receive", fields).status_code == 303
    assert (office.state(sent[0]), office.rows("SELECT on_hand FROM stock_levels")) == ("part_received", [(10,)])
    assert "is booked for" in office.submit(page, f"{page}/receive", fields).text
    assert "LS-1" in office.get(page).text
    assert office.submit(page, f"{page}/receive", {"whole": "1"}).status_code == 303
    assert (office.state(sent[0]), office.rows("SELECT on_hand FROM stock_levels")) == ("received", [(14,)])
    assert "1 deliver" in office.get("/supply/vendors").text


@pytest.mark.parametrize("fields", [{}, {"damaged_1": "1"}, {"units_9": "1"}, {"units_1": "1", "damaged_1": "2"}])
def test_what_cannot_have_come_is_not_booked(office: SupplyOffice, sent: list[int], fields: dict[str, str]) -> None:
    page = f"/supply/orders/{sent[1]}"
    assert office.submit(page, f"{page}/receive", fields).status_code == 409
    assert office.rows("SELECT COUNT(*) FROM receipts WHERE purchase = ?", sent[1]) == [(0,)]


def test_too_much_waits_for_a_person_on_the_order(office: SupplyOffice, sent: list[int]) -> None:
    page = f"/supply/orders/{sent[1]}"
    assert office.submit(page, f"{page}/receive", {"units_1": "30"}).status_code == 303
    shown = office.get(page).text
    assert "Approve: what is too much stays" in shown
    assert "Change the quantities" not in shown
    before = office.rows("SELECT on_hand FROM stock_levels")[0][0]
    assert office.submit(page, f"{page}/approve", {}).status_code == 303
    assert office.rows("SELECT on_hand FROM stock_levels")[0][0] > before


@pytest.mark.parametrize(
    ("form", "begins"), [("", b"UN"), ("pdf", b"%PDF"), ("ubl", b"<?xml"), ("edifact", b"UN"), ("x12", b"ISA")]
)
def test_the_document_comes_in_every_format(office: SupplyOffice, form: str, begins: bytes) -> None:
    answer = office.get(f"/supply/orders/5/document?format={form}")
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert "PO-" in answer.headers["content-disposition"]


def test_buying_is_stopped_and_let_go_with_a_reason(office: SupplyOffice) -> None:
    assert office.submit("/supply/orders", "/supply/stop", {"note": " "}).status_code == 409
    assert office.submit("/supply/orders", "/supply/stop", {"note": "the budget is gone"}).status_code == 303
    for page in ("/supply", "/supply/orders", "/supply/orders/5", "/"):
        assert "the budget is gone" in office.get(page).text, page
    assert office.submit("/supply/orders", "/supply/go", {"note": "found again"}).status_code == 303
    assert "the budget is gone" not in office.get("/supply").text
    assert office.logged("buying.stopped")[-1] == ("person:anna", "buying/all", "the budget is gone")


def test_a_vendor_is_let_onto_the_list_with_a_reason(office: SupplyOffice) -> None:
    page = "/supply/vendors/NEW"
    assert "asks first" in office.get(page).text
    assert office.submit(page, f"{page}/allow", {"allowed": "yes"}).status_code == 422
    assert office.submit(page, f"{page}/allow", {"allowed": "yes", "note": "visited"}).headers["location"] == page
    assert "asks first" not in office.get(page).text
    assert office.logged("vendor.allowed")[-1][2] == "visited"
    assert office.submit(page, f"{page}/allow", {"allowed": "no", "note": "late"}).status_code == 303


def test_addresses_are_watched_and_no_longer(office: SupplyOffice) -> None:
    page = "/supply/scouts"
    bad = office.submit(page, page, {"party": "ACME", "address": "ftp://x"})
    assert (bad.status_code, 'value="ftp://x"' in bad.text) == (422, True)
    assert office.submit(page, page, {"party": "ACME", "address": "https://a.example/c", "sku": "CUP"}).status_code == 303
    number = office.rows("SELECT MAX(id) FROM watches")[0][0]
    assert "https://a.example/c" in office.get(page).text
    assert office.submit(page, f"{page}/{number}/remove", {}).status_code == 303
    assert office.submit(page, f"{page}/{number}/remove", {}).status_code == 404
    assert [row[0] for row in office.logged("watch.removed")] == ["person:anna"]


def test_a_doubtful_price_is_accepted_or_rejected_once(office: SupplyOffice) -> None:
    page = "/supply/scouts"
    wrong = read(office.office, 2500, DOUBT)
    assert "Prices in doubt" in office.get(page).text
    assert office.submit(page, f"{page}/readings/{wrong}/reject", {"note": "a slip"}).status_code == 303
    assert "Prices in doubt" not in office.get(page).text
    assert "nothing to reject" in office.submit(page, f"{page}/readings/{wrong}/reject", {}).text
    right = read(office.office, 260, DOUBT)
    assert office.submit(page, f"{page}/readings/{right}/accept", {"note": "they said so"}).status_code == 303
    assert "Prices in doubt" not in office.get(page).text
    assert office.rows("SELECT amount, decided_by FROM price_readings WHERE counts") == [(260, "person:anna")]


def test_each_figure_of_the_panel_leads_to_as_many_cases(office: SupplyOffice, sent: list[int]) -> None:
    with office.office.database.transaction() as tx:
        tx.run("UPDATE purchase_orders SET due_ms = 1 WHERE id = ?", (sent[2],))
        tx.run("UPDATE stock_levels SET reorder_point = 999, on_order = 0")
    now_ms = office.office.clock.now_ms()
    read(office.office, 9, DOUBT)
    with office.office.database.reading() as tx:
        (panel,) = panels.panels(tx, now_ms)
    rows = {"to decide": 'data-item="purchase-', "late": 'data-item="purchase-', "low, none coming": "data-item",
            "prices in doubt": 'data-item="reading-'}  # fmt: skip
    assert {one.label for one in panel.figures} == set(rows)
    for one in panel.figures:
        assert int(one.value) > 0, one.label
        assert office.get(one.href.partition("#")[0]).text.count(rows[one.label]) == int(one.value), one.label


def test_the_inbox_leads_to_the_purchase(office: SupplyOffice) -> None:
    assert '<a href="/supply/orders/6">' in office.get("/inbox").text
    task = office.rows("SELECT id FROM tasks WHERE item = 6")[0][0]
    assert '<a href="/supply/orders/6">Decide it at the purchase order</a>' in office.get(f"/inbox/{task}").text


def test_forms_are_taken_from_our_own_pages_only(office: SupplyOffice) -> None:
    for path in ("/supply/stop", "/supply/orders/6/approve", "/supply/vendors/NEW/allow", "/supply/scouts"):
        assert office.form(path, {"note": "x", "form_token": "0"}).status_code == 403


def test_who_changes_orders_does_not_approve_them(office: SupplyOffice) -> None:
    assert office.submit("/supply/orders/6", "/supply/orders/6/approve", {}, "operator").status_code == 403
    assert office.submit("/supply/orders/6", "/supply/orders/6/cancel", {"note": "x"}, "approver").status_code == 403
    assert office.submit("/supply/orders", "/supply/stop", {"note": "x"}, "operator").status_code == 403


@pytest.mark.browser
def test_every_page_serves_people_who_see_hear_or_move_differently(office: SupplyOffice) -> None:
    from afterclick.site import site
    from tests.control_room.browser import everyone
    from tests.journeys.browsing import chromium, served, violations

    app = site(office.office, host="127.0.0.1", authenticate=everyone)
    pages = (*ROOMS, "/supply/orders/6", "/supply/vendors/ACME", "/supply/items/CUP")
    with served(app) as address, chromium() as browser:
        page = browser.new_page(base_url=address, viewport={"width": 390, "height": 844})
        for path in pages:
            page.goto(path)
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_the_purchase_orders_in_a_bots_queue_are_the_number_that_leads_to_them(office: SupplyOffice, sent: list[int]) -> None:
    base = office.office.database
    with base.transaction() as tx:
        tx.run("DELETE FROM queue")
        queue.put(tx, "procurement.buy", [sent[0], 1, sent[0]], now_ms=1)
        queue.put(tx, "procurement.follow", [sent[0]], now_ms=1)
    try:
        with base.reading() as tx:
            panel = fleet.panels(tx, 2)[0]
        figure = next(one for one in panel.figures if one.label == "purchase orders queued")
        found = {line.cells[0]: (line.cells[3], items(office.get(line.href).text)) for line in panel.lines}
        assert (figure.value, items(office.get(figure.href).text)) == ("2", [sent[0], 1])
        assert found["procurement.buy"] == ("2", [sent[0], 1])
        assert found["procurement.follow"] == ("1", [sent[0]])
        assert next(one.value for one in panel.figures if one.label == "orders queued") == "0", "a purchase order is no order"
        assert 'href="/supply/orders?state=&amp;queued=procurement.buy"' in office.get("/bots/procurement.buy").text
    finally:
        with base.transaction() as tx:
            tx.run("DELETE FROM queue")


def items(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-item="purchase-(\d+)"', page)]

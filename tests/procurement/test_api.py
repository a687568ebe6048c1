"""The interface under /api/v1/supply: what programs are given, and what they may do."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from afterclick.domain.scouting import Judged
from afterclick.procurement.forecasting import kept
from afterclick.procurement.forecasting.kept import Kept, Past, Run
from tests.procurement.supply_office import ASKING, PIECES, SENT, SupplyOffice, read, supply_office

BASE = "/api/v1/supply"
ORDERS = f"{BASE}/purchase-orders"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupplyOffice]:
    """One office for all tests of the file; each has its own purchase orders."""
    with supply_office(tmp_path_factory.mktemp("supply"), "sqlite://") as made:
        yield made


@pytest.mark.sqlite_only
def test_purchase_orders_come_page_by_page_the_newest_first(office: SupplyOffice) -> None:
    seen: list[int] = []
    cursor = ""
    while True:
        page = office.get(f"{ORDERS}?limit=5&cursor={cursor}", "viewer").json()
        seen += [one["id"] for one in page["purchases"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == list(range(ASKING + SENT, 0, -1))
    assert len(office.get(f"{ORDERS}?state=to_decide&vendor=NEW").json()["purchases"]) <= ASKING
    assert office.get(f"{ORDERS}?state=odd").status_code == 422


@pytest.mark.sqlite_only
def test_one_order_comes_whole(office: SupplyOffice) -> None:
    found = office.get(f"{ORDERS}/1", "viewer").json()
    assert found["purchase"]["order"]["lines"][0]["quantity"] == PIECES
    assert [one["stage"] for one in found["tasks"]] == ["may_leave"]
    assert found["story"][0]["activity"] == "purchase.proposed"
    assert office.get(f"{ORDERS}/999").status_code == 404


@pytest.mark.sqlite_only
def test_each_verdict_and_act_about_an_order_says_what_allowed_it(office: SupplyOffice) -> None:
    story = office.get(f"{ORDERS}/{ASKING + 1}").json()["story"]
    allowed = {one["activity"]: one["allowed"] for one in story}
    said = "the built-in limits of [buying]; the card of procurement.buy allows vendors.order"
    assert allowed["vendors.order"] == {"version": 1, "line": 0, "text": said}
    assert allowed["judged"]["text"] == "the built-in rules"
    assert allowed["purchase.proposed"] is None
    assert said in office.get(f"/supply/orders/{ASKING + 1}").text
    acts = office.get("/api/v1/audit?activity=vendors.order").json()["events"]
    assert len(acts) == SENT
    for one in acts:
        assert office.get(f"/api/v1/audit/events/{one['block']}/{one['seq']}").json()["allowed"]["text"] == said
    assert office.get("/audit?activity=vendors.order").text.count(said) == SENT


@pytest.mark.sqlite_only
def test_an_order_comes_as_its_vendor_gets_it_or_in_another_format(office: SupplyOffice) -> None:
    for form, begins in (("pdf", b"%PDF"), ("ubl", b"<?xml"), ("x12", b"ISA")):
        assert office.get(f"{ORDERS}/1/document?format={form}", "viewer").content.startswith(begins)
    assert office.get(f"{ORDERS}/1/document?format=word").status_code == 422
    assert office.get(f"{ORDERS}/999/document").status_code == 404


@pytest.mark.sqlite_only
def test_a_decision_is_made_once(office: SupplyOffice) -> None:
    first = office.post(f"{ORDERS}/1/approve", {"note": "fine"}, key="k1")
    again = office.post(f"{ORDERS}/1/approve", {"note": "fine"}, key="k1")
    assert (first.status_code, again.json()) == (200, first.json())
    assert first.json()["tasks"][0]["decided_by"] == "person:anna"
    refused = office.post(f"{ORDERS}/1/approve", {})
    assert (refused.status_code, "nothing is asked" in refused.json()["detail"]) == (409, True)


@pytest.mark.sqlite_only
def test_whoever_proposed_an_order_is_told_that_somebody_else_approves_it(office: SupplyOffice) -> None:
    refused = office.post(f"{ORDERS}/{ASKING}/approve", {})
    assert (refused.status_code, "somebody else must approve it" in refused.json()["detail"]) == (409, True)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("deed", "body", "state"),
    [
        ("edit", {"lines": [{"line": 1, "units": 4}]}, "proposed"),
        ("reject", {"note": "no"}, "cancelled"),
        ("cancel", {"because": "moved", "for_good": True}, "cancelled"),
    ],
)
def test_orders_are_changed_and_closed(office: SupplyOffice, deed: str, body: dict[str, Any], state: str) -> None:
    number = {"edit": 2, "reject": 3, "cancel": 4}[deed]
    answer = office.post(f"{ORDERS}/{number}/{deed}", body)
    assert (answer.status_code, answer.json()["purchase"]["order"]["state"]) == (200, state)


@pytest.mark.sqlite_only
def test_what_is_decided_on_an_older_state_is_refused(office: SupplyOffice) -> None:
    seen = office.get(f"{ORDERS}/5").headers["etag"]
    assert office.post(f"{ORDERS}/5/edit", {"lines": [{"line": 1, "units": 4}]}, if_match=seen).status_code == 200
    assert office.post(f"{ORDERS}/5/cancel", {}, if_match=seen).status_code == 412


@pytest.mark.sqlite_only
def test_goods_are_booked_and_a_delivery_note_counts_once(office: SupplyOffice) -> None:
    number = ASKING + 1
    came = {"lines": [{"line": 1, "units": PIECES + 5, "damaged": 1}], "delivery_note": "LS-1"}
    answer = office.post(f"{ORDERS}/{number}/receipts", came)
    assert answer.json()["state"] == "received"
    assert answer.json()["pieces"] + answer.json()["surplus_units"] == PIECES + 5 - 1
    assert office.post(f"{ORDERS}/{number}/receipts", came).status_code == 409
    twice = {"lines": [{"line": 1, "units": 1}, {"line": 1, "units": 2}]}
    assert office.post(f"{ORDERS}/{number}/receipts", twice).status_code == 422
    assert office.post(f"{ORDERS}/{number}/receipts", came, "approver").status_code == 403


@pytest.mark.sqlite_only
def test_vendors_come_with_their_record_and_are_let_onto_the_list(office: SupplyOffice) -> None:
    found = office.get(f"{BASE}/vendors", "viewer").json()["vendors"]
    assert [(one["vendor"]["id"], one["offers"]) for one in found] == [("ACME", 1), ("NEW", 1)]
    assert all(one["record"] for one in found)
    assert [one["sku"] for one in office.get(f"{BASE}/vendors/NEW").json()["offers"]] == ["CUP"]
    assert office.get(f"{BASE}/vendors/NOBODY").status_code == 404
    assert office.post(f"{BASE}/vendors/NEW/allow", {"allowed": True, "because": "visited"}).json()["vendor"]["allowed"]
    assert office.post(f"{BASE}/vendors/NEW/allow", {"allowed": True, "because": ""}).status_code == 422


@pytest.mark.sqlite_only
def test_buying_is_stopped_and_let_go(office: SupplyOffice) -> None:
    assert office.get(f"{BASE}/buying", "viewer").json() == {"stop": None}
    assert office.post(f"{BASE}/buying/stop", {"because": "the budget is gone"}).json()["stop"]["by"] == "person:anna"
    assert office.post(f"{BASE}/buying/stop", {"because": "again"}).status_code == 409
    assert office.post(f"{BASE}/buying/go", {"because": "found"}).json() == {"stop": None}
    assert office.post(f"{BASE}/buying/stop", {"because": "x"}, "operator").status_code == 403


@pytest.mark.sqlite_only
def test_a_forecast_comes_week_by_week(office: SupplyOffice) -> None:
    assert office.get(f"{BASE}/forecasts/CUP").status_code == 404
    first = date(2026, 11, 16)
    one = Kept("CUP", (6.0, 7.0), ((4.0, 8.0), (5.0, 9.0)), {1: (4.0, 8.0)}, Past(first, (5.0,), (5.0,), (0.0,), (0.0,)), "told")
    with office.office.database.transaction() as tx:
        kept.keep(tx, Run(1, first, 2, (0.05, 0.95), 1, "model", {}, 0.1), [one])
    found = office.get(f"{BASE}/forecasts/CUP", "viewer").json()
    assert found["weeks"][1] == {"from_day": "2026-11-23", "mean": 7.0, "quantiles": [5.0, 9.0]}
    assert office.get(f"{BASE}/forecasts/NONE").status_code == 404


@pytest.mark.sqlite_only
def test_an_office_without_a_plan_says_so(tmp_path: Path) -> None:
    with supply_office(tmp_path, "sqlite://", empty=True) as made:
        refused = made.get(f"{BASE}/plan")
        assert (refused.status_code, refused.json()["detail"]) == (404, "nothing is planned yet")
        assert made.get(f"{BASE}/plan?state=odd").status_code == 422
        assert made.get(ORDERS).json() == {"purchases": [], "next": ""}


def test_forecasts_come_page_by_page_the_most_expected_first(tmp_path: Path, database_url: str) -> None:
    with supply_office(tmp_path, database_url) as made:
        assert made.get(f"{BASE}/forecasts").json() == {"made_ms": 0, "model": "", "weeks": 4, "forecasts": [], "next": ""}
        first = date(2026, 11, 16)
        rests_on = Past(first, (5.0,), (5.0,), (0.0,), (0.0,))
        expected = {"CUP": 6.5, "CUP 2": 30.25, "POT": 6.5, "TEA": 0.1}
        some = [Kept(sku, (mean,), ((mean, mean),), {}, rests_on, f"of {sku}") for sku, mean in expected.items()]
        with made.office.database.transaction() as tx:
            kept.keep(tx, Run(1, first, 1, (0.05, 0.95), 4, "model", {}, 0.1), some)
        seen: list[tuple[str, str, float, str]] = []
        cursor = ""
        while True:
            page = made.get(f"{BASE}/forecasts", "viewer", params={"limit": 1, "cursor": cursor}).json()
            seen += [tuple(one.values()) for one in page["forecasts"]]
            cursor = page["next"]
            if not cursor:
                break
        assert seen == [
            ("CUP 2", "", 30.25, "of CUP 2"), ("CUP", "Cup", 6.5, "of CUP"), ("POT", "", 6.5, "of POT"),
            ("TEA", "", 0.1, "of TEA"),
        ]  # fmt: skip
        assert [one["sku"] for one in made.get(f"{BASE}/forecasts?q=CUP").json()["forecasts"]] == ["CUP 2", "CUP"]
        for odd in ("odd", "nan CUP", "-1 CUP", "1", "inf CUP"):
            assert made.get(f"{BASE}/forecasts", params={"cursor": odd}).status_code == 422


def test_prices_that_were_read_come_page_by_page_the_newest_first(tmp_path: Path, database_url: str) -> None:
    with supply_office(tmp_path, database_url, empty=True) as made:
        numbers = [read(made.office, amount, Judged("doubtful", "a slip", readings=1)) for amount in (1, 2, 3)]
        seen: list[int] = []
        cursor = 0
        while True:
            page = made.get(f"{BASE}/readings?limit=1&cursor={cursor}", "viewer").json()
            seen += [one["id"] for one in page["readings"]]
            cursor = page["next"]
            if not cursor:
                break
        assert seen == numbers[::-1]
        waiting = f"{BASE}/readings?only=waiting&limit=1"
        assert [one["id"] for one in made.get(waiting).json()["readings"]] == [numbers[-1]]
        assert made.get(f"{waiting}&cursor={numbers[-1]}").json() == {"readings": [], "next": 0}
        assert made.get(f"{waiting}&party=ACME").json()["readings"]
        assert made.get(f"{waiting}&sku=POT").json()["readings"] == []


def test_addresses_are_watched_and_doubtful_prices_judged_once(tmp_path: Path, database_url: str) -> None:
    with supply_office(tmp_path, database_url) as made:
        wish = {"party": "ACME", "address": "https://a.example/c", "sku": "CUP"}
        assert made.post(f"{BASE}/watches", wish | {"address": "ftp://x"}).status_code == 422
        watched = made.post(f"{BASE}/watches", wish, key="w")
        assert (watched.status_code, watched.json()["every_hours"]) == (201, 24)
        assert [one["address"] for one in made.get(f"{BASE}/watches").json()["watches"]] == ["https://a.example/c"]
        number = watched.json()["id"]
        assert [made.post(f"{BASE}/watches/{number}/remove", {}).status_code for _ in range(2)] == [200, 404]
        wrong, right = (read(made.office, amount, Judged("doubtful", "a slip", readings=1)) for amount in (2500, 260))
        assert [one["id"] for one in made.get(f"{BASE}/readings?only=waiting").json()["readings"]] == [right]
        assert made.post(f"{BASE}/readings/{wrong}/reject", {"because": "a slip"}).json()["judged"]["verdict"] == "rejected"
        assert made.post(f"{BASE}/readings/{wrong}/reject", {"because": "a slip"}).status_code == 404
        assert made.post(f"{BASE}/readings/{right}/accept", {"because": "they said so"}).status_code == 200
        assert made.get(f"{BASE}/readings?only=waiting").json()["readings"] == []
        assert made.get(f"{BASE}/readings?only=odd").status_code == 422
        assert made.get(f"{BASE}/readings?sku=CUP").json()["readings"][0]["judged"]["verdict"] == "accepted"


def test_every_list_reads_alike_on_both_databases(tmp_path: Path, database_url: str) -> None:
    with supply_office(tmp_path, database_url) as made:
        doubted = read(made.office, 2500, Judged("doubtful", "a slip", readings=1))
        with made.office.database.transaction() as tx:
            tx.run("UPDATE purchase_orders SET due_ms = 1 WHERE id = ?", (ASKING + 1,))
        counts = [len(made.get(f"{ORDERS}?state={state}").json()["purchases"]) for state in ("open", "to_decide", "late")]
        assert counts == [ASKING + SENT, ASKING, 1]
        panel = next(one for one in made.get("/api/v1/overview/panels").json()["panels"] if one["id"] == "supply")
        assert [one["value"] for one in panel["figures"]] == [str(ASKING), "1", "0", "1"]
        assert made.submit("/supply/scouts", f"/supply/scouts/readings/{doubted}/reject", {}).status_code == 303
        for page in (
            "/supply",
            "/supply/items",
            "/supply/orders?vendor=ACME",
            "/supply/vendors/ACME",
            "/supply/scouts",
            "/inbox",
        ):
            assert made.get(page).status_code == 200, page

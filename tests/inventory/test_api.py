"""Stock for programs: looked up page by page, received and counted."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.control_room.api_office import ApiOffice, api_office


@pytest.fixture
def programs(tmp_path: Path, database_url: str) -> Iterator[ApiOffice]:
    with api_office(tmp_path, database_url) as made:
        yield made


def test_levels_come_page_by_page_and_a_sku_whole(programs: ApiOffice) -> None:
    first = programs.get("/api/v1/stock?limit=1").json()
    second = programs.get("/api/v1/stock", params={"limit": 1, "cursor": first["next"]}).json()
    assert [one["sku"] for one in (*first["levels"], *second["levels"])] == ["CUP", "POT"]
    assert second["next"] == ""
    whole = programs.get("/api/v1/stock/CUP").json()
    assert (whole["levels"][0]["available"], whole["moves"][0]["quantity"]) == (5, 5)
    assert programs.get("/api/v1/stock/NONE").status_code == 404


def test_goods_are_received_once_and_wake_who_waits(programs: ApiOffice) -> None:
    body = {"rows": [{"sku": "CUP", "warehouse": "W1", "pieces": 3}]}
    for _ in range(2):
        answer = programs.post("/api/v1/stock/receive", body, "operator", key="delivery-1")
        assert answer.json()["events"][0]["place"] == "CUP@W1"
    assert programs.rows("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == [(8,)]
    assert programs.rows("SELECT COUNT(*) FROM queue WHERE bot = 'orders.wake'") == [(1,)]


def test_a_count_brings_the_books_to_what_is_there(programs: ApiOffice) -> None:
    rows = [{"sku": "CUP", "warehouse": "W1", "pieces": 2}]
    assert programs.post("/api/v1/stock/count", {"rows": rows}).status_code == 200
    assert programs.rows("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == [(2,)]
    assert programs.post("/api/v1/stock/count", {"rows": rows}, "viewer").status_code == 403


@pytest.mark.parametrize("row", [{"sku": "X"}, {"warehouse": "W9"}, {"pieces": -1}, {"pieces": 10**10}, {"sku": ""}])
def test_nothing_is_booked_where_a_row_is_wrong(programs: ApiOffice, row: dict[str, object]) -> None:
    good = {"sku": "CUP", "warehouse": "W1", "pieces": 1}
    assert programs.post("/api/v1/stock/receive", {"rows": [good, good | row]}).status_code == 422
    assert programs.rows("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == [(5,)]


def test_counts_are_proposed_made_blind_and_explained(programs: ApiOffice) -> None:
    with programs.office.database.transaction() as tx:
        tx.run("UPDATE stock_moves SET at_ms = at_ms - 864000000")  # counts are of shelves that have lain for a while
    assert programs.post("/api/v1/counts/propose", {}, "viewer").status_code == 403
    assert programs.post("/api/v1/counts/propose", {}, "operator").json() == {"proposed": 1}
    (task,) = programs.get("/api/v1/counts").json()["counts"]
    assert (task["sku"], task["tries"], "booked" in task) == ("CUP", 0, False)
    far = {"results": [{"id": task["id"], "pieces": 2}]}
    assert programs.post("/api/v1/counts/results", far, "operator").json() == {"booked": [], "again": [task["id"]]}
    assert programs.get(f"/api/v1/counts/{task['id']}").json()["booked"] == 0
    assert programs.post("/api/v1/counts/results", far, "operator").json() == {"booked": [task["id"]], "again": []}
    made = programs.get(f"/api/v1/counts/{task['id']}").json()
    assert (made["state"], made["booked"], made["counted"], bool(made["explained"])) == ("counted", 5, 2, True)
    assert programs.post("/api/v1/counts/results", far, "operator").status_code == 409
    assert programs.get("/api/v1/counts/999").status_code == 404


def test_sensors_are_added_once_listed_and_retired(programs: ApiOffice) -> None:
    gate = {"id": "gate-1", "kind": "gate", "warehouse": "W1"}
    for _ in range(2):
        assert programs.post("/api/v1/sensors", gate, "operator", key="gate").status_code == 201
    assert programs.post("/api/v1/sensors", gate | {"warehouse": "NONE"}, "operator").status_code == 422
    assert [(one["id"], one["state"]) for one in programs.get("/api/v1/sensors").json()["sensors"]] == [("gate-1", "live")]
    assert programs.post("/api/v1/sensors/gate-1/retire", {}, "operator").json()["state"] == "retired"
    assert programs.post("/api/v1/sensors/gate-2/retire", {}, "operator").status_code == 404


def paged(programs: ApiOffice, state: str) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": 0}
    while True:
        query = {"state": state, "limit": 1, "cursor": page["next"]}
        page = programs.get("/api/v1/counts", "viewer", params=query).json()
        seen += page["counts"]
        if not page["next"]:
            return seen


def test_counts_come_page_by_page_those_to_make_and_those_that_were_made(programs: ApiOffice) -> None:
    tasks = [("CUP", "W1", "proposed", 0), ("POT", "W1", "open", 0), ("ANT", "W2", "proposed", 0),
             ("CUP", "W1", "counted", 7), ("POT", "W1", "expired", 9), ("CUP", "W2", "counted", 9)]  # fmt: skip
    with programs.office.database.transaction() as tx:
        for sku, warehouse, state, done_ms in tasks:
            tx.run(
                "INSERT INTO count_tasks (sku, warehouse, state, reason, because, currency, booked, counted, done_ms, done_by)"
                " VALUES (?, ?, ?, 'stake', 'dear', 'EUR', ?, ?, ?, '')", (sku, warehouse, state, done_ms, done_ms, done_ms),
            )  # fmt: skip
    to_make, made = paged(programs, "open"), paged(programs, "done")
    assert [(one["sku"], one["warehouse"], one["made"]) for one in to_make] == [
        ("CUP", "W1", None), ("POT", "W1", None), ("ANT", "W2", None)
    ]  # fmt: skip
    assert [(one["sku"], one["warehouse"], one["made"]["state"]) for one in made] == [
        ("CUP", "W2", "counted"), ("POT", "W1", "expired"), ("CUP", "W1", "counted")
    ]  # fmt: skip
    assert made[2]["made"] == {"state": "counted", "booked": 7, "counted": 7, "done_ms": 7, "done_by": ""}
    assert len(programs.get("/api/v1/counts?state=done&warehouse=W1").json()["counts"]) == 2
    assert programs.get("/api/v1/counts?state=odd").status_code == 422
    assert programs.get("/api/v1/counts?cursor=999").status_code == 422

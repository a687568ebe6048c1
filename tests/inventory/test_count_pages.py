"""The pages of counts and sensors: blind before, explained after; and EPCIS events come in as evidence."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.control_room.api_office import ApiOffice, api_office

AT = "2026-11-20T10:00:00.000+01:00"


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[ApiOffice]:
    with api_office(tmp_path, database_url) as made:
        yield made


def listed(office: ApiOffice, path: str = "/stock/counts") -> str:
    return office.get(path, headers={"accept": "text/html"}).text


def filled(office: ApiOffice) -> int:
    """Fill today's list; returns the count of the cups, of which five are booked."""
    with office.office.database.transaction() as tx:
        tx.run("UPDATE stock_moves SET at_ms = at_ms - 864000000")
    send(office, "/stock/counts/propose", {})
    return office.rows("SELECT id FROM count_tasks WHERE sku = 'CUP'")[0][0]


def send(office: ApiOffice, path: str, fields: dict[str, str], *, page: str = "/stock/counts") -> Any:
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', listed(office, page))
    assert token is not None
    return office.form(path, fields | {"form_token": token[1]})


def test_the_list_asks_for_figures_and_shows_none(office: ApiOffice) -> None:
    number = filled(office)
    page = listed(office)
    assert f'name="pieces_{number}"' in page
    body = page[page.index("<tbody") : page.index("</tbody>")]
    assert not re.search(r">\s*5\s*<", body)
    assert "Counted" in listed(office, "/stock/count-sheet") or "Pieces" in listed(office, "/stock/count-sheet")
    assert office.get("/stock/counts.csv").text.splitlines()[1].startswith(f"{number},W1,CUP")


def test_a_result_is_booked_and_one_count_shows_its_difference_afterwards(office: ApiOffice) -> None:
    number = filled(office)
    before = listed(office, f"/stock/counts/{number}")
    assert "Booked before" not in before
    first = send(office, "/stock/counts", {f"pieces_{number}": "1"})
    assert "once more" in first.text
    assert office.rows("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == [(5,)]
    second = send(office, "/stock/counts", {f"pieces_{number}": "1"})
    assert "1 counts are booked" in second.text
    assert office.rows("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == [(1,)]
    after = listed(office, f"/stock/counts/{number}")
    assert "Booked before" in after
    assert "What explains it" in after


def test_a_figure_that_is_none_is_named_and_nothing_is_booked(office: ApiOffice) -> None:
    number = filled(office)
    answer = send(office, "/stock/counts", {f"pieces_{number}": "five"})
    assert (answer.status_code, f"count {number}" in answer.text) == (422, True)
    assert listed(office, "/stock/counts/99999")
    assert office.get("/stock/counts/99999").status_code == 404


def test_a_sensor_is_added_and_retired_on_its_page(office: ApiOffice) -> None:
    scale = {"id": "scale-1", "kind": "scale", "warehouse": "W1", "sku": "CUP", "tare_g": "500"}
    assert send(office, "/stock/sensors", scale, page="/stock/sensors").status_code == 303
    assert "scale-1" in listed(office, "/stock/sensors")
    wrong = send(office, "/stock/sensors", scale | {"sku": "<b>"}, page="/stock/sensors")
    assert wrong.status_code == 422
    assert "&lt;b&gt;" in wrong.text
    assert send(office, "/stock/sensors/retire", {"id": "scale-1"}, page="/stock/sensors").status_code == 303
    assert office.rows("SELECT state FROM sensors") == [("retired",)]


def document(**fields: Any) -> dict[str, Any]:
    event = {"type": "ObjectEvent", "eventID": "e-1", "eventTime": AT, "action": "OBSERVE", "bizStep": "shipping",
             "epcList": ["CUP"], "readPoint": {"id": "gate-1"}} | fields  # fmt: skip
    return {"type": "EPCISDocument", "schemaVersion": "2.0", "epcisBody": {"eventList": [event, {"type": "Odd"}]}}


def test_epcis_events_come_in_as_evidence_once_and_change_no_stock(office: ApiOffice) -> None:
    gate = {"id": "gate-1", "kind": "gate", "warehouse": "W1"}
    send(office, "/stock/sensors", gate, page="/stock/sensors")
    now = office.office.clock.now_ms()
    when = datetime.fromtimestamp(now / 1000, UTC).isoformat()
    for kept in (1, 0):
        said = office.post("/api/v1/epcis/capture", document(eventTime=when)).json()
        assert (said["events"], said["kept"], said["repeated"]) == (2, kept, 1 - kept)
        assert said["unread"][0]["because"].startswith("event 2")
    assert office.rows("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == [(5,)]
    assert office.rows("SELECT sku, warehouse, kind FROM sensor_events") == [("CUP", "W1", "out")]
    assert office.post("/api/v1/epcis/capture", {"no": "document"}).status_code == 422
    assert office.post("/api/v1/epcis/capture", document(), "viewer").status_code == 403

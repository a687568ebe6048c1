"""Transfers: on the pages under /supply/transfers, on the plan and the first page, and for programs."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

import pytest

from afterclick.control_room import glossary
from afterclick.domain.transfer import TransferState
from afterclick.procurement import panels
from afterclick.store import tables
from tests.procurement.moving_office import (
    CANCELLED,
    HOSTILE,
    LATE,
    PIECES,
    PROPOSED,
    RELEASED,
    SENT,
    furnish_transfers,
    number,
)
from tests.procurement.supply_office import SupplyOffice, supply_office

PAGE: Final = "/supply/transfers"
API: Final = "/api/v1/supply/transfers"
LISTS: Final = [
    ("", [CANCELLED, LATE, SENT, RELEASED, PROPOSED]), ("open", [LATE, SENT, RELEASED, PROPOSED]), ("late", [LATE]),
    ("received", []), ("cancelled", [CANCELLED]),
]  # fmt: skip


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[SupplyOffice]:
    with supply_office(tmp_path, database_url) as made:
        furnish_transfers(made.office)
        yield made


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupplyOffice]:
    """An office in which no test changes anything."""
    with supply_office(tmp_path_factory.mktemp("moving"), "sqlite://") as made:
        furnish_transfers(made.office)
        yield made


def on_order(office: SupplyOffice) -> int:
    """Cups on their way to W2."""
    return office.rows("SELECT on_order FROM stock_levels WHERE sku = 'CUP' AND warehouse = 'W2'")[0][0]


def ids(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'data-item="transfer-(\d+)"', page)]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("state", "found"), LISTS)
def test_each_list_has_what_it_says_the_newest_first(looked_at: SupplyOffice, state: str, found: list[int]) -> None:
    page = looked_at.get(f"{PAGE}?state={state}", "viewer")
    assert (page.status_code, ids(page.text)) == (200, found)
    assert ("Transfers" in page.text, 'class="empty"' in page.text) == (True, not found)
    assert [one["id"] for one in looked_at.get(f"{API}?state={state}").json()["transfers"]] == found


@pytest.mark.sqlite_only
def test_the_list_says_from_where_to_where_and_what_is_late(looked_at: SupplyOffice) -> None:
    page = looked_at.get(PAGE).text
    assert ids(page) == LISTS[1][1], "those that are open come first"
    for said in (f'<a href="{PAGE}/{number(SENT)}">', '<a href="/supply/items/CUP">', "W1", "W2", "in transit", "why 3"):
        assert said in page
    assert page.count('<span class="urgent">late</span>') == 1
    assert f'href="{PAGE}"' in looked_at.get("/supply").text


@pytest.mark.sqlite_only
def test_what_is_not_there_is_said_so(looked_at: SupplyOffice) -> None:
    for name in (number(9), "9", "odd", "TO-2026-00000%0A", "%C3%A4"):
        assert looked_at.get(f"{PAGE}/{name}").status_code == 404, name
    assert looked_at.get(f"{PAGE}?state=odd").status_code == 422
    assert looked_at.get(f"{API}/{number(9)}").status_code == 404
    assert looked_at.get(f"{API}?state=odd").status_code == 422
    assert looked_at.post(f"{API}/{number(9)}/end", {"because": "x"}).status_code == 404


@pytest.mark.sqlite_only
def test_one_transfer_is_shown_with_its_figures_and_its_story(looked_at: SupplyOffice) -> None:
    page = looked_at.get(f"{PAGE}/{number(LATE)}").text
    for said in (number(LATE), "It is late: in transit for 7 d", f"{PIECES} still to come", "Transfer proposed", "Why 4",
                 "Write off what has not come"):  # fmt: skip
        assert said in page
    assert "Write off" not in looked_at.get(f"{PAGE}/{number(LATE)}", "viewer").text
    assert "Cancel</summary>" in looked_at.get(f"{PAGE}/{PROPOSED}").text, "our id names it too"
    assert "being told" in looked_at.get(f"{PAGE}/{number(RELEASED)}").text
    assert "<form" not in looked_at.get(f"{PAGE}/{number(CANCELLED)}").text.partition("<h1>")[2].partition("What happened")[0]


@pytest.mark.sqlite_only
def test_a_reason_is_shown_as_it_was_written_and_nothing_more(looked_at: SupplyOffice) -> None:
    for page in (f"{PAGE}/{number(CANCELLED)}", f"{PAGE}?state=cancelled"):
        said = looked_at.get(page).text
        assert HOSTILE not in said
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in said


@pytest.mark.sqlite_only
def test_the_figure_of_the_first_page_leads_to_as_many_cases(looked_at: SupplyOffice) -> None:
    now_ms = looked_at.office.clock.now_ms()
    with looked_at.office.database.reading() as tx:
        (panel,) = panels.panels(tx, now_ms)
        (later,) = panels.panels(tx, now_ms + 8 * 24 * 3_600_000)
        (before,) = panels.panels(tx, now_ms - 3_600_000)
    (late,) = [one for one in panel.figures if one.label == "transfers late"]
    assert len(ids(looked_at.get(late.href).text)) == int(late.value) == 1
    assert [one.value for one in later.figures if one.label == "transfers late"] == ["4"], "whatever is open a week later"
    assert "transfers late" not in [one.label for one in before.figures], "where none is late there is no such figure"


@pytest.mark.sqlite_only
def test_a_moved_line_of_the_plan_leads_to_its_transfer(looked_at: SupplyOffice) -> None:
    columns = ("plan", "no", "sku", "warehouse", "pieces", "worth", "source", "state", "because")
    with looked_at.office.database.transaction() as tx:
        tx.run("INSERT INTO plans (made_ms, run, items, lines, currency, worth, fan, made_by)"
               " VALUES (1, 1, 2, 0, 'EUR', 0, 'null', 'person:zoe')")  # fmt: skip
        tx.insert(tables.plan_lines, columns, [(1, 1, "CUP", "W2", 10, 5, "W1", "moved", f"{number(SENT)}: idle there")])
    page = looked_at.get("/supply").text
    assert f'<a href="{PAGE}/{number(SENT)}"><span class="pill moved">moved</span></a>' in page
    assert "<td>from W1</td>" in page


def test_the_rest_of_a_transfer_is_written_off_with_a_reason(office: SupplyOffice) -> None:
    page, before = f"{PAGE}/{number(LATE)}", on_order(office)
    silent = office.submit(page, f"{page}/end", {"note": " "})
    assert (silent.status_code, "Say why" in silent.text) == (409, True)
    answer = office.submit(page, f"{page}/end", {"note": HOSTILE})
    assert (answer.status_code, answer.headers["location"], on_order(office)) == (303, page, before - PIECES)
    assert office.rows("SELECT state, lost FROM transfers WHERE id = ?", LATE) == [("lost", PIECES)]
    ((who, what, said),) = office.logged("transfer.written_off")
    assert (who, what, HOSTILE in said) == ("person:anna", f"transfer/{LATE}", True)
    assert HOSTILE not in office.get(page).text
    again = office.submit(f"{PAGE}/{number(SENT)}", f"{page}/end", {"note": "x"})
    assert (again.status_code, "is lost already" in again.text) == (409, True)


def test_only_who_changes_supply_ends_a_transfer_and_from_our_own_page(office: SupplyOffice) -> None:
    page = f"{PAGE}/{number(PROPOSED)}"
    assert office.submit(page, f"{page}/end", {"note": "x"}, "approver").status_code == 403
    assert office.form(f"{page}/end", {"note": "x", "form_token": "0"}).status_code == 403
    assert office.submit(f"{PAGE}/{number(LATE)}", f"{PAGE}/{number(9)}/end", {"note": "x"}).status_code == 404
    assert office.submit(page, f"{page}/end", {"note": "not wanted"}, "operator").status_code == 303
    assert office.rows("SELECT state, because FROM transfers WHERE id = ?", PROPOSED) == [
        ("cancelled", "person:operator: not wanted")
    ]


def test_programs_are_given_page_by_page_what_people_see(office: SupplyOffice) -> None:
    seen: list[int] = []
    cursor = 0
    while True:
        page = office.get(f"{API}?limit=2&cursor={cursor}", "viewer").json()
        seen += [one["id"] for one in page["transfers"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == LISTS[0][1]
    found = office.get(f"{API}/{number(LATE)}", "viewer").json()
    assert (found["transfer"]["late"], found["transfer"]["due"], found["transfer"]["start"]) == (True, PIECES, "W1")
    assert [one["activity"] for one in found["story"]] == ["transfer.proposed"]
    assert office.get(f"{API}/{LATE}").json() == found


def test_programs_end_a_transfer_once(office: SupplyOffice) -> None:
    path = f"{API}/{number(SENT)}"
    seen = office.get(path).headers["etag"]
    assert office.post(f"{path}/end", {"because": ""}).status_code == 422
    assert office.post(f"{path}/end", {"because": " "}).status_code == 409
    assert office.post(f"{path}/end", {"because": "x"}, "viewer").status_code == 403
    first = office.post(f"{path}/end", {"because": "lost"}, key="k", if_match=seen)
    assert (first.status_code, first.json()["transfer"]["lost"]) == (200, PIECES)
    assert office.post(f"{path}/end", {"because": "lost"}, key="k", if_match=seen).json() == first.json()
    assert office.post(f"{path}/end", {"because": "lost"}, if_match=seen).status_code == 412
    refused = office.post(f"{API}/{number(RELEASED)}/end", {"because": "x"})
    assert (refused.status_code, "being told" in refused.json()["detail"]) == (409, True)


def test_every_word_of_a_state_is_explained() -> None:
    assert [one for one in (*get_args(TransferState), "moved", "late") if glossary.find(one) is None] == []


@pytest.mark.browser
@pytest.mark.sqlite_only
def test_the_pages_serve_people_who_see_hear_or_move_differently(looked_at: SupplyOffice) -> None:
    from afterclick.site import site
    from tests.control_room.browser import everyone
    from tests.journeys.browsing import chromium, served, violations

    app = site(looked_at.office, host="127.0.0.1", authenticate=everyone)
    with served(app) as address, chromium() as browser:
        for width in (390, 1280):
            page = browser.new_page(base_url=address, viewport={"width": width, "height": 844})
            for path in (PAGE, f"{PAGE}?state=received", f"{PAGE}/{number(LATE)}", f"{PAGE}/{number(PROPOSED)}"):
                page.goto(path)
                assert violations(page) == []
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path

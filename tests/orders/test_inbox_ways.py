"""The inbox leads on: back to the list that somebody came from, to the order to compare with, to what is to be done first."""

import re
from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from afterclick.domain.facts import Earlier, OrderFacts
from tests.orders.office import DAY_MS, SmallOffice, small_office
from tests.orders.test_inbox_pages import asking
from tests.orders.visitor import Visitor


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


def test_whoever_decides_from_a_filtered_list_comes_back_to_it_and_is_told_what_was_decided(office: SmallOffice) -> None:
    one, two, three = asking(office, "S-1", "S-2", "S-3")
    desk = Visitor(office, "operator")
    chosen = "/inbox?who=orders&stage=complete"
    page = desk.get(chosen).text
    assert f'name="back" value="{chosen.replace("&", "&amp;")}"' in page
    answer = desk.post(f"/inbox/{one}/approve", {"back": chosen})
    assert answer.headers["location"] == f"{chosen}&done={one}"
    assert (
        f'<a href="/inbox/{one}">Question {one}</a> approved: <a href="/orders/1">S-1</a>'
        in desk.get(f"{chosen}&done={one}").text
    )
    link = f"/inbox/{two}?back=%2Finbox%3Fwho%3Dorders%26stage%3Dcomplete"
    assert link in desk.get(chosen).text.replace("/inbox?", "%2Finbox%3F")
    answer = desk.send(f"/inbox/{two}/reject", seen=link, form=f"/inbox/{two}/ask")
    assert answer.headers["location"] == f"{chosen}&done={two}"
    assert "rejected" in desk.get(f"{chosen}&done={two}").text
    for nothing in (three, 99, "x", "٣", "9" * 30):
        assert 'class="banner done"' not in desk.get(f"/inbox?done={nothing}").text


def test_questions_of_one_day_and_those_since_something_failed_are_listed_whatever_became_of_them(office: SmallOffice) -> None:
    old, other = asking(office, "A", "B")
    office.clock.ms += DAY_MS
    new, failed, quoted, lapsed = asking(office, "C", "D", "E", "F")
    desk = Visitor(office, "operator")
    desk.get("/inbox")
    desk.post(f"/inbox/{old}/reject", {})
    desk.post(f"/inbox/{lapsed}/approve", {})
    with office.database.transaction() as tx:
        tx.run("UPDATE tasks SET because = 'pay failed: x' WHERE id IN (?, ?)", (failed, quoted))
        tx.run("UPDATE tasks SET item_kind = 'proposal' WHERE id = ?", (quoted,))
        tx.run("UPDATE tasks SET state = 'expired' WHERE id = ?", (lapsed,))
    first, second = "day=2026-11-20", "day=2026-11-21"
    for query, found in {
        first: [other], second: [new, failed, quoted], f"state=any&{first}": [other, old], f"state=any&{second}":
        [lapsed, quoted, failed, new], f"state=decided&{second}": [lapsed, old], f"state=decided&{first}": [],
        f"state=rejected&{second}": [old], "failed=1": [failed], f"state=any&failed=1&{second}": [failed],
        f"state=any&failed=1&{first}": [], "state=any": [lapsed, quoted, failed, new, other, old],
    }.items():  # fmt: skip
        assert [int(number) for number in re.findall(r'data-item="task-(\d+)"', desk.get(f"/inbox?{query}").text)] == found, query
    page = desk.get(f"/inbox?failed=1&{second}").text
    assert f'href="/inbox?state=any&amp;{second}&amp;failed=1"' in page, "another tab keeps the filter"
    assert f'name="back" value="/inbox?{second}&amp;failed=1"' in page, "whoever decides comes back to it"
    assert 'Asked on (UTC) <input type="date" name="day" value="2026-11-21">' in page
    assert desk.get("/inbox?day=x").status_code == 422
    preview = desk.post("/inbox/bulk", {"deed": "approve", "all": "1", "day": "2026-11-21", "failed": "1"}).text
    assert f'value="{failed}"' in preview, "all that the filter shows, and no more"
    assert desk.post("/inbox/bulk", {"deed": "approve", "all": "1", "day": "x"}).status_code == 422


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/inbox?who=x",
        "//evil.example/inbox?who=x",
        "/inbox",
        "/inbox?next=//evil.example",
        "/inbox?who=" + "x" * 2_000,
    ],
)
def test_the_way_back_leads_nowhere_but_to_the_inbox(office: SmallOffice, back: str) -> None:
    (task,) = asking(office, "A")
    desk = Visitor(office, "operator")
    desk.get("/inbox")
    assert desk.post(f"/inbox/{task}/approve", {"back": back}).headers["location"] == f"/inbox?done={task}"


def test_many_that_need_something_done_first_are_named_before_they_are_approved(office: SmallOffice) -> None:
    tasks = asking(office, "A", "B", "C")
    with office.database.transaction() as tx:
        tx.run("UPDATE tasks SET proposal = 'count the stock, then approve to try again' WHERE id <> ?", (tasks[0],))
    desk = Visitor(office, "operator")
    desk.get("/inbox")
    preview = desk.post("/inbox/bulk", {"deed": "approve", "all": "1", "who": "orders"}).text
    assert "For 2 of them: count the stock, then approve to try again." in preview
    assert "come back as new questions" in preview
    assert '<a class="back" href="/inbox?who=orders">' in preview
    assert "done first" not in desk.post("/inbox/bulk", {"deed": "reject", "all": "1"}).text
    result = desk.post("/inbox/bulk/confirm", {"deed": "approve", "ids_1": str(tasks[0]), "back": "/inbox?who=orders"}).text
    assert '<a href="/inbox?who=orders">Back to the inbox</a>' in result
    nothing = desk.post("/inbox/bulk", {"deed": "approve", "who": "orders"})
    assert nothing.status_code == 422
    assert '<a href="/inbox?who=orders">Back to the inbox</a>' in nothing.text


def doubling(office: SmallOffice) -> tuple[int, int, int]:
    """An order that somebody is asked about since it doubles an earlier one; returns the earlier, the order and its question."""
    earlier, order = office.order("S-0001253", ("PLATE", 3)), office.order("S-2 order 7 <b>", ("CUP", 20_000))
    office.run()
    found = msgspec.json.decode(office.one("SELECT facts FROM tasks WHERE item = ?", order), type=OrderFacts)
    facts = replace(found, earlier=(Earlier(earlier, 60_000, True, 1.0, True, True),))
    with office.database.transaction() as tx:
        because = f"order {earlier} of the same customer had the same basket; order 999 <i>"
        tx.run("UPDATE tasks SET because = ?, facts = ?", (because, msgspec.json.encode(facts).decode()))
        tx.run("UPDATE orders SET because = ? WHERE id = ?", (because, order))
        tx.run(
            "UPDATE events SET facts = ?, because = ? WHERE order_id = ? AND verdict = 'Ask'",
            (msgspec.json.encode(facts).decode(), because, order),
        )
    return earlier, order, office.one("SELECT id FROM tasks")


def test_an_order_that_another_is_held_against_is_named_as_in_the_store_and_linked(office: SmallOffice) -> None:
    earlier, order, task = doubling(office)
    desk = Visitor(office, "operator")
    link = f'order <a href="/orders/{earlier}">S-0001253</a>'
    for path in ("/inbox", f"/inbox/{task}", f"/orders/{order}"):
        page = desk.get(path).text
        assert f"{link} of the same customer had the same basket; order 999 &lt;i&gt;" in page, path
    assert f"{link}, 1 min before" in desk.get(f"/inbox/{task}").text


def test_a_timeline_says_once_what_was_decided(office: SmallOffice) -> None:
    (task,) = asking(office, "A")
    desk = Visitor(office, "operator")
    desk.get("/inbox")
    desk.post(f"/inbox/{task}/approve", {})
    page = desk.get("/orders/1").text
    assert "<b>approved</b>" in page
    assert '<b>approved</b> <span class="pill' not in page


def test_nothing_of_ones_own_is_said_so(office: SmallOffice) -> None:
    asking(office, "A")
    assert "Nothing is yours" in Visitor(office, "operator").get("/inbox?mine=1").text

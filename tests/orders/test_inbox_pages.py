"""The inbox as people use it: decide, edit, ask back, hand on, many at once, each as their role allows."""

from collections.abc import Iterator

import pytest

from tests.orders.office import SmallOffice, small_office
from tests.orders.visitor import Visitor, colleague

HOSTILE = """<script>alert(1)</script>"'>&{{7*7}}{% raw %}'; DROP TABLE orders; --"""


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


def asking(office: SmallOffice, *names: str) -> list[int]:
    """Orders about whose quantity a person is asked; returns the tasks."""
    orders = [office.order(name, ("CUP", 20_000)) for name in names]
    office.run()
    return [office.one("SELECT id FROM tasks WHERE item = ?", order) for order in orders]


def state(office: SmallOffice, task: int) -> str:
    return office.one("SELECT state FROM tasks WHERE id = ?", task)


def test_tasks_are_listed_by_deadline_and_filtered_and_paged_both_ways(office: SmallOffice) -> None:
    tasks = asking(office, *(f"N{number}" for number in range(45)))
    with office.database.transaction() as tx:
        tx.run("UPDATE tasks SET expires_ms = expires_ms - id")
        tx.run("UPDATE tasks SET who = 'fraud', assignee = 'person:anna' WHERE id = ?", (tasks[0],))
    desk = Visitor(office, "operator")
    first = desk.get("/inbox").text
    assert first.index("No. 45<") < first.index("No. 44<")
    assert "No. 1<" not in first
    assert first.count("data-item=") == 40
    assert all(f'data-key="{key}"' in first for key in "aer")
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = desk.get(following).text
    assert "No. 1<" in second
    back = second.partition('rel="prev"')[0].rpartition('href="')[2].partition('"')[0]
    assert "No. 45<" in desk.get(back).text
    assert desk.get("/inbox?who=fraud").text.count("data-item=") == 1
    desk.be("operator", name="anna")
    assert desk.get("/inbox?mine=1").text.count("data-item=") == 1
    assert desk.get("/inbox?stage=nowhere").text.count("data-item=") == 0
    assert "No such question" in desk.get("/inbox?state=rejected").text
    with office.database.transaction() as tx:
        tx.run("UPDATE tasks SET state = 'edited', decided_by = 'person:anna' WHERE id = 45")
        tx.run("UPDATE tasks SET state = 'expired' WHERE id = 44")
    decided = desk.get("/inbox?state=decided").text
    assert ("No. 45<" in decided, decided.count("data-item=")) == (True, 1)
    for wrong in ("state=nonsense", "cursor=nonsense"):
        assert desk.get(f"/inbox?{wrong}").status_code == 422


def test_the_page_says_the_facts_in_words_and_marks_those_of_the_reason(office: SmallOffice) -> None:
    (task,) = asking(office, "A")
    page = Visitor(office, "operator").get(f"/inbox/{task}").text
    assert "20,000 × CUP at 10.00 EUR" in page
    assert page.index('class="marked"><dt>Lines') < page.index("<dt>Total")
    assert '{"order_id"' not in page


def test_who_only_sees_finds_no_buttons_and_cannot_decide(office: SmallOffice) -> None:
    (task,) = asking(office, "A")
    desk = Visitor(office, "viewer")
    for path in ("/inbox", f"/inbox/{task}"):
        page = desk.get(path).text
        assert (
            page.count("20,000")
            and "data-key" not in page
            and "formaction" not in page
            and 'action="/inbox' not in (page.replace('<form action="/inbox" method="get"', ""))
        )
    for deed in ("approve", "reject", "edit", "ask", "answer", "reassign", "note"):
        assert desk.browser.post(f"/inbox/{task}/{deed}").status_code == 403
    for path in ("/inbox/bulk", "/inbox/bulk/confirm"):
        assert desk.browser.post(path).status_code == 403
    desk.be("approver")
    assert 'data-key="a"' in desk.get("/inbox").text
    assert 'data-key="e"' not in desk.get("/inbox").text
    assert desk.post(f"/inbox/{task}/edit", {"quantity_1": "2"}).status_code == 403
    assert state(office, task) == "open"


def test_an_edit_is_checked_and_done_and_the_order_goes_on(office: SmallOffice) -> None:
    (task,) = asking(office, "A")
    desk = Visitor(office, "operator")
    form = f"/inbox/{task}/edit"
    for wrong in ({"quantity_1": "many"}, {"quantity_1": "0"}, {"country": "Germany"}, {}):
        answer = desk.send(form, wrong, seen=f"/inbox/{task}", form=form)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert state(office, task) == "open"
    answer = desk.send(form, {"quantity_1": "2", "city": "Hamburg", "postcode": "20095"}, seen=f"/inbox/{task}", form=form)
    assert answer.status_code == 303
    office.run()
    assert office.rows("SELECT state, total FROM orders") == [("shipped", 2000)]
    assert office.wrong() == []


def test_two_people_do_not_overwrite_each_other(office: SmallOffice) -> None:
    (task,) = asking(office, "A")
    desk = Visitor(office, "operator")
    office.amend(1, "address", {"line1": "Allee 7"})
    answer = desk.send(f"/inbox/{task}/edit", {"version": "0.0.0", "quantity_1": "2"}, seen=f"/inbox/{task}")
    assert answer.status_code == 409
    assert "Somebody was faster" in answer.text
    assert "asked for by anna" in answer.text
    assert desk.post(f"/inbox/{task}/approve", {}).status_code == 303
    again = desk.post(f"/inbox/{task}/reject", {})
    assert again.status_code == 409
    assert "approved already by person:test" in again.text


def test_what_is_asked_back_waits_for_its_answer_and_is_kept_out_of_the_log(office: SmallOffice) -> None:
    (task,) = asking(office, "A")
    desk = Visitor(office, "operator")
    before = office.one("SELECT expires_ms FROM tasks WHERE id = ?", task)
    office.clock.ms += 3_600_000
    form = f"/inbox/{task}/ask"
    assert desk.send(form, {"to": "customer", "question": ""}, seen=f"/inbox/{task}").status_code == 409
    assert desk.send(form, {"to": "customer", "question": "Really 20,000, Ada?"}, seen=f"/inbox/{task}").status_code == 303
    assert office.one("SELECT expires_ms FROM tasks WHERE id = ?", task) > before
    assert "Waits for an answer of customer" in desk.get("/inbox?asked=1").text
    answering = {"question": "1", "answer": "no, two"}
    assert desk.post(f"/inbox/{task}/answer", {"question": "99", "answer": "x"}).status_code == 409
    assert desk.post(f"/inbox/{task}/answer", answering).status_code == 303
    assert desk.post(f"/inbox/{task}/answer", answering).status_code == 409
    assert "no, two" in desk.get(f"/inbox/{task}").text
    assert "no, two" in desk.get("/orders/1").text
    logged = office.rows("SELECT activity, because FROM events WHERE object = ?", f"task/{task}")
    assert [activity for activity, _ in logged] == ["task.asked-back", "task.answered"]
    assert not any("Ada" in because or "two" in because for _, because in logged)


def test_a_question_is_handed_on_and_noted(office: SmallOffice) -> None:
    (task,) = asking(office, "A")
    anna = colleague(office, "Anna", "operator")
    desk = Visitor(office, "operator")
    assert "Anna" in desk.get(f"/inbox/{task}").text
    assert desk.post(f"/inbox/{task}/reassign", {"to": "finance", "note": "theirs"}).status_code == 303
    assert office.rows("SELECT who, waiting_for FROM tasks JOIN orders ON orders.id = item") == [("finance", "finance")]
    assert desk.post(f"/inbox/{task}/reassign", {"to": anna.actor_id}).status_code == 303
    assert office.one("SELECT assignee FROM tasks") == "person:anna"
    assert desk.post(f"/inbox/{task}/reassign", {"to": ""}).status_code == 409
    assert desk.post(f"/inbox/{task}/note", {"note": "called twice"}).status_code == 303
    assert "called twice" in desk.get(f"/inbox/{task}").text
    assert desk.post(f"/inbox/{task}/burn", {}).status_code == 404


def test_many_are_previewed_in_money_and_each_is_decided_in_its_own_right(office: SmallOffice) -> None:
    tasks = asking(office, "A", "B", "C")
    desk = Visitor(office, "operator")
    assert "Many at once" in desk.get("/inbox").text
    assert desk.post("/inbox/bulk", {"deed": "approve"}).status_code == 422
    assert desk.post("/inbox/bulk", {"deed": "burn", "all": "1"}).status_code == 422
    assert desk.post("/inbox/bulk", {"deed": "reassign", "all": "1"}).status_code == 422
    ticked = desk.post("/inbox/bulk", {"deed": "reject", f"tick_{tasks[0]}": "1"}).text
    assert "Reject 1 question?" in ticked
    assert "200,000.00 EUR" in ticked
    preview = desk.post("/inbox/bulk", {"deed": "reject", "all": "1", "stage": "complete"}).text
    assert "Reject 3 questions?" in preview
    assert "600,000.00 EUR" in preview
    assert state(office, tasks[0]) == "open"
    assert desk.post(f"/inbox/{tasks[1]}/approve", {}).status_code == 303
    result = desk.post("/inbox/bulk/confirm", {"deed": "reject", "ids_1": ",".join(map(str, tasks)), "note": "jokes"}).text
    assert "2 done, 1 not" in result
    assert "approved already by person:test" in result
    assert [state(office, task) for task in tasks] == ["rejected", "approved", "rejected"]
    assert "in bulk; jokes" in office.one("SELECT because FROM events WHERE activity = 'decided.rejected'")
    office.run()
    assert office.state(1) == "cancelled"


def test_ones_own_change_is_left_out_of_many_and_has_no_button(office: SmallOffice) -> None:
    (task,) = asking(office, "A")
    desk = Visitor(office, "operator")
    form = f"/inbox/{task}/edit"
    assert desk.send(form, {"quantity_1": "19999"}, seen=f"/inbox/{task}", form=form).status_code == 303
    office.run()
    again = office.one("SELECT MAX(id) FROM tasks")
    page = desk.get(f"/inbox/{again}").text
    assert "somebody else has to approve it" in page
    assert 'data-key="a"' not in page
    assert desk.post(f"/inbox/{again}/approve", {}).status_code == 409
    assert "None of them can be handled" in desk.post("/inbox/bulk", {"deed": "approve", "all": "1"}).text
    desk.be("operator", name="ben")
    assert desk.post(f"/inbox/{again}/approve", {}).status_code == 303


def test_hostile_text_in_every_field_is_text_on_every_page(office: SmallOffice) -> None:
    (task,) = asking(office, "A")
    desk = Visitor(office, "operator")
    desk.get("/inbox")
    desk.post(f"/inbox/{task}/ask", {"to": HOSTILE[:70], "question": HOSTILE})
    desk.post(f"/inbox/{task}/answer", {"question": "1", "answer": HOSTILE})
    desk.post(f"/inbox/{task}/note", {"note": HOSTILE})
    desk.post(f"/inbox/{task}/reassign", {"to": HOSTILE[:70], "note": HOSTILE})
    with office.database.transaction() as tx:
        for column in ("because", "proposal", "note", "decided_by"):
            tx.run(f"UPDATE tasks SET {column} = ?", (HOSTILE,))
        tx.run("UPDATE orders SET external_id = ?, customer = ?, currency = ?, country = ?", (HOSTILE,) * 4)
        tx.run("UPDATE order_lines SET sku = ?", (HOSTILE,))
        tx.run("UPDATE tasks SET facts = ?", ('{"what": "<script>alert(1)</script>{{7*7}}"}',))
    pages = [desk.get(path) for path in ("/inbox", f"/inbox/{task}", "/orders/1", "/inbox?who=<script>{{7*7}}&state=open")]
    pages += [desk.post("/inbox/bulk", {"deed": "reassign", "to": HOSTILE, "note": HOSTILE, "all": "1"})]
    for page in pages:
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "{{7*7}}" in page.text
        assert page.text.count("<script") == page.text.count('<script src="/script.js')
    assert office.one("SELECT COUNT(*) FROM orders") == 1

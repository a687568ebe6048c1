"""Orders and the inbox for programs: what the pages can do, with the same rights and the same records."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from afterclick.governance.audit import times
from afterclick.governance.figures import DAY_MS
from tests.control_room.api_office import ApiOffice, api_office

TASK = "/api/v1/inbox/1"


@pytest.fixture
def programs(tmp_path: Path, database_url: str) -> Iterator[ApiOffice]:
    with api_office(tmp_path, database_url) as made:
        yield made


@pytest.mark.parametrize(
    ("action", "body", "change"),
    [
        ("cancel", {}, "{}"),
        ("hold", {"because": "customer calls"}, "{}"),
        ("release", {}, "{}"),
        ("address", {"postcode": "20097"}, '{"postcode":"20097"}'),
        ("quantity", {"lines": [{"no": 1, "quantity": 3}]}, '{"lines":{"1":3}}'),
        ("split", {"lines": [2]}, '{"lines":[2]}'),
    ],
)
def test_a_change_is_asked_for_in_the_name_of_whoever_asks(
    programs: ApiOffice, action: str, body: dict[str, object], change: str
) -> None:
    answer = programs.post(f"/api/v1/orders/2/{action}", body, "operator")
    assert (answer.status_code, answer.json()["action"]) == (200, action)
    assert programs.rows("SELECT action, change, asked_by FROM amendments") == [(action, change, "person:operator")]
    assert programs.rows("SELECT COUNT(*) FROM events WHERE activity = ?", f"asked.{action}") == [(1,)]


def test_what_cannot_be_asked_for_is_said(programs: ApiOffice) -> None:
    assert programs.post("/api/v1/orders/2/address", {}).status_code == 422
    assert programs.post("/api/v1/orders/2/quantity", {"lines": []}).status_code == 422
    assert programs.post("/api/v1/orders/99/cancel", {}).status_code == 404
    assert programs.get("/api/v1/orders/find?number=A-1").json() == {"id": 2}
    assert programs.get("/api/v1/orders/find?number=B-1").status_code == 404
    assert programs.get("/api/v1/overview").json()["received"] == 3


def test_a_case_is_given_whole(programs: ApiOffice) -> None:
    case = programs.get("/api/v1/orders/1").json()
    assert (case["order"]["state"], case["waiting_for"], case["tasks"][0]["state"]) == ("inbox", "fraud", "open")
    assert [step["activity"] for step in case["timeline"]] == ["received", "genuine"]


def test_programs_choose_orders_and_questions_by_all_that_the_pages_choose_by(programs: ApiOffice) -> None:
    ((came_ms,),) = programs.rows("SELECT received_ms FROM orders WHERE id = 1")
    day, before = times.day_of(came_ms), times.day_of(came_ms - DAY_MS)

    def found(path: str) -> list[int]:
        return [one["id"] for kind in ("orders", "tasks") for one in programs.get(f"/api/v1/{path}").json().get(kind, ())]

    for query, orders in {
        f"day={day}": [3, 2, 1], f"day={before}": [], "waiting_for=fraud": [1], "at=genuine": [1], "at=pay": [], "risk=near": [],
        "queued=any": [3, 2, 1], "queued=orders.fulfil": [3, 2, 1], "queued=orders.amend": [], "older=0": [3, 2, 1], "q=A-1": [2],
        "currency=EUR": [1], "currency=USD": [], "hands=some": [1], "hands=none": [3, 2],
    }.items():  # fmt: skip
        assert found(f"orders?{query}") == orders, query
    page = programs.get("/api/v1/orders?limit=2").json()
    page = programs.get(f"/api/v1/orders?limit=2&cursor={page['next']}").json()
    assert [one["id"] for one in page["orders"]] == [1]
    assert found(f"orders?limit=2&cursor={page['previous']}") == [3, 2]
    for query, tasks in {
        f"day={day}": [1], f"day={before}": [], f"state=any&day={day}": [1], "failed=true": [], "state=any": [1],
    }.items():  # fmt: skip
        assert found(f"inbox?{query}") == tasks, query
    wrong_ones = ("day=x", "hands=x", "queued=x", "older=-1", "state=shipped&currency=EUR")
    for path in (*(f"orders?{one}" for one in wrong_ones), "inbox?day=x"):
        assert programs.get(f"/api/v1/{path}").status_code == 422, path
    for matching, tasks in (({"day": day}, [1]), ({"day": day, "failed": True}, []), ({"day": before}, [])):
        wanted = {"decision": "approve", "matching": matching}
        assert programs.post("/api/v1/inbox/bulk/preview", wanted).json()["tasks"] == tasks
    wrong = {"decision": "approve", "matching": {"day": "x"}}
    assert programs.post("/api/v1/inbox/bulk/preview", wrong).status_code == 422


def test_a_task_is_approved_once_and_its_order_goes_on(programs: ApiOffice) -> None:
    assert programs.get("/api/v1/inbox").json()["tasks"][0]["id"] == 1
    answer = programs.post(f"{TASK}/approve", {"note": "called her"}, "approver")
    assert answer.json() == {"task": 1, "state": "approved"}
    assert programs.rows("SELECT decided_by, note FROM tasks WHERE id = 1") == [("person:approver", "called her")]
    again = programs.post(f"{TASK}/reject", {})
    assert (again.status_code, "already" in again.json()["detail"]) == (409, True)
    assert programs.post("/api/v1/inbox/99/approve", {}).status_code == 404


def test_a_task_is_edited_asked_about_and_handed_on(programs: ApiOffice) -> None:
    assert programs.post(f"{TASK}/reassign", {"to_whom": "finance"}).json()["task"]["who"] == "finance"
    asked = programs.post(f"{TASK}/ask", {"to_whom": "customer", "question": "Which colour?"}).json()
    assert asked["questions"][0]["question"] == "Which colour?"
    assert programs.post(f"{TASK}/edit", {}).status_code == 409
    assert programs.post(f"{TASK}/edit", {"address": {"city": "Kiel"}, "note": "typo"}).json()["state"] == "edited"
    assert programs.rows("SELECT action, change FROM amendments") == [("address", '{"city":"Kiel"}')]


def test_many_are_decided_at_once_and_those_that_cannot_be_are_named(programs: ApiOffice) -> None:
    answer = programs.post("/api/v1/inbox/bulk", {"tasks": [1, 1, 99], "decision": "approve"}).json()
    assert answer == {"decided": [1], "left": [{"task": 99, "because": "there is no task 99"}]}


def test_many_are_looked_at_before_they_are_decided(programs: ApiOffice) -> None:
    proposal = propose(programs)
    wanted = {"decision": "reject", "matching": {"stage": "proposal"}}
    told = programs.post("/api/v1/inbox/bulk/preview", wanted).json()
    assert (told["tasks"], told["proposals"], told["money"]) == ([proposal], 1, {"EUR": 2_000})
    told = programs.post("/api/v1/inbox/bulk/preview", {"decision": "approve", "tasks": [1, proposal, 99]}, "approver").json()
    assert (told["tasks"], told["stages"], told["left"]) == (
        [1, proposal], {"genuine": 1, "proposal": 1}, [{"task": 99, "because": "there is no such task"}]
    )  # fmt: skip
    own = programs.post("/api/v1/inbox/bulk/preview", {"decision": "approve", "tasks": [proposal]}, "viewer", "approver")
    assert own.json()["tasks"] == [proposal]
    assert programs.rows("SELECT COUNT(*) FROM tasks WHERE state = 'open'") == [(2,)]
    for wrong in ({"decision": "approve"}, {"decision": "approve", "tasks": [1], "matching": {}}):
        assert programs.post("/api/v1/inbox/bulk/preview", wrong).status_code == 422


def test_nobodys_own_proposal_is_among_what_they_may_approve_in_bulk(programs: ApiOffice) -> None:
    body = {"order": 2, "action": "hold", "because": "mine"}
    task = programs.post("/api/v1/proposals", body, "approver").json()["task"]
    told = programs.post("/api/v1/inbox/bulk/preview", {"decision": "approve", "tasks": [task]}, "approver").json()
    assert (told["tasks"], told["left"][0]["because"]) == ([], "about a change that you asked for yourself")
    done = programs.post("/api/v1/inbox/bulk", {"decision": "approve", "tasks": [task]}, "approver").json()
    assert (done["decided"], done["left"][0]["task"]) == ([], task)
    assert programs.post("/api/v1/inbox/bulk", {"decision": "approve", "tasks": [task]}).json()["decided"] == [task]


def test_many_are_handed_on_at_once(programs: ApiOffice) -> None:
    tasks = [1, propose(programs)]
    assert programs.post("/api/v1/inbox/bulk", {"decision": "reassign", "tasks": tasks}).status_code == 422
    body = {"decision": "reassign", "tasks": tasks, "to_whom": "person:anna", "note": "hers"}
    assert programs.post("/api/v1/inbox/bulk", body).json()["decided"] == tasks
    assert programs.rows("SELECT DISTINCT assignee FROM tasks") == [("person:anna",)]


def test_what_was_asked_back_is_answered_and_something_is_noted(programs: ApiOffice) -> None:
    asked = programs.post(f"{TASK}/ask", {"to_whom": "warehouse", "question": "Is it there?"}).json()
    number = asked["questions"][0]["id"]
    assert programs.get("/api/v1/inbox?waiting=true").json()["tasks"][0]["id"] == 1
    answer = f"{TASK}/questions/{number}/answer"
    assert programs.post(answer, {"answer": "Yes"}).json()["questions"][0]["answer"] == "Yes"
    assert programs.post(answer, {"answer": "Yes"}).status_code == 409
    assert programs.post(f"{TASK}/questions/99/answer", {"answer": "Yes"}).status_code == 404
    assert programs.post(f"{TASK}/note", {"note": "called them"}).json()["history"][-1][2:] == ["task.noted", "called them"]
    assert programs.get("/api/v1/inbox?waiting=true").json()["tasks"] == []


def test_a_proposal_reads_well(programs: ApiOffice) -> None:
    task = propose(programs, "address", address={"line1": "Neuer Weg 1", "city": "Kiel"})
    told = programs.get(f"/api/v1/inbox/{task}").json()["proposed"]
    assert told == {
        "Proposed by": "person:viewer", "What": "change the address", "Street": "Neuer Weg 1", "City": "Kiel"
    }  # fmt: skip
    listed = programs.get("/inbox").text
    assert "A-1" in listed
    assert "change the address, by person:viewer" in listed
    page = programs.get(f"/inbox/{task}").text
    for words in ("What is proposed", "Neuer Weg 1", "Order A-1", "Approve: it is asked for in your name"):
        assert words in page
    assert 'id="edit"' not in page
    counts = propose(programs, "quantity", lines=[{"no": 1, "quantity": 9}])
    assert programs.get(f"/api/v1/inbox/{counts}").json()["proposed"]["Line 1"] == "9 pieces"


def propose(programs: ApiOffice, action: str = "hold", **more: object) -> int:
    body = {"order": 2, "action": action, "because": "it looks odd"} | more
    answer = programs.post("/api/v1/proposals", body, "viewer")
    assert answer.status_code == 201, answer.text
    return answer.json()["task"]


def test_whoever_may_look_may_propose_and_nothing_happens_until_somebody_else_approves(programs: ApiOffice) -> None:
    task = propose(programs)
    assert propose(programs) == task
    assert programs.rows("SELECT COUNT(*) FROM amendments") == [(0,)]
    assert programs.post(f"/api/v1/inbox/{task}/approve", {}, "viewer").status_code == 403
    assert programs.post(f"/api/v1/inbox/{task}/approve", {}, "approver").json()["state"] == "approved"
    assert programs.rows("SELECT action, asked_by, because FROM amendments") == [
        ("hold", "person:approver", "proposed by person:viewer, approved by person:approver")
    ]
    assert programs.rows("SELECT activity FROM events WHERE activity LIKE 'proposed.%'") == [("proposed.hold",)]


def test_a_rejected_proposal_changes_nothing(programs: ApiOffice) -> None:
    task = propose(programs, "quantity", lines=[{"no": 1, "quantity": 9}])
    assert programs.post(f"/api/v1/inbox/{task}/reject", {}, "approver").json()["state"] == "rejected"
    assert programs.rows("SELECT COUNT(*) FROM amendments") == [(0,)]
    assert programs.rows("SELECT state FROM orders WHERE id = 2") == [("received",)]


def test_nobody_approves_what_they_proposed(programs: ApiOffice) -> None:
    body = {"order": 2, "action": "cancel", "because": "mine"}
    task = programs.post("/api/v1/proposals", body, "approver").json()["task"]
    assert programs.post(f"/api/v1/inbox/{task}/approve", {}, "approver").status_code == 403
    assert programs.rows("SELECT state FROM tasks WHERE id = ?", task) == [("open",)]


@pytest.mark.parametrize(
    ("more", "status"),
    [({"order": 99}, 404), ({"action": "burn"}, 422), ({"action": "address"}, 422), ({"action": "split"}, 422)],
)
def test_a_proposal_that_makes_no_sense_is_refused(programs: ApiOffice, more: dict[str, object], status: int) -> None:
    body = {"order": 2, "action": "hold", "because": "x"} | more
    assert programs.post("/api/v1/proposals", body).status_code == status

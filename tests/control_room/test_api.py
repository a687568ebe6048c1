"""What every resource of the interface for programs has in common: keys, tags, pages, shapes and pace."""

import pytest

from afterclick.control_room.api.pace import Pace, TooOften
from afterclick.control_room.api.sent import KEPT_MS, in_hand
from tests.control_room.api_office import ApiOffice

HOLD = "/api/v1/orders/2/hold"
ASKED = "SELECT COUNT(*) FROM amendments"


def test_a_change_with_the_same_key_is_done_once_and_answered_alike(programs: ApiOffice) -> None:
    first = programs.post(HOLD, {"because": "a"}, key="k-1")
    again = programs.post(HOLD, {"because": "a"}, key="k-1")
    assert (first.status_code, first.json()) == (200, {"order": 2, "action": "hold", "amendment": 1})
    assert (again.status_code, again.content) == (200, first.content)
    assert (first.headers.get("idempotent-replay"), again.headers["idempotent-replay"]) == (None, "true")
    assert programs.rows(ASKED) == [(1,)]


def test_the_same_key_for_another_wish_is_refused_and_another_actor_has_keys_of_their_own(programs: ApiOffice) -> None:
    programs.post(HOLD, {"because": "a"}, key="k-1")
    assert programs.post(HOLD, {"because": "b"}, key="k-1").status_code == 422
    assert programs.post("/api/v1/orders/3/hold", {"because": "a"}, key="k-1").status_code == 422
    assert programs.post("/api/v1/orders/3/hold", {"because": "a"}, "operator", key="k-1").status_code == 200
    assert programs.post(HOLD, {"because": "a"}, key="k" * 201).status_code == 422


def test_a_key_is_free_again_after_a_refusal_and_after_a_day(programs: ApiOffice) -> None:
    assert programs.post("/api/v1/orders/9/hold", {}, key="k").status_code == 404
    assert programs.post(HOLD, {}, key="k").status_code == 200
    with programs.office.database.transaction() as tx:
        tx.run("UPDATE api_answers SET at_ms = at_ms - ?", (KEPT_MS + 1,))
    assert programs.post("/api/v1/orders/3/hold", {}, key="k").status_code == 200
    assert programs.rows("SELECT COUNT(*) FROM api_answers") == [(1,)]


def test_two_requests_with_one_key_at_the_same_time_are_one_and_a_conflict(programs: ApiOffice) -> None:
    with in_hand("person:anna", "k"):
        assert programs.post(HOLD, {}, key="k").status_code == 409
    assert programs.post(HOLD, {}, key="k").status_code == 200


def test_what_has_not_changed_is_not_sent_again(programs: ApiOffice) -> None:
    first = programs.get("/api/v1/orders/2")
    tag = first.headers["etag"]
    for header in (tag, f'W/{tag}, "x"', "*"):
        again = programs.get("/api/v1/orders/2", headers={"if-none-match": header})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    programs.post(HOLD, {})
    assert programs.get("/api/v1/orders/2", headers={"if-none-match": tag}).status_code == 200


def test_a_change_of_what_somebody_else_has_changed_meanwhile_is_refused(programs: ApiOffice) -> None:
    tag = programs.get("/api/v1/orders/2").headers["etag"]
    assert programs.post(HOLD, {}, if_match=tag).status_code == 200
    late = programs.post("/api/v1/orders/2/cancel", {}, if_match=tag)
    assert (late.status_code, late.headers["content-type"]) == (412, "application/problem+json")
    assert programs.rows(ASKED) == [(1,)]


def test_orders_come_page_by_page_without_gaps_or_repeats(programs: ApiOffice) -> None:
    seen: list[int] = []
    cursor = ""
    while True:
        page = programs.get("/api/v1/orders", params={"limit": 1, "cursor": cursor}).json()
        seen += [one["id"] for one in page["orders"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == [3, 2, 1]
    assert programs.get("/api/v1/orders?cursor=nonsense").status_code == 422
    assert programs.get("/api/v1/orders?state=nonsense").status_code == 422
    assert programs.get("/api/v1/orders?limit=201").status_code == 422


def test_only_json_is_taken_so_that_no_other_site_can_send_a_form(programs: ApiOffice) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert programs.post(HOLD, {}, content_type=kind).status_code == 415
    for body in ([], {"because": 1}, {"unknown": ""}, {"because": "x" * 501}, {"because": "\0"}):
        assert programs.post(HOLD, body).status_code == 422
    assert programs.get("/api/v1/stock/%00").status_code == 422
    assert programs.get("/api/v1/orders/find?number=%00").status_code == 422
    assert programs.rows(ASKED) == [(0,)]


def test_a_problem_is_a_problem_document_and_the_office_says_who_asks(programs: ApiOffice) -> None:
    missing = programs.get("/api/v1/orders/9")
    assert missing.headers["content-type"] == "application/problem+json"
    assert missing.json() == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no order 9"}
    assert programs.get("/api/v1/me", "viewer").json()["permissions"][0] == "orders.read"


def test_whoever_asks_too_often_is_told_when_to_come_again() -> None:
    now_s = 0.0
    pace = Pace(60, clock_s=lambda: now_s)
    for _ in range(60):
        pace.take("token:a")
    with pytest.raises(TooOften) as refused:
        pace.take("token:a")
    assert refused.value.headers == {"Retry-After": "2"}
    pace.take("token:b")
    now_s = 1.0
    pace.take("token:a")

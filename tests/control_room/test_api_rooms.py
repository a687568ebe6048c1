"""Bots, people, tokens, the log and webhooks for programs."""

import pytest

from tests.control_room.api_office import ApiOffice
from tests.engine.office import judged_before

BOT = "/api/v1/bots/orders.fulfil"


def test_a_bot_is_paused_resumed_and_set_to_rehearse(programs: ApiOffice) -> None:
    assert programs.post(f"{BOT}/pause", {"because": "inventory"}, "operator").json()["bot"]["state"] == "paused"
    assert programs.post(f"{BOT}/pause", {}, "operator").status_code == 409
    assert programs.post(f"{BOT}/resume", {}, "operator").json()["bot"]["state"] == "active"
    assert programs.post(f"{BOT}/mode", {"mode": "shadow"}).json()["bot"]["mode"] == "shadow"
    assert programs.post(f"{BOT}/mode", {"mode": "fast"}).status_code == 422
    assert programs.post("/api/v1/bots/nobody/pause", {}).status_code == 404
    assert programs.get(BOT).json()["card"]["id"] == "orders.fulfil"


def test_a_new_version_of_a_bot_is_replayed_before_it_works_or_a_reason_is_given(programs: ApiOffice) -> None:
    with programs.office.database.transaction() as tx:
        judged_before(tx, "orders.fulfil")
    refused = programs.post(f"{BOT}/activate", {}, "operator")
    assert (refused.status_code, "nobody has seen what version 1 would have decided" in refused.json()["detail"]) == (409, True)
    begun = programs.post(f"{BOT}/replay", {"days": 30}, "operator")
    assert (begun.status_code, begun.json()["replay"]["bot"]) == (202, "orders.fulfil")
    assert programs.post("/api/v1/bots/nobody/replay", {}, "operator").status_code == 404
    assert programs.post(f"{BOT}/replay", {}, "viewer").status_code == 403
    seen = programs.post(f"{BOT}/activate", {"without_replay": "the shop stands still"}, "operator")
    assert seen.json()["bot"]["state"] == "active"


def test_who_proposes_a_bot_does_not_approve_it(programs: ApiOffice) -> None:
    programs.post(f"{BOT}/pause", {})
    for verb in ("propose", "test"):
        assert programs.post(f"{BOT}/{verb}", {}, "architect").status_code == 200
    own = programs.post(f"{BOT}/approve", {}, "architect", "approver")
    assert own.status_code == 200
    assert programs.post(f"{BOT}/approve", {}, "architect").status_code == 403


def test_a_bot_is_given_only_to_a_person_who_may_come_in_or_to_a_team_that_the_office_knows(programs: ApiOffice) -> None:
    for owner in ("person:ghost", "no such team whatever"):
        refused = programs.post(f"{BOT}/owner", {"owner": owner}, "architect")
        assert (refused.status_code, f"cannot belong to '{owner}'" in refused.json()["detail"]) == (409, True)
    programs.post("/api/v1/people", {"name": "Bo", "email": "bo@shop.example", "roles": ["viewer"]}, "admin")
    for owner in ("person:bo", "purchasing", "finance"):
        assert programs.post(f"{BOT}/owner", {"owner": owner}, "architect").json()["bot"]["owner"] == owner


def test_people_are_let_in_given_roles_and_shut_out_and_duties_stay_apart(programs: ApiOffice) -> None:
    new = {"name": "Bo", "email": "bo@shop.example", "roles": ["viewer"]}
    bo = programs.post("/api/v1/people", new, "admin").json()
    assert (bo["handle"], bo["roles"]) == ("bo", ["viewer"])
    assert programs.post("/api/v1/people", new, "admin").status_code == 409
    path = f"/api/v1/people/{bo['id']}"
    assert programs.post(f"{path}/roles", {"roles": ["operator"]}, "admin").json()["roles"] == ["operator"]
    assert programs.post(f"{path}/roles", {"roles": ["architect", "approver"]}, "admin").status_code == 409
    assert programs.post(f"{path}/disable", {}, "admin").json()["state"] == "disabled"
    assert programs.post(f"{path}/enable", {}, "admin").json()["state"] == "active"
    assert programs.get("/api/v1/people/99").status_code == 404


def test_a_tokens_secret_is_shown_once_and_kept_nowhere(programs: ApiOffice) -> None:
    wish = {"name": "screen", "permissions": ["orders.read"]}
    made = programs.post("/api/v1/tokens", wish, "operator", key="t")
    secret = made.json()["secret"]
    assert made.status_code == 201
    again = programs.post("/api/v1/tokens", wish, "operator", key="t")
    assert (again.status_code, secret in again.text) == (409, False)
    assert programs.post("/api/v1/tokens", {"name": "more", "permissions": ["vault.manage"]}, "operator").status_code == 409
    assert secret not in str(programs.rows("SELECT * FROM api_answers")) + str(programs.rows("SELECT * FROM events"))
    assert programs.get("/api/v1/tokens").json()["tokens"][0]["name"] == "screen"
    assert programs.post("/api/v1/tokens/screen/revoke", {}, "operator").json()["tokens"][0]["revoked_ms"] > 0
    assert programs.post("/api/v1/tokens/none/revoke", {}, "operator").status_code == 404


def test_the_log_is_searched_verified_and_exported(programs: ApiOffice) -> None:
    found = programs.get("/api/v1/audit?activity=received&limit=2", "auditor").json()
    assert (len(found["events"]), bool(found["next"])) == (2, True)
    event = found["events"][0]
    assert programs.get(f"/api/v1/audit/events/{event['block']}/{event['seq']}").status_code == 200
    assert programs.get("/api/v1/audit/verify", "auditor").json()["ok"] is True
    span = {"from_ms": event["at_ms"] - 1_000, "to_ms": event["at_ms"] + 1_000}
    csv = programs.get("/api/v1/audit/export", "auditor", params=span)
    assert (csv.status_code, csv.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert "received" in csv.text
    assert "objectTypes" in programs.get("/api/v1/audit/export", params=span | {"form": "ocel"}).json()
    assert programs.get("/api/v1/audit/export", params={"from_ms": 0, "to_ms": 10**13}).status_code == 422
    assert programs.get("/api/v1/audit", "operator").status_code == 403


def test_a_subscriber_is_added_paused_renewed_replayed_and_ended(programs: ApiOffice) -> None:
    made = programs.post("/api/v1/webhooks", {"url": "https://shop.example/hook", "events": ["shipped"]}, "admin", key="w")
    one = made.json()
    assert (made.status_code, one["state"], one["secret"][:6]) == (201, "active", "whsec_")
    path = f"/api/v1/webhooks/{one['id']}"
    tag = programs.get(path).headers["etag"]
    assert programs.get(path).json()["secret"] is None
    assert programs.post(f"{path}/state", {"state": "paused"}, "admin", if_match=tag).json()["state"] == "paused"
    assert programs.post(f"{path}/state", {"state": "active"}, "admin", if_match=tag).status_code == 412
    renewed = programs.post(f"{path}/renew", {}, "admin").json()["secret"]
    assert renewed not in ("", one["secret"])
    assert programs.post(f"{path}/replay", {"from_ms": 0, "to_ms": 2**45}, "admin").json() == {"events": 0}
    assert programs.post(f"{path}/replay", {}, "admin").status_code == 422
    assert programs.post(f"{path}/replay", {"telling": 5}, "admin").status_code == 404
    assert programs.get(f"{path}/tellings").json() == {"tellings": [], "next": 0}
    assert programs.request("DELETE", path, {"x-test-roles": "anna admin"}).json()["state"] == "ended"
    assert programs.get(path).status_code == 404
    assert one["secret"] not in str(programs.rows("SELECT * FROM events")) + str(programs.rows("SELECT * FROM api_answers"))


@pytest.mark.parametrize("url", ["http://shop.example/", "https://127.0.0.1/", "https://a:b@shop.example/", "nonsense"])
def test_a_subscriber_that_is_not_public_is_refused(programs: ApiOffice, url: str) -> None:
    assert programs.post("/api/v1/webhooks", {"url": url, "events": ["*"]}).status_code == 422


def test_a_policy_is_checked_proposed_replayed_put_in_force_and_taken_back(programs: ApiOffice) -> None:
    text = "[orders]\nquantity_most = 7\n"
    assert programs.post("/api/v1/policy/check", {"text": text}, "architect").json()["usable"] is True
    assert programs.post("/api/v1/policy/check", {"text": "["}, "architect").json()["usable"] is False
    made = programs.post("/api/v1/policy/versions", {"text": text, "note": "smaller"}, "architect")
    assert made.status_code == 201
    path = f"/api/v1/policy/versions/{made.json()['number']}"
    assert programs.post("/api/v1/policy/versions", {"text": "["}, "architect").status_code == 422
    assert programs.post(f"{path}/replay", {"days": 7}, "viewer").status_code == 403
    begun = programs.post(f"{path}/replay", {"days": 7}, "architect")
    assert begun.status_code == 202
    assert programs.get(f"/api/v1/policy/replays/{begun.json()['replay']['id']}").status_code == 200
    assert programs.get("/api/v1/policy/replays/99").status_code == 404
    start = {"without_replay": "it is urgent"}
    assert programs.post(f"{path}/activate", start, "architect").status_code == 403
    assert programs.post(f"{path}/activate", start, "approver").json()["state"] == "active"
    assert programs.post("/api/v1/policy/roll-back", {"because": "wrong"}, "approver").json()["number"] == 1
    assert programs.post(f"{path}/withdraw", {"because": "late"}, "architect").status_code == 409
    assert [one["number"] for one in programs.get("/api/v1/policy/versions").json()["versions"]] == [2, 1]

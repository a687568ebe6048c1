"""What the pages can do beyond lists and single things, for programs: figures, reports, sessions, proof, limits, the vault."""

from typing import Any

import pytest

from afterclick.governance import figures
from afterclick.governance.people import accounts, sessions
from afterclick.governance.permissions import Role
from tests.control_room.api_office import ApiOffice

HEAD = "SELECT number, hash FROM blocks ORDER BY number DESC LIMIT 1"


def test_the_first_page_is_told_in_figures(programs: ApiOffice) -> None:
    panels = programs.get("/api/v1/overview/panels", "viewer").json()["panels"]
    assert [one["id"] for one in panels] == ["needed", "flow", "risk", "bots", "stock", "supply", "today"]
    assert panels[0]["figures"][0]["href"] == "/inbox"
    assert "chart" not in panels[0]
    with programs.office.database.transaction() as tx:
        figures.advance(tx)
    today = programs.get("/api/v1/overview/today", "viewer").json()
    assert {one["what"]: one["today"] for one in today["measures"]}["came in"] == 3
    alerts = programs.get("/api/v1/overview/stock", "viewer").json()
    assert (alerts["nothing_free"], alerts["over_reserved"], alerts["oldest"]) == (1, 0, [])
    found = programs.get("/api/v1/stock?only=none").json()["levels"]
    assert [(one["sku"], one["available"]) for one in found] == [("POT", 0)]
    assert programs.get("/api/v1/stock?only=nonsense").status_code == 422


def test_a_bots_work_its_return_and_the_sprawl_are_told(programs: ApiOffice) -> None:
    work = programs.get("/api/v1/bots/orders.fulfil/work", "viewer").json()
    assert work["story"][0]["says"]
    assert {"versions", "runs", "failures", "acts", "health"} <= set(work)
    assert programs.get("/api/v1/bots/nobody/work").status_code == 404
    brought = programs.get("/api/v1/reports/investment?days=7", "viewer").json()
    assert "orders.fulfil" in [one["bot"] for one in brought["bots"]]
    assert programs.get("/api/v1/reports/sprawl", "viewer").json()["days"] == 30
    assert programs.get("/api/v1/reports/sprawl?days=0").status_code == 422


def test_settings_and_the_health_of_each_port_are_told_without_secrets(programs: ApiOffice) -> None:
    settings = {one["name"]: one for one in programs.get("/api/v1/settings", "viewer").json()["settings"]}
    assert settings["serve.port"]["source"] == "default"
    assert all(one["value"] in ("", "not set", "set") or "•" in one["value"] for one in settings.values() if one["secret"])
    listed = programs.get("/api/v1/integrations", "viewer").json()["integrations"]
    assert {"payments", "warehouse"} <= {one["name"] for one in listed}


def signed_in(programs: ApiOffice, email: str, times: int) -> int:
    """Let somebody sign in so many times; their number."""
    with programs.office.database.transaction() as tx:
        person = accounts.by_email(tx, email)
        assert person is not None
        for at in range(times):
            sessions.begin(
                tx, person, way="password", device="Firefox on Linux", address="10.0.0.1", lasting=sessions.Lasting(),
                now_ms=programs.office.clock.now_ms() + at,
            )  # fmt: skip
    return person.id


def test_sessions_are_listed_and_ended_by_an_admin_and_by_their_person(programs: ApiOffice) -> None:
    person = signed_in(programs, "grace@shop.example", 3)
    path = f"/api/v1/people/{person}/sessions"
    listed = programs.get(path, "auditor").json()["sessions"]
    assert [one["device"] for one in listed] == ["Firefox on Linux"] * 3
    assert "hash" not in listed[0]
    assert len(programs.post(f"{path}/{listed[0]['id']}/end", {}, "admin").json()["sessions"]) == 2
    assert programs.post(f"{path}/end", {}, "operator").status_code == 403
    assert programs.post(f"{path}/end", {}, "admin").json()["sessions"] == []
    assert programs.get("/api/v1/people/99/sessions").status_code == 404
    new = {"name": "Bo", "email": "bo@shop.example", "roles": ["viewer"]}
    assert programs.post("/api/v1/people", new, "admin").status_code == 201
    signed_in(programs, "bo@shop.example", 2)
    with programs.office.database.transaction() as tx:
        tx.run("UPDATE people SET handle = 'viewer' WHERE email = 'bo@shop.example'")
    own = programs.get("/api/v1/me/sessions", "viewer").json()["sessions"]
    assert len(own) == 2
    assert len(programs.post(f"/api/v1/me/sessions/{own[0]['id']}/end", {}, "viewer").json()["sessions"]) == 1
    assert len(programs.post("/api/v1/me/sessions/end-others", {}, "viewer").json()["sessions"]) <= 1


def test_a_one_time_link_is_shown_once_and_kept_nowhere(programs: ApiOffice) -> None:
    made = programs.post("/api/v1/people/1/link", {}, "admin", key="l")
    assert made.status_code == 201
    key = made.json()["address"].partition("?key=")[2]
    assert len(key) > 30
    again = programs.post("/api/v1/people/1/link", {}, "admin", key="l")
    assert (again.status_code, key in again.text) == (409, False)
    assert key not in str(programs.rows("SELECT * FROM api_answers")) + str(programs.rows("SELECT * FROM events"))
    assert programs.post("/api/v1/people/1/second-factor/remove", {}, "admin").json()["has_factor"] is False
    assert programs.post("/api/v1/people/1/link", {}, "operator").status_code == 403


def test_the_log_is_held_against_anchors_from_outside(programs: ApiOffice) -> None:
    ((block, digest),) = programs.rows(HEAD)
    good = programs.post("/api/v1/audit/verify", {"anchors": [{"block": block, "hash": digest}]}, "auditor").json()
    assert (good["ok"], good["anchored"]) == (True, block)
    bad = programs.post("/api/v1/audit/verify", {"anchors": [{"block": block + 1, "hash": "0" * 64}]}, "auditor").json()
    assert (bad["ok"], bad["broken_block"] > 0) == (False, True)
    torn = {"anchors": [{"block": 1, "hash": "0" * 64}, {"block": 1, "hash": "1" * 64}]}
    assert programs.post("/api/v1/audit/verify", torn).status_code == 422
    chain = programs.get("/api/v1/audit/chain", "auditor")
    assert (chain.headers["content-type"], len(chain.content.splitlines())) == ("application/jsonl", block + 2)


def test_anchors_are_listed_and_asked_for_where_there_is_a_place_for_them(programs: ApiOffice) -> None:
    ((block, digest),) = programs.rows(HEAD)
    told = programs.get("/api/v1/audit/anchors", "auditor").json()
    assert (told["block"], told["hash"], told["anchors"]) == (block, digest, [])
    answer = programs.post("/api/v1/audit/anchors", {}, "auditor")
    assert answer.status_code == (202 if told["anywhere"] else 409)
    assert programs.post("/api/v1/audit/anchors", {}, "viewer").status_code == 403


def test_a_customer_is_erased_only_by_whoever_is_sure(programs: ApiOffice) -> None:
    proposal = {"order": 2, "action": "address", "because": "moved", "address": {"line1": "Hidden Road 7"}}
    assert programs.post("/api/v1/proposals", proposal).status_code == 201
    with programs.office.database.transaction() as tx:
        tx.run("UPDATE orders SET state = 'shipped' WHERE id = 2")
    ask = {"customer": "C-1", "because": "asked for by letter"}
    looked = programs.post("/api/v1/audit/erase", ask, "admin").json()
    assert (looked["done"], looked["found"]["orders"], len(looked["found"]["tasks"])) == (False, [2], 1)
    assert programs.rows("SELECT customer FROM orders WHERE id = 2") == [("C-1",)]
    assert programs.post("/api/v1/audit/erase", ask | {"sure": True}, "admin").json()["done"] is True
    assert programs.rows("SELECT customer FROM orders WHERE id = 2") == [("",)]
    kept = str(programs.rows("SELECT because, facts, note FROM tasks")) + str(programs.rows("SELECT facts FROM events"))
    assert "Hidden Road" not in kept
    assert programs.get("/api/v1/audit/verify", "auditor").json()["ok"] is True
    assert programs.post("/api/v1/audit/erase", ask | {"sure": True}, "admin").status_code == 409
    task = looked["found"]["tasks"][0]
    assert programs.post(f"/api/v1/inbox/{task}/approve", {}, "approver").status_code == 409
    assert programs.post(f"/api/v1/inbox/{task}/reject", {}, "approver").status_code == 200
    assert programs.post("/api/v1/audit/erase", ask, "auditor").status_code == 403


def test_one_limit_is_proposed_and_the_version_says_what_it_changes(programs: ApiOffice) -> None:
    ruling = programs.get("/api/v1/policy", "viewer").json()
    limits = {one["name"]: one for one in ruling["limits"]}
    name = next(one for one, limit in limits.items() if isinstance(limit["value"], int) and one.startswith("orders."))
    wish: dict[str, Any] = {"name": name, "value": limits[name]["value"] + 1}
    made = programs.post("/api/v1/policy/limits", wish, "architect", key="p").json()
    assert made["proposed_by"] == "person:architect"
    assert programs.post("/api/v1/policy/limits", wish, "architect", key="p").json() == made
    number = made["number"]
    compared = programs.get(f"/api/v1/policy/versions/{number}/compared", "viewer").json()
    assert [(one["name"], one["new"]) for one in compared["changes"]] == [(name, wish["value"])]
    assert number in programs.get("/api/v1/policy").json()["waiting"]
    assert programs.post("/api/v1/policy/limits", {"name": "orders.nonsense", "value": 1}).status_code == 404
    assert programs.post("/api/v1/policy/limits", {"name": name, "value": "many"}).status_code == 422
    assert programs.post("/api/v1/policy/limits", wish, "approver").status_code == 403


def test_secrets_go_in_and_never_come_out(programs: ApiOffice) -> None:
    path, value = "/api/v1/secrets", "correct-horse-battery"
    put = programs.post(path, {"name": "carrier.key", "value": value}, "admin", key="s")
    assert (put.status_code, put.json()["versions"][0]["state"]) == (201, "current")
    assert programs.post(f"{path}/carrier.key/rotate", {"value": f"{value}-2", "grace_ms": 0}, "admin").json()["versions"]
    told = programs.get(path, "admin").text + programs.get(f"{path}/carrier.key", "admin").text
    assert value not in told + str(programs.rows("SELECT * FROM api_answers")) + str(programs.rows("SELECT * FROM events"))
    assert programs.post(f"{path}/carrier.key/revoke", {"confirm": "carrier"}, "admin").status_code == 422
    assert programs.post(f"{path}/carrier.key/revoke", {"confirm": "carrier.key"}, "admin").json()["versions"] == []
    assert programs.post(f"{path}/other/revoke", {"confirm": "other"}, "admin").status_code == 404
    assert programs.get(path, "auditor").status_code == 403


def test_an_idempotency_key_is_documented_only_where_it_counts(programs: ApiOffice) -> None:
    paths = programs.get("/openapi.json").json()["paths"]
    takes: dict[str, bool] = {}
    for path, methods in paths.items():
        if path.startswith("/api/v1") and "post" in methods:
            takes[path.removeprefix("/api/v1")] = any(one["name"] == "Idempotency-Key" for one in methods["post"]["parameters"])
    assert sorted(path for path, keyed in takes.items() if not keyed) == [
        "/audit/erase", "/audit/verify", "/bots/{bot_id}/replay", "/inbox/bulk/preview", "/policy/check",
        "/policy/versions/{number}/replay", "/secrets", "/secrets/{name}/revoke", "/secrets/{name}/rotate",
    ]  # fmt: skip
    assert all(
        any(one["name"] == "If-None-Match" for one in methods["get"]["parameters"]) for path, methods in paths.items()
        if path.startswith("/api/v1") and "get" in methods
    )  # fmt: skip


@pytest.mark.parametrize("role", ["architect", "approver"])
def test_either_of_two_permissions_lets_somebody_replay(programs: ApiOffice, role: Role) -> None:
    assert programs.post("/api/v1/policy/versions/99/replay", {}, role).status_code == 404
    refused = programs.post("/api/v1/policy/versions/99/replay", {}, "viewer")
    assert (refused.status_code, "policy.propose or policy.activate" in refused.json()["detail"]) == (403, True)

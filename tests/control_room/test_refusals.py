"""Refusals say what would be taken: a way to sign in (401), the methods of an address (405), the names of a list (422)."""

import re
from typing import Any, Final

import pytest

from tests.control_room.api_office import ApiOffice
from tests.control_room.browser import Browser

PAGE: Final = {"accept": "text/html"}
EVERYBODY: Final = {"x-test-roles": "anna viewer,operator,approver,architect,auditor,admin"}
ALLOWED: Final = {
    "/inbox": "GET, HEAD",
    "/stock/counts": "GET, HEAD, POST",
    "/health": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
    "/webhooks/shop": "POST",
    "/api/v1/orders": "GET, HEAD",
    "/api/v1/secrets": "GET, HEAD, POST",
    "/api/v1/counts/results": "GET, HEAD, POST",
    "/api/v1/orders/1/hold": "POST",
    "/api/v1/webhooks/1": "DELETE, GET, HEAD",
}


def operations(office: ApiOffice) -> list[tuple[str, str, dict[str, Any]]]:
    """Every route of the interface: method, an address that it answers, and what the document says of it."""
    paths = office.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), re.sub(r"\{[^}]*\}", "1", path), said) for path, methods in paths.items()
        for method, said in methods.items() if path.startswith("/api/v1")
    ]  # fmt: skip


def test_every_route_refuses_a_name_that_it_does_not_take_and_says_which_it_takes(shared_office: ApiOffice) -> None:
    asked = operations(shared_office)
    assert len(asked) > 100
    for method, path, said in asked:
        names = sorted(one["name"] for one in said["parameters"] if one["in"] == "query")
        answer = shared_office.request(method, f"{path}?nonsense=1", EVERYBODY)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), (method, path)
        takes = f"it takes {', '.join(names)}" if names else "it takes nothing after a question mark"
        assert answer.json()["detail"] == f"{path} does not take 'nonsense': {takes}"
        assert "422" in said["responses"]


def test_every_list_that_takes_a_limit_goes_on_with_a_cursor(shared_office: ApiOffice) -> None:
    document = shared_office.get("/openapi.json").json()
    shapes, lists = document["components"]["schemas"], 0
    for path, methods in document["paths"].items():
        names = {one["name"] for one in methods.get("get", {}).get("parameters", ())}
        if not path.startswith("/api/v1") or "limit" not in names:
            continue
        lists += 1
        shape = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert ("cursor" in names, "next" in shapes[shape]["properties"]) == (True, True), path
    assert lists > 10


def test_bots_and_versions_of_the_policy_are_listed_by_their_state_as_on_their_pages(shared_office: ApiOffice) -> None:
    everything = shared_office.get("/api/v1/bots").json()["bots"]
    for state in ("active", "paused"):
        found = shared_office.get(f"/api/v1/bots?state={state}", "viewer").json()["bots"]
        assert found == [one for one in everything if one["state"] == state]
    assert everything
    assert shared_office.get("/api/v1/policy/versions?state=active", "viewer").json()["versions"]
    assert shared_office.get("/api/v1/policy/versions?state=withdrawn").json()["versions"] == []
    for path in ("bots", "policy/versions"):
        assert shared_office.get(f"/api/v1/{path}?state=odd").status_code == 422


def test_a_name_that_is_taken_passes_by_whatever_name_it_has_in_the_address(shared_office: ApiOffice) -> None:
    assert shared_office.get("/api/v1/orders?state=running&limit=1").status_code == 200
    assert shared_office.get("/api/v1/supply/plan?plan=9").status_code == 404
    assert shared_office.get("/api/v1/orders?State=running").status_code == 422


def test_whoever_nobody_knows_is_asked_who_they_are_before_anything_else(shared_office: ApiOffice) -> None:
    assert shared_office.request("GET", "/api/v1/orders?nonsense=1", {}).status_code == 401


@pytest.mark.parametrize(("method", "path"), [("GET", "/orders"), ("POST", "/stock/counts"), ("GET", "/api/v1/orders"),
                                              ("POST", "/api/v1/orders/1/hold"), ("POST", "/mcp")])  # fmt: skip
def test_a_401_says_how_to_sign_in(shared_office: ApiOffice, method: str, path: str) -> None:
    answer = shared_office.request(method, path, {})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_delivery_that_is_not_signed_is_told_so_and_people_are_sent_to_sign_in_as_ever(shared_office: ApiOffice) -> None:
    unsigned = shared_office.request("POST", "/webhooks/shop", {})
    assert (unsigned.status_code, unsigned.headers["www-authenticate"]) == (401, "Signature")
    sent_on = shared_office.request("GET", "/orders?q=a", PAGE)
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, "/sign-in?next=/orders%3Fq%3Da")
    assert "www-authenticate" not in sent_on.headers


@pytest.mark.parametrize("headers", [EVERYBODY, EVERYBODY | PAGE])
@pytest.mark.parametrize("path", ALLOWED)
def test_a_405_names_every_method_that_the_address_takes(shared_office: ApiOffice, path: str, headers: dict[str, str]) -> None:
    answer = Browser(shared_office.app).ask("PATCH", path, headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, ALLOWED[path])
    assert ALLOWED[path] in answer.text

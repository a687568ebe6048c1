"""Signing in through a provider, against a real one in this process; and what a false one, or a false browser, tries."""

import logging
import time
import warnings
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from afterclick.control_room.access import SESSION
from afterclick.control_room.people.front import HALF
from afterclick.governance.people.oidc import Provider, Registration
from tests.control_room.entrance import Entrance, Visitor


class Claimed(NamedTuple):
    """Somebody whom the provider knows, and what it says of them."""

    sub: str
    claims: dict[str, object]


# The provider of the tests speaks of what its own library will drop one day; that is none of ours.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")
ANNA: Final = Claimed("a-1", {"email": "Anna@shop.example", "email_verified": True, "name": "Anna"})
EVE: Final = Claimed("e-1", {"email": "anna@shop.example", "email_verified": False, "name": "Eve"})
NEW: Final = Claimed("n-1", {"email": "new@shop.example", "email_verified": True, "name": "Newcomer"})


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from oidc_provider_mock import User, run_server_in_thread
    known = [User(sub=one.sub, claims=one.claims) for one in (ANNA, EVE, NEW)]
    with run_server_in_thread(require_nonce=True, user_claims=known) as server:
        yield f"http://localhost:{server.server_port}"


def entrance(url: str, issuer: str, **more: Any) -> Entrance:
    """An office with that provider; the provider's time is the real one, so the office's is too."""
    provider = Provider(
        Registration(issuer, "afterclick", "s3cret", "Shop ID", more.pop("default_role", "")),
        now_ms=lambda: int(time.time() * 1000) + more.get("skew_ms", 0),
    )
    office = Entrance(url, provider=provider)
    office.ms = int(time.time() * 1000)
    office.person("anna", "viewer")
    return office


@pytest.fixture
def office(database_url: str, issuer: str) -> Iterator[Entrance]:
    made = entrance(database_url, issuer)
    yield made
    made.database.dispose()


def away(browser: Visitor, path: str = "/sign-in/oidc?next=/orders") -> str:
    """Where the browser is sent."""
    answer = browser.page(path)
    assert answer.status_code == 303
    return answer.headers["location"]


def agree(address: str, user: Claimed) -> str:
    """Sign in at the provider; returns the path by which the browser comes back."""
    answer = httpx.post(address, data={"sub": user.sub})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def through(browser: Visitor, user: Claimed) -> httpx.Response:
    return browser.page(agree(away(browser), user))


def test_a_person_with_a_verified_address_comes_in_through_the_provider(office: Entrance) -> None:
    browser = office.browser()
    assert "Sign in with Shop ID" in browser.page("/sign-in?next=/orders").text
    asked = parse_qs(urlsplit(away(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) == len(asked["nonce"][0]) == 43
    answer = through(browser, ANNA)
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders")
    assert browser.get("/orders").json() == "person:anna"
    assert office.rows("SELECT subject FROM people") == [("a-1",)]
    again = office.browser()
    assert through(again, ANNA).headers["location"] == "/orders"


def test_an_address_that_was_not_verified_is_nobodys(office: Entrance) -> None:
    browser = office.browser()
    answer = through(browser, EVE)
    assert (answer.status_code, "has not verified" in answer.text) == (422, True)
    assert SESSION not in browser.cookies


def test_the_second_factor_of_an_account_is_asked_for_too(office: Entrance) -> None:
    with office.database.reading() as tx:
        from afterclick.governance.people import accounts

        anna = accounts.by_email(tx, "anna@shop.example")
    assert anna is not None
    office.factor_on(anna)
    browser = office.browser()
    assert through(browser, ANNA).headers["location"] == "/sign-in/code"
    assert SESSION not in browser.cookies


@pytest.mark.parametrize(("role", "status"), [("", 422), ("viewer", 303)])
def test_whom_nobody_let_in_comes_in_only_where_a_role_is_set_for_them(
    database_url: str, issuer: str, role: str, status: int
) -> None:
    office = entrance(database_url, issuer, default_role=role)
    assert through(office.browser(), NEW).status_code == status
    assert office.rows("SELECT roles FROM people WHERE email = 'new@shop.example'") == ([('["viewer"]',)] if role else [])
    office.database.dispose()


def test_whoever_is_shut_out_here_stays_out_although_the_provider_vouches(office: Entrance) -> None:
    through(office.browser(), ANNA)
    admin = office.signed_in("root", "admin")
    admin.send("/people/1/disable", page="/people")
    answer = through(office.browser(), ANNA)
    assert (answer.status_code, "shut out" in answer.text) == (422, True)


def test_an_answer_counts_once_and_only_in_the_browser_that_was_sent_away(office: Entrance) -> None:
    browser, thief = office.browser(), office.browser()
    back = agree(away(browser), ANNA)
    assert thief.page(back).status_code == 422, "a sign-in that began elsewhere"
    assert thief.page(agree(away(thief), ANNA).replace("state=", "state=x")).status_code == 422, "another state"
    assert browser.page("/sign-in/oidc/callback?code=x").status_code == 422, "no state"
    assert browser.page(back).status_code == 303
    browser.cookies.set(HALF, parse_qs(urlsplit(back).query)["state"][0], domain="localhost.local", path="/sign-in")
    assert browser.page(back).status_code == 422, "replayed"


def test_an_answer_of_another_issuer_or_a_refusal_is_not_taken(office: Entrance) -> None:
    browser = office.browser()
    back = agree(away(browser), ANNA)
    assert browser.page(f"{back}&iss=https://evil.example").status_code == 422
    browser = office.browser()
    state = parse_qs(urlsplit(away(browser)).query)["state"][0]
    answer = browser.page(f"/sign-in/oidc/callback?state={state}&error=access_denied&error_description=<script>")
    assert answer.status_code == 422
    assert "<script>" not in answer.text


def test_an_answer_whose_token_has_expired_by_our_clock_is_not_taken(database_url: str, issuer: str) -> None:
    office = entrance(database_url, issuer, skew_ms=3_700_000)
    assert through(office.browser(), ANNA).status_code == 422
    office.database.dispose()


def test_a_provider_that_is_away_leaves_the_password(database_url: str) -> None:
    office = entrance(database_url, "http://localhost:9")
    answer = office.browser().page("/sign-in/oidc")
    assert (answer.status_code, "cannot be reached" in answer.text) == (502, True)
    assert office.browser().sign_in("anna@shop.example").status_code == 303
    office.database.dispose()

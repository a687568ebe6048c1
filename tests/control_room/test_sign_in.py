"""Signing in and out, and what attackers try against it."""

import time
from collections.abc import Iterator

import pytest

from afterclick.control_room.access import SESSION
from afterclick.control_room.people.front import own_path
from afterclick.governance.people import accounts, throttle
from afterclick.governance.people.passwords import Passwords
from tests.control_room.entrance import LASTING, OWNER, PASSWORD, Counting, Entrance


@pytest.fixture
def office(database_url: str) -> Iterator[Entrance]:
    made = Entrance(database_url)
    yield made
    made.database.dispose()


def test_who_has_not_signed_in_is_sent_to_the_page_and_back_with_the_query(office: Entrance) -> None:
    office.person("anna", "viewer")
    browser = office.browser()
    sent = browser.page("/orders?state=waiting&cursor=1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/orders%3Fstate%3Dwaiting%26cursor%3D1")
    asked = browser.page(sent.headers["location"])
    assert 'name="next" value="/orders?state=waiting&amp;cursor=1"' in asked.text
    answer = browser.sign_in("anna@shop.example", next="/orders?state=waiting&cursor=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders?state=waiting&cursor=1")
    assert browser.get("/orders").json() == "person:anna"
    assert browser.page("/sign-in?next=/people").headers["location"] == "/people"
    assert office.browser().get("/orders").status_code == 401


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(database_url: str) -> None:
    office = Entrance(database_url, secure=True)
    office.person("anna", "viewer")
    cookie = office.browser().sign_in("anna@shop.example").headers["set-cookie"]
    assert cookie.startswith(f"{SESSION}=") or f"{SESSION}=" in cookie
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"))
    office.database.dispose()


@pytest.mark.parametrize(
    "asked",
    ["//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)",
     "/\t/evil.example", "/\n/evil.example", "evil.example", "", " /orders", "/ /evil.example", "/sign-out", "/" + "a" * 3_000],
)  # fmt: skip
def test_after_signing_in_nobody_is_sent_to_another_site(office: Entrance, asked: str) -> None:
    assert own_path(asked) == "/"
    office.person("anna", "viewer")
    assert office.browser().sign_in("anna@shop.example", next=asked).headers["location"] == "/"


def test_signing_in_gives_a_new_session_whatever_the_browser_came_with(office: Entrance) -> None:
    office.person("anna", "viewer")
    browser = office.browser()
    browser.cookies.set(SESSION, "planted-by-somebody-else-who-knows-it-too--", domain="localhost.local", path="/")
    browser.sign_in("anna@shop.example")
    first = browser.session
    assert len(first) == 43
    stranger = office.browser()
    stranger.cookies.set(SESSION, "planted-by-somebody-else-who-knows-it-too--", domain="localhost.local", path="/")
    assert stranger.get("/orders").status_code == 401
    browser.get("/orders")
    assert browser.page("/sign-in").status_code == 303, "already here"
    again = office.browser()
    again.cookies.set(SESSION, first, domain="localhost.local", path="/")
    assert again.get("/orders").status_code == 200
    office.ms += LASTING.longest_ms
    office.recognise.forget()
    again.sign_in("anna@shop.example")
    assert again.session != first


def test_a_session_is_kept_only_as_its_hash_and_no_secret_is_in_the_log(office: Entrance) -> None:
    browser = office.signed_in("anna", "viewer")
    everything = repr([office.rows(f"SELECT * FROM {table}") for table in ("sessions", "people")]) + office.log()
    assert browser.session not in everything
    assert PASSWORD not in everything


def test_a_session_ends_when_nobody_uses_it_and_after_its_longest_time(office: Entrance) -> None:
    browser = office.signed_in("anna", "viewer")
    for _ in range(5):
        office.ms += LASTING.idle_ms - 1
        office.recognise.forget()
        assert browser.get("/orders").status_code == 200
    office.ms += 10 * 60_000
    office.recognise.forget()
    assert browser.get("/orders").status_code == 401, "the longest time is over"
    browser.sign_in("anna@shop.example")
    office.ms += LASTING.idle_ms
    office.recognise.forget()
    assert browser.get("/orders").status_code == 401, "nobody used it"


def test_a_page_that_is_only_left_open_keeps_no_session_alive(office: Entrance) -> None:
    browser = office.signed_in("anna", "viewer")
    office.ms += LASTING.idle_ms - 1
    office.recognise.forget()
    assert browser.get("/orders", headers={"x-live": "1"}).status_code == 200
    office.ms += 1
    office.recognise.forget()
    assert browser.get("/orders").status_code == 401


def test_signing_out_ends_the_session_at_once_and_only_from_our_own_form(office: Entrance) -> None:
    browser = office.signed_in("anna", "viewer")
    secret = browser.session
    assert browser.get("/orders").status_code == 200
    assert browser.post("/sign-out", data={"now": "1"}).status_code == 403
    assert browser.page("/sign-out").status_code == 200
    assert browser.get("/orders").status_code == 200
    assert browser.send("/sign-out", page="/sign-out").headers["location"] == "/sign-in"
    thief = office.browser()
    thief.cookies.set(SESSION, secret, domain="localhost.local", path="/")
    assert thief.get("/orders").status_code == 401
    assert "people.signed-out" in office.log()


def test_a_form_is_bound_to_the_session_and_to_the_browser(office: Entrance) -> None:
    anna, eve = office.signed_in("anna", "viewer"), office.signed_in("eve", "viewer")
    token = eve.page("/sign-out").text.partition('name="form_token" value="')[2].partition('"')[0]
    assert anna.post("/sign-out", data={"form_token": token}).status_code == 403
    anna.page("/me")
    mine = anna.page("/sign-out").text.partition('name="form_token" value="')[2].partition('"')[0]
    for name, value in anna.cookies.items():
        if name != SESSION:
            eve.cookies.set(name, value, domain="localhost.local", path="/")
    assert eve.post("/sign-out", data={"form_token": mine}).status_code == 403, "the form cookie alone is not enough"
    assert office.browser().post("/sign-in", data={"email": "anna@shop.example", "password": PASSWORD}).status_code == 403


def test_an_unknown_account_takes_the_same_work_and_the_same_answer(office: Entrance) -> None:
    office.person("anna", "viewer")
    asked: list[tuple[int, int, str]] = []
    for email, password in (("anna@shop.example", "wrong password here"), ("nobody@shop.example", PASSWORD), ("", "")):
        before = office.hasher.asked
        answer = office.browser().sign_in(email, password)
        said = answer.text.partition('role="alert">')[2].partition("<")[0]
        asked.append((office.hasher.asked - before, answer.status_code, said))
    assert asked == [(1, 422, "E-mail address and password do not go together.")] * 3


def test_brute_force_waits_longer_and_longer_and_the_right_password_comes_in_at_last(office: Entrance) -> None:
    office.person("anna", "viewer")
    waits: list[int] = []
    for _ in range(30):
        answer = office.browser().sign_in("anna@shop.example", "a guess that is wrong")
        if answer.status_code == 429:
            waits.append(int(answer.headers["retry-after"]))
            before = office.hasher.asked
            assert office.browser().sign_in("anna@shop.example").status_code == 429, "even the right one waits"
            assert office.hasher.asked == before, "and nothing is looked at"
            office.ms += waits[-1] * 1000
    assert waits[:4] == [2, 4, 8, 16]
    assert waits == sorted(waits)
    assert max(waits) * 1000 <= throttle.LONGEST_WAIT_MS
    office.ms += throttle.LONGEST_WAIT_MS
    assert office.browser().sign_in("anna@shop.example").status_code == 303
    assert office.browser().sign_in("anna@shop.example", "wrong again my friend").status_code == 422, "counted anew"


def test_one_address_cannot_try_a_password_on_many_accounts(office: Entrance) -> None:
    office.person("anna", "viewer")
    answers = [office.browser().sign_in(f"person{number}@shop.example", "summer of 2026").status_code for number in range(25)]
    assert answers.count(422) == 21
    assert answers[-1] == 429


def test_an_outdated_hash_is_renewed_at_sign_in(office: Entrance) -> None:
    person = office.person("anna", "viewer")
    old = Passwords(Counting(size=2)).hash(PASSWORD)
    with office.database.transaction() as tx:
        tx.run("UPDATE people SET password = ? WHERE id = ?", (old, person.id))
    assert office.browser().sign_in("anna@shop.example").status_code == 303
    ((kept,),) = office.rows("SELECT password FROM people")
    assert kept != old
    assert kept.startswith("$argon2id$")
    assert office.browser().sign_in("anna@shop.example").status_code == 303


def test_whoever_is_shut_out_is_out_at_once_here_and_soon_in_other_processes(office: Entrance) -> None:
    browser = office.signed_in("anna", "viewer")
    admin = office.signed_in("root", "admin")
    assert browser.get("/orders").status_code == 200
    ((anna,),) = office.rows("SELECT id FROM people WHERE handle = 'anna'")
    assert admin.send(f"/people/{anna}/disable", page="/people").status_code == 303
    assert browser.get("/orders").status_code == 401
    assert office.browser().sign_in("anna@shop.example").status_code == 422
    assert admin.send(f"/people/{anna}/enable", page="/people").status_code == 303
    assert office.browser().sign_in("anna@shop.example").status_code == 303


def test_who_is_signed_in_is_remembered_for_less_than_five_seconds(office: Entrance) -> None:
    browser = office.signed_in("anna", "viewer")
    browser.get("/orders")
    with office.database.transaction() as tx:
        person = accounts.by_email(tx, "anna@shop.example")
        assert person is not None
        accounts.disable(tx, person.id, by=OWNER, now_ms=office.ms)
    assert browser.get("/orders").status_code == 200, "another process has just done that"
    later = time.monotonic() + 5
    office.recognise.monotonic_s = lambda: later
    assert browser.get("/orders").status_code == 401, "five seconds later every process knows"

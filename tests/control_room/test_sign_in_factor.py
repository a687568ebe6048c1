"""The second factor: turned on, asked for, replayed, guessed and lost."""

import re
from collections.abc import Iterator

import pytest

from afterclick.control_room.access import SESSION
from afterclick.governance.people.second_factor import STEP_MS
from tests.control_room.entrance import PASSWORD, Entrance, Visitor


@pytest.fixture
def office(database_url: str) -> Iterator[Entrance]:
    made = Entrance(database_url)
    yield made
    made.database.dispose()


def half_in(office: Entrance) -> Visitor:
    """A browser that has given the right password, and is asked for a code."""
    browser = office.browser()
    assert browser.sign_in("anna@shop.example", next="/people").headers["location"] == "/sign-in/code"
    assert SESSION not in browser.cookies
    return browser


def code_sent(browser: Visitor, code: str) -> int:
    return browser.send("/sign-in/code", page="/sign-in/code", code=code).status_code


def test_it_is_turned_on_with_a_code_from_the_picture_and_asked_for_from_then_on(office: Entrance) -> None:
    browser = office.signed_in("anna", "viewer")
    assert browser.send("/me/second-factor/begin", page="/me").headers["location"] == "/me/second-factor"
    shown = browser.page("/me/second-factor").text
    secret = re.sub(r"\s", "", re.findall(r'type this key: <span class="code">([A-Z2-7 ]+)<', shown)[0])
    assert "<svg" in shown
    assert "style=" not in shown.partition("<svg")[2].partition("</svg>")[0]
    assert browser.send("/me/second-factor", page="/me/second-factor", code="000000").status_code == 422
    done = browser.send("/me/second-factor", page="/me/second-factor", code=office.code(secret))
    codes = re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", done.text)
    assert len(set(codes)) == 10
    assert secret not in office.log()
    assert secret not in repr(office.rows("SELECT * FROM people")), "it lies sealed in the database"
    assert not any(code.replace("-", "") in repr(office.rows("SELECT * FROM recovery_codes")) for code in codes)
    office.ms += STEP_MS
    again = half_in(office)
    assert again.get("/orders").status_code == 401
    assert code_sent(again, office.code(secret)) == 303
    assert again.get("/orders").status_code == 200
    assert "password and code" in again.page("/me").text


def test_without_the_office_key_a_recovery_code_still_lets_in_and_nothing_is_given_away(office: Entrance) -> None:
    secret, codes = office.factor_on(office.person("anna", "viewer"))
    office.environment.clear()
    office.vault.keys.take_next("")  # as in a process that starts now
    browser = half_in(office)
    said = browser.send("/sign-in/code", page="/sign-in/code", code=office.code(secret))
    assert (said.status_code, "office key is not at hand" in said.text, "KEY" in said.text) == (422, True, False)
    assert code_sent(half_in(office), codes[0]) == 303
    bob = office.signed_in("bob", "viewer")
    refused = bob.send("/me/second-factor/begin", page="/me")
    assert (refused.status_code, "office key is not at hand" in refused.text) == (503, True)


def test_a_code_works_once_even_in_another_browser(office: Entrance) -> None:
    secret, _ = office.factor_on(office.person("anna", "viewer"))
    code = office.code(secret)
    first, second = half_in(office), half_in(office)
    assert [code_sent(first, code), code_sent(second, code)] == [303, 422]
    office.ms += STEP_MS
    assert code_sent(second, office.code(secret)) == 303


@pytest.mark.parametrize(("drift", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_the_telephone_may_be_half_a_minute_off(office: Entrance, drift: int, status: int) -> None:
    secret, _ = office.factor_on(office.person("anna", "viewer"))
    office.ms += 10 * STEP_MS
    browser = half_in(office)
    office.ms += drift * STEP_MS
    code = office.code(secret)
    office.ms -= drift * STEP_MS
    assert code_sent(browser, code) == status


def test_codes_cannot_be_guessed(office: Entrance) -> None:
    secret, _ = office.factor_on(office.person("anna", "viewer"))
    right = office.code(secret)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    browser = half_in(office)
    answers = [code_sent(browser, wrong) for _ in range(4)]
    fresh = [code_sent(half_in(office), wrong) for _ in range(3)]
    assert answers == [422] * 4
    assert fresh[-1] == 429, "the person waits, however many browsers try"
    assert code_sent(browser, right) in (422, 429)
    office.ms += 15 * 60_000
    assert code_sent(half_in(office), office.code(secret)) == 303


def test_a_half_done_sign_in_ends_after_five_tries_and_after_ten_minutes(office: Entrance) -> None:
    secret, _ = office.factor_on(office.person("anna", "viewer"))
    browser = half_in(office)
    for _ in range(5):
        code_sent(browser, "12345")
    office.ms += 60_000
    assert "start again" in browser.send("/sign-in/code", page="/sign-in", code=office.code(secret)).text
    office.ms += 15 * 60_000
    late = half_in(office)
    office.ms += 11 * 60_000
    assert code_sent(late, office.code(secret)) == 422


def test_a_recovery_code_lets_in_once(office: Entrance) -> None:
    _, codes = office.factor_on(office.person("anna", "viewer"))
    assert code_sent(half_in(office), codes[0].lower().replace("-", " ")) == 303
    assert code_sent(half_in(office), codes[0]) == 422
    assert "9 are left" in office.log()


def test_it_is_turned_off_with_a_code_or_by_an_admin(office: Entrance) -> None:
    anna = office.person("anna", "viewer")
    secret, codes = office.factor_on(anna)
    browser = half_in(office)
    code_sent(browser, codes[0])
    assert browser.send("/me/second-factor/remove", page="/me", code="123456").status_code == 422
    assert browser.send("/me/second-factor/remove", page="/me", code=office.code(secret)).status_code == 200
    assert office.browser().sign_in("anna@shop.example").headers["location"] == "/"
    office.factor_on(anna)
    admin = office.signed_in("root", "admin")
    assert admin.send(f"/people/{anna.id}/remove-second-factor", page="/people").status_code == 303
    assert office.browser().sign_in("anna@shop.example").headers["location"] == "/"
    assert office.rows("SELECT COUNT(*) FROM recovery_codes") == [(0,)]


def test_where_it_is_demanded_nothing_can_be_done_without_it(database_url: str) -> None:
    office = Entrance(database_url, factor_required=True)
    office.person("anna", "viewer", "operator")
    browser = office.browser()
    assert browser.sign_in("anna@shop.example", PASSWORD, next="/orders").headers["location"] == "/me"
    assert browser.get("/orders").status_code == 403
    assert "asks everybody for a second factor" in browser.page("/me").text
    browser.send("/me/second-factor/begin", page="/me")
    ((sealed,),) = office.rows("SELECT factor_pending FROM people")
    secret = office.vault.unseal("people/anna", sealed)
    browser.send("/me/second-factor", page="/me/second-factor", code=office.code(secret))
    assert browser.get("/orders").status_code == 200
    office.database.dispose()

"""One-time links: the first person of an office, and new passwords."""

from collections.abc import Iterator

import pytest

from afterclick.control_room.access import SESSION
from afterclick.governance.people.links import GOOD_FOR_MS
from tests.control_room.entrance import PASSWORD, Entrance, Visitor

FIRST = {"name": "Anna Müller", "email": "Anna@Shop.example", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def office(database_url: str) -> Iterator[Entrance]:
    made = Entrance(database_url)
    yield made
    made.database.dispose()


def link_for(admin: Visitor, person: int) -> str:
    shown = admin.send(f"/people/{person}/link", page="/people").text
    return shown.partition("/sign-in/link?key=")[2].partition('"')[0]


def test_there_is_no_way_in_but_the_link_before_the_first_person(office: Entrance) -> None:
    browser = office.browser()
    asked = browser.page("/sign-in").text
    assert "afterclick serve" in asked
    assert 'name="password"' not in asked
    assert browser.page("/set-up").status_code == 410
    assert browser.page("/set-up?key=guess").status_code == 410


@pytest.mark.parametrize(("alone", "roles"), [(False, 2), (True, 6)])
def test_the_first_person_opens_the_office_by_the_link_and_is_signed_in(office: Entrance, alone: bool, roles: int) -> None:
    key = office.set_up_link()
    assert key not in repr(office.rows("SELECT * FROM sign_in_links")), "kept as a hash only"
    browser = office.browser()
    more = {"alone": "on"} if alone else {}
    answer = browser.send("/set-up", page=f"/set-up?key={key}", key=key, **FIRST, **more)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/orders").json() == "person:anna-muller"
    ((held, is_alone),) = office.rows("SELECT roles, alone FROM people")
    assert (held.count(",") + 1, bool(is_alone)) == (roles, alone)
    assert ("run alone" in office.log()) is alone
    assert office.set_up_link() == "", "there is no second first person"


def test_a_set_up_link_works_once(office: Entrance) -> None:
    key = office.set_up_link()
    first, second = office.browser(), office.browser()
    late = second.page(f"/set-up?key={key}")
    assert late.status_code == 200
    first.send("/set-up", page=f"/set-up?key={key}", key=key, **FIRST)
    assert second.page(f"/set-up?key={key}").status_code == 410
    form = {**FIRST, "email": "eve@evil.example"}
    again = second.send("/set-up", page="/sign-in", key=key, **form)
    assert again.status_code == 410
    assert len(office.rows("SELECT id FROM people")) == 1


def test_a_set_up_link_ends_after_a_day_or_with_the_next_one(office: Entrance) -> None:
    old = office.set_up_link()
    new = office.set_up_link()
    browser = office.browser()
    assert [browser.page(f"/set-up?key={key}").status_code for key in (old, new)] == [410, 200]
    office.ms += GOOD_FOR_MS
    assert browser.page(f"/set-up?key={new}").status_code == 410


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"again": "seven blue bicycles"}, "differ"),
        ({"password": "Password 1234", "again": "Password 1234"}, "first that anybody would try"),
        ({"password": "aaaaaaaaaaaaaa", "again": "aaaaaaaaaaaaaa"}, "first that anybody would try"),
        ({"password": "annamüller2026!", "again": "annamüller2026!"}, "your own name"),
        ({"email": "anna"}, "e-mail address"),
        ({"name": "  "}, "name"),
    ],
)
def test_what_is_wrong_is_said_and_the_link_stays_good(office: Entrance, wrong: dict[str, str], said: str) -> None:
    key = office.set_up_link()
    browser = office.browser()
    answer = browser.send("/set-up", page=f"/set-up?key={key}", key=key, **{**FIRST, **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert PASSWORD not in answer.text
    assert browser.send("/set-up", page=f"/set-up?key={key}", key=key, **FIRST).status_code == 303


def test_roles_cannot_be_smuggled_into_the_set_up_form(office: Entrance) -> None:
    key = office.set_up_link()
    smuggled = {"roles": '["approver"]', "role__approver": "on", "state": "x", "id": "7"}
    office.browser().send("/set-up", page=f"/set-up?key={key}", key=key, **FIRST, **smuggled)
    assert office.rows("SELECT id, roles, state FROM people") == [(1, '["operator","admin"]', "active")]


def test_a_link_for_a_new_password_works_once_and_ends_every_session(office: Entrance) -> None:
    anna, admin = office.signed_in("anna", "viewer"), office.signed_in("root", "admin")
    old = link_for(admin, 1)
    key = link_for(admin, 1)
    browser = office.browser()
    assert browser.page(f"/sign-in/link?key={old}").status_code == 410, "a newer one ends the older"
    assert browser.page(f"/sign-in/link?key={key}").status_code == 200
    assert browser.page(f"/sign-in/link?key={key}").status_code == 200, "looking at it does not use it up"
    new = "eleven purple tractors"
    answer = browser.send("/sign-in/link", page=f"/sign-in/link?key={key}", key=key, password=new, again=new)
    assert answer.status_code == 303
    assert browser.get("/orders").json() == "person:anna"
    assert anna.get("/orders").status_code == 401
    assert browser.page(f"/sign-in/link?key={key}").status_code == 410
    replayed = office.browser().send("/sign-in/link", key=key, password=PASSWORD, again=PASSWORD)
    assert replayed.status_code == 410
    assert office.browser().sign_in("anna@shop.example").status_code == 422
    assert office.browser().sign_in("anna@shop.example", new).status_code == 303
    assert key not in office.log()


def test_a_link_of_one_kind_is_no_good_for_the_other(office: Entrance) -> None:
    key = office.set_up_link()
    assert office.browser().page(f"/sign-in/link?key={key}").status_code == 410
    admin = office.signed_in("root", "admin")
    other = link_for(admin, 1)
    assert office.browser().page(f"/set-up?key={other}").status_code == 410


def test_a_link_asks_for_the_second_factor_too(office: Entrance) -> None:
    anna, admin = office.person("anna", "viewer"), office.signed_in("root", "admin")
    secret, _ = office.factor_on(anna)
    key = link_for(admin, anna.id)
    browser = office.browser()
    new = "eleven purple tractors"
    answer = browser.send("/sign-in/link", page=f"/sign-in/link?key={key}", key=key, password=new, again=new)
    assert answer.headers["location"] == "/sign-in/code"
    assert SESSION not in browser.cookies
    assert browser.send("/sign-in/code", page="/sign-in/code", code=office.code(secret)).status_code == 303
    assert browser.get("/orders").status_code == 200


def test_nobody_gets_a_link_who_is_shut_out(office: Entrance) -> None:
    office.person("anna", "viewer")
    admin = office.signed_in("root", "admin")
    key = link_for(admin, 1)
    admin.send("/people/1/disable", page="/people")
    assert office.browser().page(f"/sign-in/link?key={key}").status_code == 410
    assert admin.send("/people/1/link", page="/people").status_code == 409

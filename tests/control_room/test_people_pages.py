"""The pages of people: who sees and changes what, one's own account, and tokens."""

import re
from collections.abc import Iterator

import pytest

from afterclick.governance.people import throttle
from tests.control_room.entrance import PASSWORD, Entrance, Visitor

HOSTILE = """<script>alert(1)</script>"'>&{{7*7}}"""


@pytest.fixture
def office(database_url: str) -> Iterator[Entrance]:
    made = Entrance(database_url)
    yield made
    made.database.dispose()


def token_of(browser: Visitor, name: str, *permissions: str, **more: str) -> str:
    fields = {"name": name, "days": "30", "desk.orders": "on", **{f"may.{one}": "on" for one in permissions}, **more}
    shown = browser.send("/me/tokens/new", page="/me/tokens/new", **fields)
    return (re.findall(r'value="(ac_[\w-]{43})"', shown.text) or [""])[0]


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [("viewer", 403, 403), ("operator", 403, 403), ("approver", 403, 403), ("architect", 403, 403), ("auditor", 200, 403),
     ("admin", 200, 303)],
)  # fmt: skip
def test_who_sees_people_and_who_changes_them(office: Entrance, role: str, sees: int, changes: int) -> None:
    office.person("bob", "viewer")
    browser = office.signed_in("anna", role)  # pyright: ignore[reportArgumentType]
    assert browser.page("/people").status_code == sees
    assert browser.page("/people/1").status_code == sees
    form = {"role.operator": "on", "desk.orders": "on"}
    for change in ("roles", "enable", "end-sessions", "remove-second-factor", "disable"):
        assert browser.send(f"/people/1/{change}", page="/me", **form).status_code == changes, change
    assert browser.send("/people", page="/me", name="Eve", email="eve@x.example", **form).status_code == (
        200 if sees == 200 and changes == 303 else 403
    )
    assert (browser.page("/me").status_code, office.browser().page("/people").status_code) == (200, 303)


def test_somebody_let_in_comes_by_their_link_with_the_roles_that_were_given(office: Entrance) -> None:
    admin = office.signed_in("root", "admin")
    shown = admin.send(
        "/people", page="/people", name="Bob", email="Bob@Shop.example", **{"role.viewer": "on", "desk.orders": "on"}
    )
    key = shown.text.partition("/sign-in/link?key=")[2].partition('"')[0]
    bob = office.browser()
    assert (
        bob.send("/sign-in/link", page=f"/sign-in/link?key={key}", key=key, password=PASSWORD, again=PASSWORD).status_code == 303
    )
    assert bob.get("/orders").json() == "person:bob"
    again = admin.send("/people", page="/people", name="Bob 2", email="bob@shop.example", **{"role.viewer": "on"})
    assert (again.status_code, "already" in again.text) == (422, True)
    text = admin.page("/people").text
    assert "bob@shop.example" in text
    assert "who writes a bot does not approve it" in text


def test_duties_that_do_not_go_together_are_refused_with_the_pair_and_the_reason(office: Entrance) -> None:
    office.person("bob", "viewer")
    admin = office.signed_in("root", "admin")
    both = {"role.architect": "on", "role.approver": "on", "desk.orders": "on"}
    answer = admin.send("/people/1/roles", page="/people/1", **both)
    assert answer.status_code == 409
    assert "bots.propose and bots.approve: who writes a bot does not approve it" in answer.text
    assert admin.send("/people", page="/people", name="Eve", email="eve@x.example", **both).status_code == 422
    smuggled = admin.send("/people/1/roles", page="/people/1", alone="on", **both)
    assert smuggled.status_code == 409, "the mark of running the shop alone cannot be put on by a form"


def test_nobody_changes_their_own_roles_and_the_last_admin_stays(office: Entrance) -> None:
    admin = office.signed_in("root", "admin")
    ((me,),) = office.rows("SELECT id FROM people")
    for change in ("roles", "disable"):
        answer = admin.send(f"/people/{me}/{change}", page="/people", **{"role.admin": "on", "role.operator": "on"})
        assert answer.status_code == 409
    other = office.signed_in("other", "admin")
    assert other.send(f"/people/{me}/roles", page="/people", **{"role.viewer": "on"}).status_code == 303
    assert admin.page("/people").status_code == 403, "at once"
    assert office.rows("SELECT COUNT(*) FROM people WHERE roles LIKE '%admin%'") == [(1,)]


def test_unknown_people_and_changes_are_not_found_and_text_stays_text(office: Entrance) -> None:
    admin = office.signed_in("root", "admin")
    assert admin.page("/people/99").status_code == 404
    assert admin.page(f"/people/{10**30}").status_code == 404
    assert admin.send("/people/1/own", page="/people").status_code == 404
    admin.send("/people", page="/people", name=HOSTILE, email="eve@x.example", **{"role.viewer": "on"})
    for path in ("/people", "/people/2"):
        text = admin.page(path).text
        assert "<script>alert" not in text
        assert "{{7*7}}" in text


def test_a_changed_password_ends_every_other_session_and_the_wrong_old_one_is_refused(office: Entrance) -> None:
    here = office.signed_in("anna", "viewer")
    there = office.browser()
    there.sign_in("anna@shop.example")
    new = {"password": "eleven purple tractors", "again": "eleven purple tractors"}
    assert here.send("/me/password", page="/me", current="not my password", **new).status_code == 422
    assert here.send("/me/password", page="/me", current=PASSWORD, **{**new, "again": "x"}).status_code == 422
    assert here.send("/me/password", page="/me", current=PASSWORD, password="short", again="short").status_code == 422
    assert there.get("/orders").status_code == 200
    assert here.send("/me/password", page="/me", current=PASSWORD, **new).status_code == 200
    assert (here.get("/orders").status_code, there.get("/orders").status_code) == (200, 401)
    answers = [here.send("/me/password", page="/me", current=PASSWORD, **new).status_code for _ in range(8)]
    assert answers[-1] == 429
    office.ms += throttle.LONGEST_WAIT_MS
    assert office.browser().sign_in("anna@shop.example", new["password"]).status_code == 303


def test_sessions_are_listed_with_their_device_and_ended_one_by_one_or_all(office: Entrance) -> None:
    here = office.signed_in("anna", "viewer")
    others = [office.browser() for _ in range(3)]
    for other in others:
        other.sign_in("anna@shop.example")
    eve = office.signed_in("eve", "viewer")
    numbers = sorted({int(one) for one in re.findall(r"/me/sessions/(\d+)/end", here.page("/me").text)})
    assert len(numbers) == 4
    assert "this one" in here.page("/me").text
    eve.send(f"/me/sessions/{numbers[1]}/end", page="/me")
    assert others[0].get("/orders").status_code == 200, "nobody ends a session of somebody else"
    here.send(f"/me/sessions/{numbers[1]}/end", page="/me")
    assert [one.get("/orders").status_code for one in others] == [401, 200, 200]
    here.send("/me/sessions/end-others", page="/me")
    assert [one.get("/orders").status_code for one in (here, *others, eve)] == [200, 401, 401, 401, 200]
    admin = office.signed_in("root", "admin")
    admin.send("/people/1/end-sessions", page="/people/1")
    assert here.get("/orders").status_code == 401


def test_a_token_may_what_it_was_given_and_no_more(office: Entrance) -> None:
    browser = office.signed_in("anna", "operator")
    token = token_of(browser, "screen", "orders.read")
    program = office.browser()
    assert program.get("/orders", headers=bearer(token)).json() == "token:screen"
    for path in ("/people", "/me/tokens/new"):
        assert program.get(path, headers=bearer(token)).status_code == 403
    assert token not in office.log() + repr(office.rows("SELECT * FROM api_tokens"))
    assert token not in browser.page("/me").text
    assert token_of(browser, "too-much", "people.manage") == ""
    assert token_of(browser, "screen", "orders.read") == "", "a name is taken for good"
    stock = token_of(browser, "elsewhere", "stock.read", "orders.read", **{"desk.orders": "on"})
    assert program.get("/orders", headers=bearer(stock)).status_code == 200


@pytest.mark.parametrize(
    "sent", ["Bearer ", "Bearer ac_", "Bearer ac_" + "x" * 43, "Bearer " + "y" * 5_000, "Basic YTpi", "ac_x"]
)
def test_a_token_that_is_none_lets_nobody_in(office: Entrance, sent: str) -> None:
    office.person("anna", "viewer")
    assert office.browser().get("/orders", headers={"authorization": sent}).status_code == 401


def test_a_token_ends_when_it_expires_is_revoked_or_its_maker_loses_the_right(office: Entrance) -> None:
    anna, admin = office.signed_in("anna", "operator"), office.signed_in("root", "admin")
    program = office.browser()
    first, second, third = (token_of(anna, name, "orders.read") for name in ("one", "two", "three"))

    def answers() -> list[int]:
        return [program.get("/orders", headers=bearer(token)).status_code for token in (first, second, third)]

    assert answers() == [200, 200, 200]
    assert admin.send("/me/tokens/one/revoke", page="/me").status_code == 200
    assert anna.send("/me/tokens/two/revoke", page="/me").status_code == 200
    assert answers() == [401, 401, 200]
    admin.send("/people/1/disable", page="/people")
    assert answers() == [401, 401, 401]
    admin.send("/people/1/enable", page="/people")
    assert answers()[2] == 200
    office.ms += 31 * 86_400_000
    office.recognise.forget()
    assert answers()[2] == 401


def test_a_session_cookie_does_not_help_a_bad_token(office: Entrance) -> None:
    browser = office.signed_in("anna", "viewer")
    assert browser.get("/orders", headers=bearer("ac_wrong")).status_code == 401

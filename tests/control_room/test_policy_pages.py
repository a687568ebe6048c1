"""The policy's pages: read it in words, change a limit, see what that would have done, put it in force, take it back."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from afterclick.app import Office
from afterclick.domain.facts import ItemFacts, LineFacts, OrderFacts, Usual
from afterclick.governance import replays, versions
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import ROLES, Role, permitted
from afterclick.site import site
from afterclick.store import log
from afterclick.store.log import Block, Event
from tests.control_room.browser import Browser, signed_in
from tests.control_room.test_pages import HOSTILE, Elements

HTML = {"accept": "text/html"}
LIMIT = "/policy/limit?name=orders.quantity_most"
RULE = (
    '[[rules]]\nname = "big"\nwhen = "total > 2000"\nthen = "ask"\nowner = "o"\n'
    f"because = {msgspec.json.encode(HOSTILE).decode()}\n"
)
GETS = ("/policy", "/policy/versions", "/policy/versions/1", "/policy/text", LIMIT)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    """An office in which two orders were judged: 1 of one piece, 2 of five."""
    Office.create(tmp_path / "office", {} if database_url.startswith("sqlite") else {"database.url": database_url})
    made = Office.open(tmp_path / "office")
    with made.database.transaction() as tx:
        happened = [
            Event("judged", order, None, "Pass", "complete; genuine", facts(order, pieces)) for order, pieces in ((1, 1), (2, 5))
        ]
        log.append(tx, Block(made.clock.now_ms() - 60_000, "orders.fulfil", "1"), happened)
    yield made
    made.close()


def facts(order: int, pieces: int) -> str:
    item = ItemFacts(True, 1_000, "EUR", Usual(0, 0.0, 0.0, 0))
    made = OrderFacts(
        order, 1, "EUR", pieces * 1_000, (LineFacts(1, "CUP", pieces, 1_000, item),), country="DE", postcode="10115"
    )
    return msgspec.json.encode(made).decode()


def browser(office: Office, *roles: Role, name: str = "test") -> Browser:
    who: Actor = signed_in(*roles, name=name)
    return Browser(site(office, host="127.0.0.1", authenticate=lambda _request: who))


def send(client: Browser, page: str, to: str, **fields: str) -> tuple[int, str]:
    """Fill in the form of a page; returns the status and where it leads, or what it says."""
    token = Elements(client.get(page).text).token
    answer = client.post(to, data={"form_token": token, **fields}, headers=HTML)
    return answer.status_code, answer.headers.get("location", answer.text)


def replayed(client: Browser, number: int, **fields: str) -> str:
    """Replay a version, wait until it is through, and return its page."""
    page = f"/policy/versions/{number}"
    status, where = send(client, page, f"{page}/replay", days="9", **fields)
    assert status == 303
    return through(client, where)


def through(client: Browser, where: str) -> str:
    """The page of a replay, when it is through."""
    for thread in threading.enumerate():
        if thread.name == "afterclick-replay":
            thread.join(timeout=30)
    answer = client.get(where)
    assert "refresh" not in answer.headers
    return answer.text


def states(office: Office) -> dict[int, str]:
    with office.database.reading() as tx:
        return {one.number: one.state for one in versions.listed(tx)}


def test_the_whole_way_from_a_limit_to_being_in_force_and_back(office: Office) -> None:
    architect, approver = browser(office, "architect", name="anna"), browser(office, "approver", name="ben")
    status, page = send(
        architect, LIMIT, "/policy/limit", name="orders.quantity_most", value="3", note="a slip costs more than a question"
    )
    assert (status, page) == (303, "/policy/versions/2")
    shown = architect.get(page).text
    assert "a slip costs more than a question" in shown
    assert "orders.quantity_most" in shown
    assert "Put in force</button>" not in shown
    assert "It was not replayed" in approver.get(page).text
    found = replayed(architect, 2)
    assert "orders.quantity_most" in found
    assert 'href="/orders/2"' in found
    assert 'href="/orders/1"' not in found
    status, page = send(approver, page, f"{page}/activate", starts_as="canary", share="20")
    assert (status, states(office)) == (303, {2: "canary", 1: "active"})
    assert "decides for 20 % of the orders" in approver.get("/policy").text
    send(approver, page, f"{page}/activate", starts_as="active")
    assert states(office) == {2: "active", 1: "superseded"}
    assert office.policy.orders.quantity_most in (3, 10_000)  # taken up within a second
    assert send(approver, "/policy", "/policy/roll-back", because="too many questions") == (303, "/policy")
    assert states(office) == {2: "withdrawn", 1: "active"}
    assert "too many questions" in approver.get("/policy/versions/2").text


def test_a_text_is_checked_with_its_lines_before_it_is_proposed(office: Office) -> None:
    client = browser(office)
    status, said = send(client, "/policy/text", "/policy/text", text=RULE.replace("total", "totl"), do="check", note="")
    assert status == 200
    assert "did you mean total?" in said
    status, said = send(client, "/policy/text", "/policy/text", text="[orders]\r\nask_scroe = 4\r\n", do="propose", note="")
    assert status == 422
    assert "unknown field" in said
    assert "ask_scroe = 4" in said
    assert send(client, "/policy/text", "/policy/text", text=RULE, do="propose", note=HOSTILE) == (303, "/policy/versions/2")


@pytest.mark.parametrize(
    ("value", "said"),
    [("abc", "is a number"), ("-4", "&gt;= 1"), ("true", "is a number"), ("10000", "word for word")],
)
def test_a_value_that_cannot_be_is_said_in_the_form(office: Office, value: str, said: str) -> None:
    status, page = send(browser(office), LIMIT, "/policy/limit", name="orders.quantity_most", value=value)
    if value == "10000":  # the default, now written down: a version in its own right
        assert status == 303
        return
    assert status == 422
    assert said in page
    assert states(office) == {1: "active"}


def test_an_act_without_a_limit_can_be_given_one(office: Office) -> None:
    page = "/policy/limit?name=door.largest.payments.refund"
    assert send(browser(office), page, "/policy/limit", name="door.largest.payments.refund", value="5,000")[0] == 303
    with office.database.reading() as tx:
        assert '"payments.refund" = 5000' in versions.version(tx, 2).text
    assert browser(office).get("/policy/limit?name=orders.nothing").status_code == 404
    assert browser(office).get("/policy/limit?name=door.largest.a b.c").status_code == 404


def test_what_orders_and_rules_say_is_shown_and_never_run(office: Office) -> None:
    client = browser(office)
    send(client, "/policy/text", "/policy/text", text=RULE, do="propose", note=HOSTILE)
    replayed(client, 2)
    send(client, "/policy/versions/2", "/policy/versions/2/activate", starts_as="active")
    for page in ("/policy", "/policy/versions", "/policy/versions/2", "/policy/replays/1", "/policy/text"):
        assert HOSTILE not in client.get(page).text
    assert "<td>big" in client.get("/policy").text or ">big</th>" in client.get("/policy").text


def test_a_conflict_and_a_dead_rule_are_named_on_the_page(office: Office) -> None:
    text = RULE + RULE.replace('"big"', '"other"').replace('"ask"', '"refuse"').replace("total > 2000", "country == 'DE'")
    text += RULE.replace('"big"', '"never"').replace("total > 2000", "total < 1 && total > 2")
    status, page = send(browser(office), "/policy/text", "/policy/text", text=text, do="check", note="")
    assert status == 200
    assert all(one in page for one in (">conflicting<", ">dead<", "big, other", "2001"))


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_and_does_what_the_table_says(office: Office, role: Role) -> None:
    held = permitted([role])
    client = browser(office, role)
    for page in GETS:
        needs = "policy.propose" if page in (LIMIT, "/policy/text") else "policy.read"
        assert client.get(page, headers=HTML).status_code == (200 if needs in held else 403), page
    with office.database.transaction() as tx:
        versions.propose(tx, RULE, who=signed_in("architect", name="anna"), note="", now_ms=1)
    page = "/policy/versions/2"
    seen = client.get(page).text
    assert (">Replay</button>" in seen) is bool({"policy.propose", "policy.activate"} & held)
    assert (">Put in force</button>" in seen) is ("policy.activate" in held)
    expected = 303 if "policy.activate" in held else 403
    where = page if expected == 303 else "/me"
    assert send(client, where, f"{page}/activate", starts_as="active", without_replay="a test")[0] == expected
    assert send(client, where, "/policy/roll-back", because="a test")[0] == expected


def test_nobody_puts_in_force_what_they_proposed(office: Office) -> None:
    with office.database.transaction() as tx:
        versions.propose(tx, RULE, who=signed_in("architect", "approver", name="carl"), note="", now_ms=1)
    client = browser(office, "architect", "approver", name="carl")
    assert "somebody else" in client.get("/policy/versions/2").text
    status, said = send(client, "/policy/text", "/policy/versions/2/activate", starts_as="active", without_replay="x")
    assert status == 403
    assert "somebody else" in said


@pytest.mark.parametrize(
    ("to", "fields", "status"),
    [
        ("/policy/versions/1/activate", {"starts_as": "active"}, 409),
        ("/policy/versions/9/activate", {"starts_as": "active"}, 404),
        ("/policy/versions/1/activate", {"starts_as": "wild"}, 422),
        ("/policy/versions/1/activate", {"starts_as": "canary", "share": "1e3"}, 422),
        ("/policy/versions/1/activate", {"starts_as": "active", "at": "soon"}, 422),
        ("/policy/versions/1/withdraw", {}, 409),
        ("/policy/versions/1/replay", {"days": "0"}, 422),
        ("/policy/versions/1/replay", {"days": "many"}, 422),
        ("/policy/versions/1/replay", {"days": "9", "bot": "no.such"}, 422),
        ("/policy/versions/9/replay", {"days": "9"}, 404),
        ("/policy/roll-back", {}, 409),
    ],
)
def test_what_cannot_be_done_is_said(office: Office, to: str, fields: dict[str, str], status: int) -> None:
    assert send(browser(office), "/policy/text", to, **fields)[0] == status


def test_a_form_from_elsewhere_changes_nothing(office: Office) -> None:
    client = browser(office)
    for to in ("/policy/limit", "/policy/text", "/policy/versions/1/replay", "/policy/versions/1/activate", "/policy/roll-back"):
        assert client.post(to, data={"form_token": "forged"}).status_code == 403, to
    assert states(office) == {1: "active"}


@pytest.mark.parametrize("page", ["/policy/versions/99", "/policy/versions/0", "/policy/replays/99", "/policy/text?version=99"])
def test_what_is_not_there_is_said_to_be_so(office: Office, page: str) -> None:
    assert browser(office).get(page, headers=HTML).status_code == 404


def test_a_replay_that_runs_shows_how_far_it_is_and_one_that_died_says_so(office: Office) -> None:
    now_ms = office.clock.now_ms()
    with office.database.transaction() as tx:
        running = replays.begin(tx, version=1, digest="x", against=1, days=9, bot="", by="person:anna", now_ms=now_ms)
        replays.progress(tx, running, judged=500, total=2_000, now_ms=now_ms)
        silent = replays.begin(tx, version=1, digest="x", against=1, days=9, bot="", by="person:anna", now_ms=now_ms - 120_000)
        failed = replays.begin(tx, version=1, digest="x", against=1, days=9, bot="", by="person:anna", now_ms=now_ms)
        replays.fail(tx, failed, "RuntimeError: the disk is full", now_ms=now_ms)
    client = browser(office)
    answer = client.get(f"/policy/replays/{running}")
    assert answer.headers["refresh"] == "2"
    assert "500 of 2,000 events" in answer.text
    assert "was interrupted" in client.get(f"/policy/replays/{silent}").text
    assert "the disk is full" in client.get(f"/policy/replays/{failed}").text

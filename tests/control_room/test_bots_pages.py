"""The pages of the register: every bot, its story with live numbers, and the steps that people may take with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from afterclick.app import FLEET, Office
from afterclick.control_room.bots.story import live, outline
from afterclick.engine import queue, register
from afterclick.governance import figures
from afterclick.governance.audit import times
from afterclick.governance.permissions import ROLES, Role
from afterclick.orders.fulfil import fulfil
from afterclick.site import site
from afterclick.store import log
from afterclick.store.log import Block, Event
from tests.control_room.browser import Browser, signed_in
from tests.control_room.test_pages import HOSTILE, Elements
from tests.control_room.test_policy_pages import send, through
from tests.engine.office import judged_before

NOW_MS = 1_795_132_800_000


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    Office.create(tmp_path / "office", {} if database_url.startswith("sqlite") else {"database.url": database_url})
    made = Office.open(tmp_path / "office")
    with made.database.transaction() as tx:
        register.enrol(tx, FLEET, now_ms=made.clock.now_ms())
    yield made
    made.close()


def browser(office: Office, *roles: Role) -> Browser:
    who = signed_in(*roles)
    return Browser(site(office, host="127.0.0.1", authenticate=lambda _request: who))


def step(client: Browser, bot: str, verb: str, **fields: str) -> int:
    token = Elements(client.get("/bots/orders.fulfil").text).token
    return client.post(f"/bots/{bot}/{verb}", data={"form_token": token, **fields}).status_code


def state(office: Office, bot: str = "orders.fulfil") -> tuple[str, str, str]:
    with office.database.reading() as tx:
        return tx.rows("SELECT state, mode, because FROM bots WHERE id = ?", (bot,))[0]


def test_the_register_names_every_bot_with_its_owner_its_return_and_the_sprawl(office: Office) -> None:
    page = browser(office, "viewer").get("/bots").text
    assert all(f'href="/bots/{bot}"' in page for bot in FLEET)
    assert "Brings in 30 days" in page
    assert "findings of sprawl" in page
    with office.database.transaction() as tx:
        tx.run("UPDATE bots SET registered_ms = ?", (office.clock.now_ms(),))
    assert f"{len(FLEET)} bots are not judged yet, registered since " in browser(office, "viewer").get("/bots").text
    assert "every bot works" not in browser(office, "viewer").get("/bots").text
    with office.database.transaction() as tx:
        tx.run("UPDATE bots SET registered_ms = 1")
    assert "not judged yet" not in browser(office, "viewer").get("/bots").text
    assert "No bot is paused" in browser(office).get("/bots?state=paused").text
    assert browser(office).get("/bots?state=wild", headers={"accept": "text/html"}).status_code == 422
    assert browser(office).get("/bots/nobody").status_code == 404


def test_an_empty_register_says_what_fills_it(office: Office) -> None:
    with office.database.transaction() as tx:
        tx.run("DELETE FROM bots")
    assert "No bot is registered yet" in browser(office).get("/bots").text


@pytest.mark.parametrize("bot", sorted(FLEET))
def test_each_bot_has_a_page_with_its_card_and_its_story_from_the_code(office: Office, bot: str) -> None:
    page = browser(office, "viewer").get(f"/bots/{bot}").text
    assert all(place.name.replace("_", " ") in page for place in outline(FLEET[bot]))
    assert all(act in page for act in FLEET[bot].card.acts)
    assert register.RELEASE in page
    assert ">Pause<" not in page


def test_a_story_names_rules_stages_what_they_ask_outside_and_what_undoes_them() -> None:
    told = {place.name: place for place in outline(fulfil)}
    assert list(told) == ["complete", "genuine", "reserve", "authorise", "label", "hand_over", "capture", "invoice", "tell"]
    assert [name for name, place in told.items() if place.is_rule] == ["complete", "genuine"]
    assert (told["authorise"].acts, told["authorise"].undo) == (("payments.authorise",), "give_back")
    assert told["hand_over"].acts == ("warehouse.hand_over",)
    assert told["complete"].where.startswith("orders/rules.py:")
    assert all(place.says for place in told.values())


def test_a_story_counts_what_is_at_each_place_and_what_left_there_today(office: Office) -> None:
    with office.database.transaction() as tx:
        rows = [(1, "waiting", "reserve"), (2, "waiting", "reserve"), (3, "inbox", "genuine"), (4, "shipped", "tell")]
        tx.run_many("INSERT INTO orders (id, external_id, state, stage) VALUES (?, CAST(? AS TEXT), ?, ?)", [
            (number, number, state, stage) for number, state, stage in rows
        ])  # fmt: skip
        queue.put(tx, "orders.fulfil", [5, 6, 7], now_ms=1, resume="at:label")
        batch = queue.open_batch(tx, "orders.fulfil", "1", [8, 9, 10], executor="me", now_ms=1)
        tx.run("""UPDATE batches SET progress = '{"reserve": [8]}' WHERE id = ?""", (batch,))
        happened = [Event("left.reserve", 1, None, "Wait", "stock"), Event("left.load", 11, None, "Ask", "load failed: x: y")]
        log.append(tx, Block(NOW_MS, "orders.fulfil", "1"), [*happened, Event("shipped", 4, None, "Done")])
        figures.advance(tx)
        day = figures.day_of(NOW_MS)
        story = live(tx, fulfil, [one for one in figures.of_days(tx, day, day).happened if one.actor == "orders.fulfil"])
    here = {place.name: (place.queued, place.in_hand, place.resting, place.asking) for place in story.places if place.here}
    assert here == {"genuine": (0, 0, 0, 1), "reserve": (0, 0, 2, 0), "authorise": (0, 2, 0, 0), "label": (3, 0, 0, 0)}
    assert {place.name: (place.waited, place.failed) for place in story.places if place.left} == {
        "reserve": (1, 0),
        "load": (0, 1),
    }
    assert story.through == {"shipped": 1}


def test_a_bot_that_works_by_the_clock_shows_what_it_recorded_today_and_no_items(office: Office) -> None:
    now_ms = office.clock.now_ms()
    told = [Event("task.told", number, f"task/{number}", "") for number in range(1, 201)]
    with office.database.transaction() as tx:
        log.append(tx, Block(now_ms, "inbox.notify", "1"), [*told, Event("mailbox.send", 1, None, "Done")])
        log.append(tx, Block(now_ms, "orders.fulfil", "1"), [Event("shipped", 4, None, "Done")])
        figures.advance(tx)
    client = browser(office, "viewer")
    register = " ".join(client.get("/bots").text.split())
    assert register.count("200 recorded") == 1
    assert "0 recorded" not in register.replace("200 recorded", "")
    page = client.get("/bots/inbox.notify").text
    assert '<span class="figure">200</span><span>recorded today</span>' in page
    assert "recorded today: 200" in page
    assert "through today" not in page
    assert ">1 shipped</a>" in client.get("/bots/orders.fulfil").text


def test_the_page_of_a_bot_leads_to_its_questions_its_record_and_the_policy(office: Office) -> None:
    now_ms = office.clock.now_ms()
    with office.database.transaction() as tx:
        tx.run("INSERT INTO orders (id, external_id, state, stage) VALUES (1, 'A-1', 'inbox', 'hand_over')")
        log.append(tx, Block(now_ms, "orders.fulfil", "1"), [Event("left.hand_over", 1, None, "Ask", "why")])
        figures.advance(tx)
    page = browser(office, "viewer", "auditor").get("/bots/orders.fulfil").text
    questions = "/inbox?bot=orders.fulfil&amp;stage=hand_over"
    day = times.day_of(now_ms)
    assert f'<a href="{questions}&amp;state=any&amp;day={day}" aria-label="asked 1 at hand over today">' in page
    assert f'<td class="n"><a href="{questions}">1</a></td>' in page
    assert 'href="/audit?actor=orders.fulfil"' in page
    assert 'href="/policy">The limits' in page
    assert 'href="/audit?actor=' not in browser(office, "operator").get("/bots/orders.fulfil").text


def test_what_failed_today_leads_to_its_questions(office: Office) -> None:
    with office.database.transaction() as tx:
        failed = [Event("left.hand_over", number, None, "Ask", "hand_over failed: x: y") for number in (1, 2)]
        log.append(tx, Block(office.clock.now_ms(), "orders.fulfil", "1"), failed)
        figures.advance(tx)
    questions = f"/inbox?state=any&amp;failed=1&amp;day={times.day_of(office.clock.now_ms())}&amp;bot=orders.fulfil"
    client = browser(office, "viewer")
    assert f'<a href="{questions}">2</a>' in client.get("/bots").text
    page = client.get("/bots/orders.fulfil").text
    assert f'<a href="{questions}"><span class="figure">2</span><span>failed today</span></a>' in page
    assert f'<td class="n"><a href="{questions}&amp;stage=hand_over">2</a></td>' in page


def test_a_person_pauses_and_resumes_a_bot_and_sets_its_mode_with_a_reason(office: Office) -> None:
    client = browser(office, "operator")
    assert step(client, "orders.fulfil", "pause", because="stocktaking") == 303
    assert state(office) == ("paused", "live", "stocktaking")
    assert "It does not work: it is paused" in client.get("/bots/orders.fulfil").text
    assert step(client, "orders.fulfil", "pause") == 409
    assert step(client, "orders.fulfil", "resume") == 303
    assert step(client, "orders.fulfil", "mode", mode="shadow") == 303
    assert state(office)[:2] == ("active", "shadow")
    assert step(client, "orders.fulfil", "mode", mode="wild") == 409
    assert step(client, "orders.fulfil", "burn") == 404
    assert step(client, "nobody", "pause") == 404
    assert client.post("/bots/orders.fulfil/pause", data={"because": "no token"}).status_code == 403


@pytest.mark.parametrize("role", ROLES)
def test_each_step_is_offered_and_allowed_by_role(office: Office, role: Role) -> None:
    client = browser(office, role)
    page = client.get("/bots/orders.wake").text
    may = {"Pause": role in ("operator", "architect"), "Retire": role == "approver"}
    assert {name: f">{name}<" in page for name in may} == may
    assert step(client, "orders.wake", "pause") == (303 if may["Pause"] else 403)
    assert step(client, "orders.wake", "retire") == (303 if may["Retire"] else 403)


def test_nobody_approves_a_bot_that_they_proposed(office: Office) -> None:
    client = browser(office, "architect", "approver")
    assert [step(client, "orders.wake", verb) for verb in ("pause", "propose", "test", "approve")] == [303, 303, 303, 403]
    assert state(office, "orders.wake")[0] == "tested"


def test_what_a_person_writes_is_shown_as_text(office: Office) -> None:
    client = browser(office)
    step(client, "orders.fulfil", "pause", because=HOSTILE)
    for path in ("/bots", "/bots/orders.fulfil"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_version_that_nobody_has_seen_is_replayed_from_its_page_and_then_works(office: Office) -> None:
    with office.database.transaction() as tx:
        judged_before(tx, "orders.fulfil")
    client = browser(office, "operator")
    page = client.get("/bots/orders.fulfil").text
    assert "Nobody has seen what version 1 would have decided" in page
    assert "None was made yet" in page
    assert step(client, "orders.fulfil", "activate") == 409
    status, where = send(client, "/bots/orders.fulfil", "/bots/orders.fulfil/replay", days="30")
    assert status == 303
    said = through(client, where)
    assert 'Replay of <span class="code">orders.fulfil</span>' in said
    assert 'href="/bots/orders.fulfil"' in said
    assert where in client.get("/bots/orders.fulfil").text
    assert "Nobody has seen" not in client.get("/bots/orders.fulfil").text
    assert step(client, "orders.fulfil", "activate") == 303
    assert state(office)[0] == "active"


def test_it_works_unseen_for_a_reason_only_and_a_viewer_tries_nothing(office: Office) -> None:
    with office.database.transaction() as tx:
        judged_before(tx, "orders.fulfil")
    viewer = browser(office, "viewer")
    assert "Replay by version" not in viewer.get("/bots/orders.fulfil").text
    assert send(browser(office, "viewer"), "/bots/orders.fulfil", "/bots/orders.fulfil/replay", days="30")[0] == 403
    client = browser(office, "operator")
    assert send(client, "/bots/orders.fulfil", "/bots/orders.learn/replay", days="30")[0] == 409
    assert send(client, "/bots/orders.fulfil", "/bots/nobody/replay", days="30")[0] == 404
    assert step(client, "orders.fulfil", "activate", without_replay="  the shop stands still ") == 303
    assert state(office)[0] == "active"

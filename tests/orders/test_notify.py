"""People are told by mail and chat, and decide by links that work once, for them, and for a time."""

from collections.abc import Iterator

import pytest

from afterclick.domain.limits import InboxLimits
from afterclick.governance import links
from afterclick.governance.links import Wanted
from afterclick.orders.inbox import decisions, handling
from afterclick.orders.inbox.letters import Writing
from afterclick.orders.inbox.notify import GAP_MS, IN_ONE_MAIL, notify
from tests.orders.office import DAY_MS, SmallOffice, small_office
from tests.orders.ports import Talk
from tests.orders.visitor import MAIL_TO, Visitor, colleague, links_in

WRITING = Writing("Shop", "https://office.example", (MAIL_TO,))


@pytest.fixture
def chat() -> Talk:
    return Talk()


@pytest.fixture
def office(database_url: str, chat: Talk) -> Iterator[SmallOffice]:
    with small_office(database_url, bots=(notify,), equipment={Writing: WRITING}, more_ports={"chat": chat}) as opened:
        yield opened


def asked(office: SmallOffice, *names: str) -> list[int]:
    """Orders about whose quantity a person is asked, and of which people are told; returns the tasks."""
    orders = [office.order(name, ("CUP", 20_000)) for name in names]
    office.run()
    office.run(later_ms=GAP_MS)
    return [office.one("SELECT id FROM tasks WHERE item = ?", order) for order in orders]


def test_new_questions_go_out_once_together_to_whoever_decides(office: SmallOffice, chat: Talk) -> None:
    colleague(office, "Anna", "operator")
    colleague(office, "Vera", "viewer")
    tasks = asked(office, "A", "B")
    office.run(later_ms=GAP_MS)
    mails = dict(office.letters.texts)
    assert sorted(mails) == ["anna@shop.example", MAIL_TO]
    assert [len(links_in(text)) for text in mails.values()] == [2, 2]
    assert len(chat.said) == 1
    assert f"https://office.example/inbox/{tasks[0]}" in chat.said[0]
    assert "/decide/" not in chat.said[0]
    assert not office.rows("SELECT 1 FROM links WHERE unsent <> ''")
    told = office.rows("SELECT object, because FROM events WHERE activity = 'task.told' ORDER BY object")
    assert told == [(f"task/{task}", "told 2 people by mail and the chat") for task in tasks]


def test_in_a_chat_of_their_own_somebody_decides_by_a_link_as_by_mail(database_url: str) -> None:
    chat, writing = Talk(), WRITING._replace(chat_of="person:anna")
    with small_office(database_url, bots=(notify,), equipment={Writing: writing}, more_ports={"chat": chat}) as office:
        colleague(office, "Anna", "operator")
        (task,) = asked(office, "A")
        (link,) = links_in(chat.said[0])
        desk = Visitor(office)
        desk.who = None
        assert "You decide as Anna" in desk.get(link).text
        assert desk.post(link, {"decision": "approve"}).status_code == 200
        assert office.one("SELECT decided_by FROM tasks WHERE id = ?", task) == "person:anna"
        assert desk.post(link, {"decision": "approve"}).status_code == 410


@pytest.mark.parametrize("owner", ["person:vera", "person:nobody"])
def test_a_chat_of_somebody_who_may_not_decide_gets_no_such_link(database_url: str, owner: str) -> None:
    chat, writing = Talk(), WRITING._replace(chat_of=owner)
    with small_office(database_url, bots=(notify,), equipment={Writing: writing}, more_ports={"chat": chat}) as office:
        colleague(office, "Vera", "viewer")
        asked(office, "A")
        assert (len(chat.said), links_in(chat.said[0])) == (1, [])


def test_only_what_was_mailed_counts_as_told_and_the_rest_comes_in_the_next_rounds(office: SmallOffice) -> None:
    colleague(office, "Anna", "operator")
    orders = [office.order(f"N{number}", ("CUP", 20_000)) for number in range(2 * IN_ONE_MAIL + 3)]
    seen: list[list[str]] = []
    for _ in range(5):
        office.run(later_ms=GAP_MS)
        office.run(later_ms=60_000)
        seen = [links_in(text) for to, text in office.letters.texts if to == "anna@shop.example"]
        assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'task.told'") == sum(map(len, seen))
        assert office.one("SELECT COUNT(*) FROM tasks WHERE told > level") == sum(map(len, seen))
    assert [len(links) for links in seen] == [IN_ONE_MAIL, IN_ONE_MAIL, 3]
    assert len({link for links in seen for link in links}) == len(orders)
    first, *_, last = [text for to, text in office.letters.texts if to == "anna@shop.example"]
    assert "33 more wait: the next mails bring them" in first
    assert "the next mails" not in last


def test_a_team_that_nobody_can_be_reached_for_is_not_called_told_and_holds_up_no_others(database_url: str) -> None:
    nobody_else = Writing("Shop", "https://office.example", ())
    with small_office(database_url, bots=(notify,), equipment={Writing: nobody_else}) as office:
        colleague(office, "Maria", "approver")
        for number in range(IN_ONE_MAIL + 1):
            office.order(f"N{number}", ("CUP", 20_000))
        office.run()
        last = office.one("SELECT MAX(id) FROM tasks")
        with office.database.transaction() as tx:
            tx.run("UPDATE tasks SET who = 'manager', expires_ms = expires_ms + 1 WHERE id = ?", (last,))
        office.run(later_ms=GAP_MS)
        assert [to for to, _ in office.letters.texts] == ["maria@shop.example"]
        assert office.rows("SELECT id FROM tasks WHERE told > level") == [(last,)]
        told = office.rows("SELECT object, because FROM events WHERE activity = 'task.told'")
        assert told == [(f"task/{last}", "told 1 person by mail")]


def test_a_mail_that_got_no_answer_is_sent_again_under_its_key(office: SmallOffice, chat: Talk) -> None:
    office.letters.deaf = chat.down = True
    asked(office, "A")
    office.letters.deaf = chat.down = False
    office.run(later_ms=60_000)
    assert len(office.letters.texts) == 1
    assert len(chat.said) == 1
    assert not office.rows("SELECT 1 FROM links WHERE unsent <> ''")


def test_a_link_decides_once_and_looking_at_it_does_nothing(office: SmallOffice) -> None:
    anna = colleague(office, "Anna", "operator")
    (task,) = asked(office, "A")
    (path,) = links_in(dict(office.letters.texts)["anna@shop.example"])
    (other,) = links_in(dict(office.letters.texts)[MAIL_TO])
    desk = Visitor(office)
    desk.who = None
    for _ in range(3):  # a mail program scans it, twice
        page = desk.get(path)
        assert page.status_code == 200
        assert "You decide as Anna" in page.text
    assert office.one("SELECT state FROM tasks") == "open"
    assert desk.browser.post(path, data={"decision": "approve"}).status_code == 403, "not from our page"
    assert desk.post(path, {"decision": "burn"}).status_code == 409
    assert desk.post(path, {"decision": "reject", "note": "a joke"}).status_code == 200
    assert office.rows("SELECT state, decided_by FROM tasks") == [("rejected", anna.actor_id)]
    assert office.one("SELECT because FROM events WHERE activity = 'decided.rejected'") == "through a one-time link; a joke"
    again = desk.post(path, {"decision": "approve"})
    assert again.status_code == 410
    assert "This link has been used" in again.text
    late = desk.get(other)
    assert late.status_code == 410
    assert f"Question {task} was rejected already by person:anna" in late.text


def test_links_that_are_forged_expired_or_of_somebody_who_left_are_kindly_refused(office: SmallOffice) -> None:
    anna = colleague(office, "Anna", "operator")
    asked(office, "A")
    (path,) = links_in(dict(office.letters.texts)["anna@shop.example"])
    desk = Visitor(office)
    desk.who = None
    desk.get(path)
    for forged in (
        f"{path[:-2]}xx",
        "/decide/short",
        "/decide/" + "x" * 43,
        "/decide/" + "ä" * 43,
        path.replace("decide", "answer"),
    ):
        for answer in (desk.get(forged), desk.post(forged, {"decision": "approve"})):
            assert answer.status_code == 404, forged
            assert "This link is not known" in answer.text
    with office.database.transaction() as tx:
        tx.run("UPDATE people SET state = 'disabled' WHERE handle = ?", (anna.handle,))
    assert "You may no longer decide this" in desk.get(path).text
    assert desk.post(path, {"decision": "approve"}).status_code == 409
    with office.database.transaction() as tx:
        tx.run("UPDATE people SET state = 'active', roles = ?", ('["viewer"]',))
    assert desk.get(path).status_code == 410
    office.clock.ms += 4 * DAY_MS
    assert "The time of this link is over" in desk.get(path).text
    assert desk.post(path, {"decision": "approve"}).status_code == 410
    assert office.one("SELECT state FROM tasks") == "open"


def test_a_link_cannot_approve_what_its_owner_changed(office: SmallOffice) -> None:
    anna = colleague(office, "Anna", "operator")
    (task,) = asked(office, "A")
    with office.database.transaction() as tx:
        change = {"quantity": {"lines": {"1": 19_999}}}
        decisions.edit(tx, task, change, by=anna.actor_id, now_ms=office.clock.ms)
    office.run()
    office.run(later_ms=GAP_MS)
    path = links_in([text for to, text in office.letters.texts if to == "anna@shop.example"][-1])[0]
    desk = Visitor(office)
    desk.who = None
    desk.get(path)
    answer = desk.post(path, {"decision": "approve"})
    assert answer.status_code == 409
    assert "you asked for this change yourself" in answer.text


def test_a_customer_answers_by_link_and_sees_only_the_question(office: SmallOffice) -> None:
    (task,) = asked(office, "A")
    with office.database.transaction() as tx:
        handling.ask_back(
            tx, task, to_whom="customer", question="Really\n20,000?", by="person:anna", now_ms=office.clock.ms,
            limits=InboxLimits(),
        )  # fmt: skip
    office.run(later_ms=60_000)
    mail = dict(office.letters.texts)["ada@shop.example"]
    (path,) = links_in(mail, "answer")
    desk = Visitor(office)
    desk.who = None
    page = desk.get(path).text
    assert "Really" in page
    for kept in ("line 1 orders", "Weg A", "20,000 pieces", "/inbox"):
        assert kept not in page, kept
    assert desk.post(path, {"answer": ""}).status_code == 409
    assert desk.post(path, {"answer": "two, sorry"}).status_code == 200
    assert desk.post(path, {"answer": "three"}).status_code == 410
    assert office.rows("SELECT answer, answered_by FROM questions") == [("two, sorry", "customer")]
    assert desk.get(path.replace("answer", "decide")).status_code == 404


def test_an_escalated_question_is_told_to_the_next_and_a_disabled_office_keeps_quiet(office: SmallOffice) -> None:
    colleague(office, "Maria", "approver")
    asked(office, "A")
    assert "maria@shop.example" not in dict(office.letters.texts)
    with office.database.transaction() as tx:
        tx.run("UPDATE tasks SET who = 'manager', level = 1")
    office.run(later_ms=GAP_MS)
    assert "(passed on to you)" in dict(office.letters.texts)["maria@shop.example"]


def test_hostile_fields_add_no_line_to_a_mail_and_no_mention_to_a_chat(office: SmallOffice, chat: Talk) -> None:
    order = office.order("A", ("CUP", 20_000))
    office.run()
    with office.database.transaction() as tx:
        tx.run("UPDATE tasks SET told = 0, because = ?", ("x\r\nBcc: all@shop.example\n<!channel> @here *b*",))
        tx.run("UPDATE orders SET external_id = ? WHERE id = ?", ("A\r\nSubject: y", order))
    office.run(later_ms=GAP_MS)
    mail = office.letters.texts[-1][1]
    assert not [line for line in mail.splitlines() if line.startswith(("Bcc:", "Subject:"))]
    assert "‹!channel› (at)here ·b·" in chat.said[-1]


def test_only_one_of_two_who_use_a_link_at_once_gets_through(office: SmallOffice) -> None:
    with office.database.transaction() as tx:
        links.make(tx, [Wanted("task/1", "person:anna", "a@b.example", 5_000)], mail=1, now_ms=1_000)
        (token,) = [one.token for some in links.unsent(tx).values() for one in some]
        link = links.look(tx, token, now_ms=1_000)
        assert [links.use(tx, link, now_ms=1_000) for _ in range(2)] == [True, False]
        assert links.look(tx, token, now_ms=1_000).standing == "used"
        assert token not in str(tx.rows("SELECT hash FROM links"))

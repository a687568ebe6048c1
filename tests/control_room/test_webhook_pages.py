"""The pages of webhooks out: added with a secret that is shown once, told again, paused and ended."""

import re

from afterclick.control_room.outgoing import subscriptions
from tests.control_room.api_office import ApiOffice

PLACE = "/integrations/webhooks"


def sent(office: ApiOffice, path: str, **fields: str) -> tuple[int, str]:
    """What a form of the page is answered: status, and the page or where it leads."""
    token = re.search(r'form_token" value="(\w+)"', office.get(PLACE).text)
    assert token is not None
    answer = office.form(path, {"form_token": token[1], **fields})
    return answer.status_code, answer.headers.get("location", answer.text)


def test_a_subscriber_is_added_and_its_secret_shown_once(programs: ApiOffice) -> None:
    assert "Nobody is told yet" in programs.get(PLACE).text
    status, page = sent(programs, PLACE, url="https://shop.example/hook", events="shipped, stuck")
    secret = re.search(r"whsec_\w+", page)
    assert (status, secret is not None) == (200, True)
    for path in (PLACE, f"{PLACE}/1"):
        page = programs.get(path).text
        assert "shop.example/hook" in page and "whsec_" not in page
    assert "Tell another program" not in programs.get(PLACE, "viewer").text


def test_what_is_wrong_is_said_on_the_page_and_what_was_typed_stays(programs: ApiOffice) -> None:
    status, page = sent(programs, PLACE, url="https://127.0.0.1/<script>", events="a")
    assert (status, "no public address" in page, "&lt;script&gt;" in page) == (422, True, True)
    assert programs.rows("SELECT COUNT(*) FROM subscriptions") == [(0,)]


def test_tellings_are_listed_and_told_again(programs: ApiOffice) -> None:
    sent(programs, PLACE, url="https://shop.example/hook", events="received")
    with programs.office.database.transaction() as tx:
        (one,) = subscriptions.listed(tx)
        last = tx.value("SELECT MAX(number) FROM blocks")
        subscriptions.note(tx, one, 1, last, now_ms=1)
        tx.run("UPDATE tellings SET state = 'dead', tries = 8, status = 500, said = '<b>broken</b>' WHERE id = 1")
    page = programs.get(f"{PLACE}/1?state=dead").text
    assert "&lt;b&gt;broken" in page and page.count("given up") == 2
    assert "1" in programs.get(PLACE).text
    assert sent(programs, f"{PLACE}/1/replay", telling="1") == (303, f"{PLACE}/1")
    assert programs.rows("SELECT state FROM tellings WHERE id = 1") == [("waiting",)]
    assert sent(programs, f"{PLACE}/1/replay", **{"from": "1970-01-01", "to": "2200-01-01"})[0] == 303
    for fields in ({"from": "x", "to": "y"}, {}):
        assert sent(programs, f"{PLACE}/1/replay", **fields)[0] == 422
    assert programs.get(f"{PLACE}/1?state=odd").status_code == 422


def test_a_subscriber_is_paused_renewed_and_ended(programs: ApiOffice) -> None:
    sent(programs, PLACE, url="https://shop.example/hook", events="*")
    assert sent(programs, f"{PLACE}/1/pause") == (303, f"{PLACE}/1")
    assert "Go on" in programs.get(f"{PLACE}/1").text
    assert sent(programs, f"{PLACE}/1/resume")[0] == 303
    assert "whsec_" in sent(programs, f"{PLACE}/1/renew")[1]
    assert sent(programs, f"{PLACE}/1/end") == (303, PLACE)
    for path in (f"{PLACE}/1", f"{PLACE}/0", f"{PLACE}/{10**30}"):
        assert programs.get(path).status_code == 404
    assert sent(programs, f"{PLACE}/1/burn")[0] == 404
    assert sent(programs, f"{PLACE}/1/pause")[0] == 404

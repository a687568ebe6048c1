"""Anchors outside the office: files are read and written, webhooks are signed, and the bot says where it went."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from afterclick.connectors.anchor_file import AnchorFile
from afterclick.connectors.anchor_webhook import AnchorWebhook
from afterclick.control_room.audit.anchor import Anchoring, anchor, anchor_now
from afterclick.domain.anchor import Head
from afterclick.engine import queue
from afterclick.governance.audit import anchors
from afterclick.governance.audit.anchors import AnchorError, Kept
from afterclick.ports.answer import Answer, Declined, Done, Unavailable
from afterclick.store import log
from tests.orders.office import SmallOffice, small_office

HASH = "ab" * 32


def head(block: int = 3, digest: str = HASH) -> Head:
    return Head(f"anchor:{block}:file", "Shop", block, digest, 1_795_132_800_007)


def test_heads_are_added_to_the_file_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    file = AnchorFile(path)
    assert file.keep([head(), head(5)]) == [Done(None), Done(None)]
    assert file.keep([head()]) == [Done(None)]
    assert file.keep([]) == []
    first = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    assert first == {"office": "Shop", "block": 3, "hash": HASH, "at": "2026-11-20T00:00:00.007+00:00"}
    assert anchors.read(path) == {3: HASH, 5: HASH}


def test_a_file_that_cannot_be_written_can_be_tried_again(tmp_path: Path) -> None:
    (answer,) = AnchorFile(tmp_path / "none" / "anchors.jsonl").keep([head()])
    assert isinstance(answer, Unavailable)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "line 1 is no anchor"),
        ('{"block":0,"hash":"' + HASH + '"}', "a block has a number from 1 on"),
        ('{"block":1,"hash":"x"}', "64 hex digits"),
        ('{"block":1,"hash":"' + HASH + '"}\n\n{"block":1,"hash":"' + "cd" * 32 + '"}', "line 3 names another hash for block 1"),
    ],
)
def test_an_anchor_file_that_says_nothing_clear_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "anchors.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AnchorError, match=said):
        anchors.read(path)


def test_what_is_posted_is_signed_and_carries_its_key() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(204)

    webhook = AnchorWebhook(
        "https://witness.example/a", secret=lambda: "s3cret", now_ms=lambda: 9_500, transport=httpx.MockTransport(answer)
    )
    assert webhook.keep([head()]) == [Done(None)]
    body = asked[0].content
    signed = hmac.new(b"s3cret", b"9." + body, hashlib.sha256).hexdigest()
    assert asked[0].headers["afterclick-signature"] == f"t=9,v1={signed}"
    assert asked[0].headers["idempotency-key"] == "anchor:3:file"
    assert b"s3cret" not in body


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, Done), (302, Declined), (403, Declined), (408, Unavailable), (429, Unavailable), (503, Unavailable)],
)
def test_a_witness_that_has_trouble_is_asked_again_and_one_that_refuses_is_not(status: int, kind: type) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status))
    webhook = AnchorWebhook("https://witness.example/a", secret=lambda: "x", now_ms=lambda: 1, transport=transport)
    assert [type(one) for one in webhook.keep([head()])] == [kind]


def test_nothing_is_posted_unsigned_and_a_silent_witness_can_be_tried_again() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("no answer", request=request)

    transport = httpx.MockTransport(silent)
    unsigned = AnchorWebhook("https://witness.example/a", secret=lambda: "", now_ms=lambda: 1, transport=transport)
    assert isinstance(unsigned.keep([head()])[0], Declined)
    signed = AnchorWebhook("https://witness.example/a", secret=lambda: "x", now_ms=lambda: 1, transport=transport)
    assert signed.keep([head()]) == [Unavailable("the witness did not answer: ConnectTimeout")]


class Refusing:
    """A witness that will not keep anything."""

    name = "refusing"

    def keep(self, heads: Sequence[Head]) -> Sequence[Answer[None]]:
        return [Declined("not today")] * len(heads)


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[SmallOffice]:
    with small_office(database_url, bots=(anchor,)) as made:
        made.engine.equipment = {
            **made.engine.equipment, Anchoring: Anchoring("Shop", ("witness:file", "witness:no"), "auditor@shop.example")
        }  # fmt: skip
        made.engine.door.ports = {
            **made.engine.door.ports, "witness:file": AnchorFile(tmp_path / "anchors.jsonl"), "witness:no": Refusing()
        }  # fmt: skip
        yield made


def test_the_bot_writes_the_head_down_everywhere_and_says_where_it_could_not(office: SmallOffice, tmp_path: Path) -> None:
    office.order("A-1")
    office.run()
    with office.database.transaction() as tx:
        queue.put_start(tx, anchor.card.id, now_ms=office.clock.ms)
        last, digest = anchors.head(tx) or (0, "")
    office.run()
    known = anchors.read(tmp_path / "anchors.jsonl")
    assert known == {last: digest}
    with office.database.reading() as tx:
        found = log.verify(tx, anchors=known)
        assert (found.ok, found.anchored) == (True, last)
        kept = {one.witness: one for one in anchors.latest(tx)}
    assert {name: one.state for name, one in kept.items()} == {"file": "kept", "no": "declined", "mail": "kept"}
    said = office.one("SELECT because FROM events WHERE activity = 'log.anchored'")
    assert said == "file: kept; no: not today; mail: kept"
    assert office.letters.sent[-1] == (0, "log_anchor")
    assert not office.wrong()


def test_a_person_writes_the_head_down_at_once(office: SmallOffice, tmp_path: Path) -> None:
    equipment = Anchoring("Shop", ("witness:file",))
    office.order("A-1")
    with office.database.reading() as tx:
        before = anchors.head(tx) is None
    kept = anchor_now(office.database, office.engine.door, equipment, by="person:anna", now_ms=office.clock.ms)
    assert [isinstance(one, Kept) and one.state for one in kept] == ([] if before else ["kept"])
    assert anchors.read(tmp_path / "anchors.jsonl") if kept else True
    assert office.one("SELECT COUNT(*) FROM blocks WHERE actor = 'person:anna'") == len(kept)

"""Tell subscribers what happened: signed webhooks, tried again with growing pauses, and given up in the end."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from afterclick.control_room.outgoing import subscriptions
from afterclick.control_room.outgoing.signer import NAME as SIGNING_KEY
from afterclick.control_room.outgoing.signer import Signer, derived
from afterclick.control_room.outgoing.subscriptions import Subscription
from afterclick.domain.signing import HEADER, sign
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.door import Act
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every
from afterclick.governance.vault.errors import VaultError
from afterclick.governance.vault.secret import Secret
from afterclick.governance.vault.vault import Vault
from afterclick.ports.answer import Done
from afterclick.ports.subscribers import Telling, Told
from afterclick.store import tables
from afterclick.store.transaction import Row, Tx

CARD: Final = Card(
    id="webhooks.tell",
    does="Tells subscribers by webhook what happened",
    owner="operations",
    works_on="event",
    starts_on=(Every(seconds=5),),
    may={"webhooks": frozenset({"tell"})},
    secrets=frozenset({SIGNING_KEY}),
    purpose="So that warehouse screens, chats and other programs know within seconds, and nobody has to poll",
    handles=frozenset({"order"}),
    limits="Says what happened and which order it was about; 200 at a time, eight tries each, to public addresses",
)
TELL: Final = Act("webhooks", "tell", Told)
BLOCKS_AT_ONCE: Final = 5_000
TELLINGS_AT_ONCE: Final = 200
FIRST_PAUSE_MS: Final = 30_000
LONGEST_PAUSE_MS: Final = 8 * 3_600_000
KEPT_MS: Final = 30 * 86_400_000
"""Tellings that are through are forgotten after 30 days; the log keeps what happened."""
GONE: Final = 410
"""By this status a subscriber says that nobody is there any more (RFC 9110)."""
CURSOR: Final = "tellings"
_DUE: Final = (
    "SELECT t.id, t.block, t.seq, t.tries, t.tries_left, s.id, s.url, s.secret, e.activity, e.order_id, e.object, e.verdict,"
    " e.because, b.at_ms, o.store, o.external_id FROM tellings t JOIN subscriptions s ON s.id = t.subscription"
    " JOIN events e ON e.block = t.block AND e.seq = t.seq JOIN blocks b ON b.number = t.block"
    " LEFT JOIN orders o ON o.id = e.order_id"
    " WHERE t.state = 'waiting' AND t.next_ms <= ? AND s.state = 'active' ORDER BY t.next_ms, t.id LIMIT ?"
)


class Try(NamedTuple):
    """What came of one telling: its tries before this one, those that were left, and what was answered."""

    tries: int
    left: int
    subscription: int
    told: Told


@stage()
def note(tellings: Batch[None]) -> None:
    """Write down who is to be told of what has happened since the last look; forget what is long through."""
    tx, now_ms = tellings.tx, tellings.now_ms
    everyone = subscriptions.listed(tx)
    if not everyone:
        return
    first, last = _unseen(tx, everyone)
    for one in everyone:
        subscriptions.note(tx, one, max(first, one.since_block + 1), last, now_ms=now_ms)
    if last >= first:
        sql = "INSERT INTO counters (name, next) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next = excluded.next"
        tx.run(sql, (CURSOR, last + 1))
    if last - first + 1 == BLOCKS_AT_ONCE:
        tellings.start_again()
    tx.run(
        "DELETE FROM tellings WHERE id IN (SELECT id FROM tellings WHERE state <> 'waiting' AND done_ms < ? LIMIT 5000)",
        (now_ms - KEPT_MS,),
    )


def ask_them(tellings: Batch[None]) -> Mapping[int, Try]:
    """Sign what is due and send it, through the door."""
    due = {row[0]: row for row in tellings.tx.rows(_DUE, (tellings.now_ms, TELLINGS_AT_ONCE))}
    if not due:
        return {}
    try:
        with Signer(tellings.use(Vault), card=CARD).lent() as key:
            requests = {number: _signed(row, key, tellings) for number, row in due.items()}
            answers = tellings.ask(TELL, requests)
    except VaultError as error:
        return {number: _tried(row, Told(0, str(error))) for number, row in due.items()}
    return {
        number: _tried(due[number], answer.answer if isinstance(answer, Done) else Told(0, answer.because))
        for number, answer in answers.items()
        if number not in answers.withheld and tellings.mode == "live"
    }


@stage(calls=ask_them)
def tell(tellings: Batch[None], tried: Mapping[int, Try]) -> None:
    """Write down what came of it: told, to be tried again later, or given up."""
    now_ms = tellings.now_ms
    rows = [(*_after(number, one, now_ms), number) for number, one in tried.items()]
    sets = ("state", "tries", "tries_left", "next_ms", "status", "said", "done_ms")
    tellings.tx.update(tables.tellings, keys=("id",), sets=sets, rows=rows)
    for number in sorted({one.subscription for one in tried.values() if one.told.status == GONE}):
        subscriptions.change(tellings.tx, number, "paused", by=CARD.id, now_ms=now_ms)
    if len(tried) == TELLINGS_AT_ONCE:
        tellings.start_again()


@bot(CARD, over=NoItems())
def tell_subscribers(tellings: Batch[None]) -> None:
    note(tellings)
    tell(tellings)


def _unseen(tx: Tx, everyone: list[Subscription]) -> tuple[int, int]:
    """The first and the last block to look at now."""
    seen = int(tx.value("SELECT next FROM counters WHERE name = ?", (CURSOR,)) or 1)
    first = max(seen, min(one.since_block for one in everyone) + 1)
    head = int(tx.value("SELECT COALESCE(MAX(number), 0) FROM blocks"))
    return first, min(head, first + BLOCKS_AT_ONCE - 1)


def _signed(row: Row, key: Secret, tellings: Batch[None]) -> Telling:
    number, block, seq, tries, _, _, url, salt, activity, order_id, named, verdict, because, at_ms, store, external_id = row
    body = msgspec.json.encode({
        "id": f"{block}.{seq}", "type": activity, "at_ms": at_ms, "object": named or "", "verdict": verdict, "because": because,
        "order": None if order_id is None else {"id": order_id, "store": store or "", "number": external_id or ""},
    })  # fmt: skip
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Afterclick",
        "Afterclick-Event": activity,
        "Afterclick-Delivery": str(number),
        HEADER: sign(body, secret=derived(key, salt), at_s=tellings.now_ms // 1000),
    }
    if traceparent := tellings.around.tracer.traceparent():
        headers["traceparent"] = traceparent
    return Telling(f"webhook:{number}:{tries + 1}", url, body, headers)


def _tried(row: Row, told: Told) -> Try:
    return Try(row[3], row[4], row[5], told)


def _after(number: int, one: Try, now_ms: int) -> tuple[str, int, int, int, int, str, int]:
    """The telling's new state, tries, tries left, next instant, status, what was said, and when it was through."""
    left, said = max(0, one.left - 1), " ".join(one.told.said.split())
    if one.told.ok:
        return "told", one.tries + 1, left, 0, one.told.status, said, now_ms
    if not left or one.told.status == GONE:
        return "dead", one.tries + 1, 0, 0, one.told.status, said, now_ms
    return "waiting", one.tries + 1, left, now_ms + pause_ms(one.left, number), one.told.status, said, 0


def pause_ms(left: int, number: int) -> int:
    """How long until the next try when `left` were left before this one: four times as long each time, a little spread out."""
    pause = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 4 ** (subscriptions.TRIES - left))
    return pause + pause * (number % 11) // 100

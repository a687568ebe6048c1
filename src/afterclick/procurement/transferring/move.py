"""Begin the transfers that plans have proposed: off the books where goods lie, and word to the warehouse."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from afterclick.domain.transfer import Transfer, TransferFacts, TransferRequest
from afterclick.domain.verdict import Refuse
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.door import Act
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every, Manual, On
from afterclick.ports.answer import Answer, Declined, Done, Unavailable
from afterclick.procurement.buying.records import day_of
from afterclick.procurement.transferring.proposing import KIND
from afterclick.procurement.transferring.rules import may_move
from afterclick.store import stock, transfers
from afterclick.store.log import Event
from afterclick.store.stock import Place

CARD: Final = Card(
    id="procurement.transfer",
    does="Sends goods from a warehouse that has too many to one that would buy them",
    owner="operations",
    works_on=KIND,
    starts_on=(On("transfer.proposed"), Every(seconds=300)),
    may={"warehouse": frozenset({"transfer"})},
    replaces=Manual(minutes=6.0, per="transfer", source="assumption, see docs/roi.md"),
    purpose="So that nothing is bought that another warehouse has lying about",
    handles=frozenset({"stock", "catalogue"}),
    limits="planning in policy.toml",
)
TRANSFER: Final = Act("warehouse", "transfer", None)
AT_ONCE: Final = 200
HELD_MS: Final = 600_000
"""So long a batch has a transfer for itself; when it has come to nothing by then, another takes it up."""
FIRST_WAIT_MS: Final = 300_000
LONGEST_WAIT_MS: Final = 3_600_000


@stage()
def release(some: Batch[None]) -> None:
    """What may move leaves the books of its warehouse, so that nobody sells it; what may not is cancelled, and says why.

    What has to be told is this batch's from here on, so that two workers do not tell it both.
    """
    tx, now_ms = some.tx, some.now_ms
    found = transfers.proposed(tx, limit=AT_ONCE)
    released: list[Transfer] = []
    refused: dict[Transfer, str] = {}
    today = transfers.released_since(tx, day_of(now_ms)[0])
    levels = stock.levels(tx, {one.sku for one in found})
    free: Counter[Place] = Counter({place: level.available for place, level in levels.items()})
    for one in found:
        start = (one.sku, one.start)
        facts = TransferFacts(one.id, one.number, one.sku, one.start, one.end, one.pieces, free[start], today)
        verdict = may_move(facts, some.policy.planning)
        said = msgspec.json.encode(facts).decode()
        some.record(Event(may_move.__name__, None, f"{KIND}/{one.id}", type(verdict).__name__, verdict.because, said))
        if isinstance(verdict, Refuse):
            refused[one] = verdict.because
        else:
            released.append(one)
            free[start] -= one.pieces
            today += one.pieces
    transfers.release(tx, released, now_ms=now_ms)
    _cancel(some, refused)
    transfers.hold(tx, some.id, limit=AT_ONCE, until_ms=now_ms + HELD_MS, now_ms=now_ms)
    if len(found) == AT_ONCE:
        some.start_again()


def tell_warehouse(some: Batch[None]) -> dict[int, Answer[Any]]:
    """Ask the warehouse to send what was released; a key stands for one transfer, so that it is sent once."""
    requests = {
        one.id: TransferRequest(f"transfer:{one.id}", one.id, one.number, one.sku, one.start, one.end, one.pieces)
        for one in transfers.held(some.tx, some.id)
    }
    answers = some.ask(TRANSFER, requests)
    return {transfer: answer for transfer, answer in answers.items() if isinstance(answer, Done | Declined | Unavailable)}


@stage(calls=tell_warehouse)
def send(some: Batch[None], answers: Mapping[int, Answer[Any]]) -> None:
    """What the warehouse has taken is in transit; what it will not send is back on its books; where it is silent, again later."""
    tx, now_ms = some.tx, some.now_ms
    found = [one for one in transfers.held(tx, some.id, locked=True) if one.id in answers]
    silent = [one for one in found if isinstance(answers[one.id], Unavailable)]
    declined = {
        one: f"{one.start} does not send it: {answer.because}"
        for one in found
        if isinstance(answer := answers[one.id], Declined) and not one.received  # what has come was sent, whatever is said of it
    }
    taken = [one for one in found if one not in silent and one not in declined]
    transfers.sent(tx, taken, now_ms=now_ms)
    for one in taken:
        said = f"{one.number}: {one.pieces:,} of {one.sku} from {one.start} to {one.end}"
        some.record(Event("transfer.sent", None, f"{KIND}/{one.id}", "Pass", said))
    _cancel(some, declined)
    waits = {one.id: min(LONGEST_WAIT_MS, max(FIRST_WAIT_MS, 2 * one.retry_ms)) for one in silent}
    transfers.later(tx, waits, now_ms=now_ms)


@bot(CARD, over=NoItems())
def transfer(some: Batch[None]) -> None:
    release(some)
    send(some)


def _cancel(some: Batch[None], why: Mapping[Transfer, str]) -> None:
    """End transfers that do not begin; whoever waits for pieces hears that they are there again."""
    transfers.cancel(some.tx, why, now_ms=some.now_ms)
    for one, because in why.items():
        some.record(Event("transfer.cancelled", None, f"{KIND}/{one.id}", "Refuse", f"{one.number}: {because}"[:300]))
        if one.state == "released":
            some.record(Event("stock.arrived", None, f"stock/{one.sku}@{one.start}", "", f"{one.pieces:,} pieces stay"))

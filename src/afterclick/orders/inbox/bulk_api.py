"""Many tasks at once for programs: what a decision would do, and the decision."""

from fastapi import Response

from afterclick.control_room.access import DecidesOrders
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.problems import Problem
from afterclick.governance.actor import Actor
from afterclick.orders.inbox import bulk
from afterclick.orders.inbox.bulk import MOST
from afterclick.orders.inbox.decisions import NotDecidable
from afterclick.orders.inbox.handling import NotPossible
from afterclick.orders.inbox.shapes import Bulk, BulkDecided, Matching, NotDone, Previewed, Previewing
from afterclick.orders.inbox.tasks import Sought, chosen
from afterclick.store.transaction import Tx


def add(api: Interface) -> None:
    """Add the routes under `/api/v1/inbox/bulk`."""
    room = api.room

    @api.post("/inbox/bulk/preview", Previewing, Previewed, keyed=False)
    def preview(who: DecidesOrders, sent: Sends) -> Response:
        """What deciding many at once would do; nothing is changed. Send the tasks that it names to decide them."""
        wish = sent.read(Previewing)
        if bool(wish.tasks) == (wish.matching is not None):
            raise Problem(422, "name either tasks, or what they are matching")
        with refusing(422, ValueError), room.database.reading() as tx:
            ids = _matching(tx, wish.matching) if wish.matching is not None else wish.tasks
            found = bulk.preview(tx, list(dict.fromkeys(ids)), wish.decision, by=who)
        left = tuple(NotDone(*one) for one in found.not_possible)
        ids = tuple(one.id for one in found.tasks)
        return Given(Previewed(ids, found.stages, found.money, found.proposals, found.oldest_ms, left))

    @api.post("/inbox/bulk", Bulk, BulkDecided)
    def decide(who: DecidesOrders, sent: Sends) -> Response:
        """Decide many at once, in one transaction; those that cannot be decided are named and left."""
        wish = sent.read(Bulk)
        if wish.decision == "reassign" and not wish.to_whom.strip():
            raise Problem(422, "say to_whom the tasks are to be given: a team, or a person as person:<name>")
        return sent.once(room, who, lambda tx: _decided(tx, wish, who, room.now_ms()))


def _matching(tx: Tx, wanted: Matching) -> list[int]:
    sought = Sought(
        "open", wanted.team, wanted.stage, wanted.bot, wanted.assignee, wanted.waiting, wanted.day, wanted.failed
    )  # fmt: skip
    return chosen(tx, sought, most=MOST)


def _decided(tx: Tx, wish: Bulk, who: Actor, now_ms: int) -> BulkDecided:
    decided: list[int] = []
    left: list[NotDone] = []
    for number in dict.fromkeys(wish.tasks):
        try:
            with tx.savepoint():
                bulk.one(tx, number, wish.decision, by=who, note=wish.note, to_whom=wish.to_whom, now_ms=now_ms)
            decided.append(number)
        except (NotDecidable, NotPossible) as error:
            left.append(NotDone(number, str(error)))
    return BulkDecided(tuple(decided), tuple(left))

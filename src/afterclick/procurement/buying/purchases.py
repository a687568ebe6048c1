"""Purchase orders in the database, a batch at a time: loading, claiming, and the state in which they leave a bot's hands."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from afterclick.domain.buying_facts import ChangeFacts, PurchaseFacts
from afterclick.domain.buying_limits import BuyingLimits
from afterclick.domain.purchase import PurchaseLine, PurchaseOrder
from afterclick.domain.vendor_messages import Asks
from afterclick.domain.verdict import Ask, Done, Leaving, Refuse, Wait
from afterclick.engine import queue
from afterclick.engine.batch import Batch
from afterclick.engine.items import Judged, Left
from afterclick.governance.policy import Policy
from afterclick.procurement.buying import facts
from afterclick.procurement.buying.terms import read_terms
from afterclick.store import purchases, tables
from afterclick.store.transaction import Row, Tx

BUY: Final = "procurement.buy"
FOLLOW: Final = "procurement.follow"
KIND: Final = "purchase"
LONGEST_RETRY_MS: Final = 3_600_000
_COLUMNS: Final = (
    "id, number, vendor, currency, sent_ms, state, warehouse, vendor_reference, revision, terms, stage, batch, proposed_by,"
    " due_ms, reminders, reminded_ms, because, withdrawal, chase"
)
_LINES: Final = (
    "purchase, no, sku, quantity, price, price_basis, unit, per_unit, vendor_sku, gtin, name, deliver_on, acknowledged,"
    " received, cancelled, because, need"
)


class Chase(msgspec.Struct, frozen=True):
    """A reminder as it goes out, the `number_of`th, under the effect key `key`, or the question to a person instead of it."""

    asks: Asks
    because: str
    to_person: bool
    key: str
    number_of: int
    lines: tuple[int, ...]
    text: str


class Purchase(msgspec.Struct, frozen=True):
    """A purchase order as the office works on it: the order itself, and where it stands."""

    order: PurchaseOrder
    stage: str = ""
    batch: int | None = None
    proposed_by: str = ""
    due_ms: int = 0
    reminders: int = 0
    reminded_ms: int = 0
    because: str = ""
    withdrawal: str = ""
    """Why somebody wants it taken back, as long as that is to be done."""
    chase: Chase | None = None
    """The reminder that has been decided on and is not done yet; what goes out is this, whatever has happened since."""

    @property
    def id(self) -> int:
        return self.order.id


_read_chase = msgspec.json.Decoder(Chase).decode


def load(tx: Tx, ids: Sequence[int]) -> dict[int, Purchase]:
    """Purchase orders with their lines, in the order of `ids`; two queries whatever their number."""
    condition, value = tx.among(ids)
    lines: dict[int, list[PurchaseLine]] = {}
    for row in tx.rows(f"SELECT {_LINES} FROM purchase_lines WHERE purchase {condition} ORDER BY purchase, no", (value,)):  # noqa: S608
        lines.setdefault(row[0], []).append(_line(row))
    rows = tx.rows(f"SELECT {_COLUMNS} FROM purchase_orders WHERE id {condition}", (value,))  # noqa: S608
    found = {row[0]: _purchase(row, lines.get(row[0], [])) for row in rows}
    return {purchase: found[purchase] for purchase in ids if purchase in found}


class Purchases:
    """Purchase orders as the items of a bot (`engine.items.Items`). `takes` are the states from which this bot claims one."""

    kind = KIND

    def __init__(self, *, bot_id: str, takes: Sequence[str]) -> None:
        self._bot_id = bot_id
        self._takes = ", ".join(f"'{state}'" for state in takes)
        self.facts: type[Judged] | None = PurchaseFacts if bot_id == BUY else ChangeFacts

    def claim(self, tx: Tx, ids: Sequence[int], *, batch: int, now_ms: int) -> list[int]:
        """Only what rests where this batch goes on; a group that was queued before somebody changed the order is out of date."""
        condition, value = tx.among(ids)
        at = str(tx.value("SELECT resume FROM batches WHERE id = ?", (batch,)) or "").partition(":")[2]
        rows = tx.rows(
            f"UPDATE purchase_orders SET batch = ? WHERE id {condition} AND batch IS NULL AND stage = ?"  # noqa: S608
            f" AND state IN ({self._takes}) RETURNING id",
            (batch, value, at),
        )
        return [row[0] for row in rows]

    def load(self, tx: Tx, ids: Sequence[int]) -> dict[int, Purchase]:
        return load(tx, ids)

    def gather(self, batch: Batch[Purchase], items: Sequence[Purchase]) -> Sequence[PurchaseFacts | ChangeFacts]:
        orders = [one.order for one in items]
        if self._bot_id == BUY:
            return facts.of_purchases(batch.tx, orders, policy=batch.policy, now_ms=batch.now_ms)
        return facts.of_changes(batch.tx, orders, policy=batch.policy)

    def limits(self, policy: Policy) -> BuyingLimits:
        return policy.buying

    def interrupted(self, tx: Tx, *, batch: int) -> dict[int, str]:
        """Nobody takes an order out of a bot's hands; who cancels one waits the moment until it is free."""
        return {}

    def leave(self, tx: Tx, left: Sequence[Left], *, batch: int, now_ms: int) -> None:
        """Of orders that go on elsewhere the stages have written the state; who asks or waits rests at the stage."""
        tx.update(tables.purchase_orders, keys=("id",), sets=("batch",), rows=[(None, one.item) for one in left])
        refused = {one.item: ("refused", one.leaving.because) for one in left if isinstance(one.leaving, Refuse)}
        if refused:
            purchases.close(tx, refused, now_ms=now_ms)
        tx.run_many(
            "UPDATE purchase_orders SET stage = '', waiting_for = '', retry_ms = 0 WHERE id = ?",
            [(one.item,) for one in left if isinstance(one.leaving, Done)],
        )
        resting = [one for one in left if isinstance(one.leaving, Ask | Wait) and getattr(one.leaving, "on", "") != "mode"]
        retries = self._retries(tx, resting)
        rows = [
            (one.stage, _waits_for(one.leaving), one.leaving.because, now_ms, retries.get(one.item, 0), one.item)
            for one in resting
        ]
        sets = ("stage", "waiting_for", "because", "since_ms", "retry_ms")
        tx.update(tables.purchase_orders, keys=("id",), sets=sets, rows=rows)
        tx.run_many(
            "UPDATE purchase_orders SET state = 'asked' WHERE id = ? AND state IN ('proposed', 'approved')",
            [(one.item,) for one in resting if isinstance(one.leaving, Ask)],
        )
        for one in resting:
            if one.item in retries:
                not_before_ms = now_ms + retries[one.item]
                queue.put(tx, self._bot_id, [one.item], now_ms=now_ms, resume=f"at:{one.stage}", not_before_ms=not_before_ms)

    def release(self, tx: Tx, ids: Sequence[int], *, batch: int, stage: str, now_ms: int) -> None:
        condition, value = tx.among(ids)
        tx.run(
            "UPDATE purchase_orders SET batch = NULL, since_ms = ?, stage = CASE WHEN ? = '' THEN stage ELSE ? END"  # noqa: S608
            f" WHERE batch = ? AND id {condition}",
            (now_ms, stage, stage, batch, value),
        )

    def _retries(self, tx: Tx, resting: Sequence[Left]) -> Mapping[int, int]:
        """How long those wait that wait for a system: twice as long as the time before."""
        waiting = {one.item: one.leaving for one in resting if isinstance(one.leaving, Wait)}
        condition, value = tx.among(waiting)
        before = dict(tx.rows(f"SELECT id, retry_ms FROM purchase_orders WHERE id {condition}", (value,)))  # noqa: S608
        return {
            item: min(LONGEST_RETRY_MS, max(leaving.retry_after_ms, 2 * before.get(item, 0))) for item, leaving in waiting.items()
        }


def enqueue(tx: Tx, bot_id: str, ids: Sequence[int], *, now_ms: int, resume: str = "") -> None:
    """Let a bot take up purchase orders."""
    queue.put(tx, bot_id, list(ids), now_ms=now_ms, resume=resume)


def line_row(purchase: int, line: PurchaseLine) -> tuple[str | int | bool | None, ...]:
    """A line as `LINE_COLUMNS` name it."""
    day = line.deliver_on.isoformat() if line.deliver_on else ""
    return (
        purchase, line.no, line.sku, line.quantity, line.price, line.price_basis, line.unit, line.per_unit, line.vendor_sku,
        line.gtin, line.name, day, line.acknowledged, line.received, line.cancelled, line.because, line.need,
    )  # fmt: skip


LINE_COLUMNS: Final = tuple(_LINES.replace(",", " ").split())


def _line(row: Row) -> PurchaseLine:
    (_, no, sku, quantity, price, basis, unit, per_unit, vendor_sku, gtin, name, day, acknowledged, received, cancelled,
     because, need) = row  # fmt: skip
    return PurchaseLine(
        no, sku, quantity, price, basis, unit, per_unit, vendor_sku, gtin, name, date.fromisoformat(day) if day else None,
        acknowledged, received, cancelled, because, need,
    )  # fmt: skip


def _purchase(row: Row, lines: Sequence[PurchaseLine]) -> Purchase:
    (number_id, number, vendor, currency, sent_ms, state, warehouse, reference, revision, terms, stage, batch, proposed_by,
     due_ms, reminders, reminded_ms, because, withdrawal, chase) = row  # fmt: skip
    said = read_terms(terms)
    order = PurchaseOrder(
        number, vendor, currency, tuple(lines), sent_ms, state, warehouse, said.deliver_to, said.deliver_on, said.incoterm,
        said.payment_days, said.note, reference, revision, number_id, "", said.expected_freight,
    )  # fmt: skip
    return Purchase(
        order, stage, batch, proposed_by, due_ms, reminders, reminded_ms, because, withdrawal,
        _read_chase(chase) if chase else None,
    )  # fmt: skip


def _waits_for(leaving: Leaving) -> str:
    return leaving.who if isinstance(leaving, Ask) else getattr(leaving, "on", "")

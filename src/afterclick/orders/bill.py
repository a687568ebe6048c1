"""Invoice what ships, with gapless numbers and balanced postings; credit what is taken back."""

from collections.abc import Sequence
from typing import Final

import msgspec

from afterclick.domain.invoice import Invoice, Posting
from afterclick.domain.order import Order
from afterclick.domain.verdict import Ask
from afterclick.engine.batch import Batch
from afterclick.engine.bots import stage
from afterclick.orders.billing import invoicing
from afterclick.orders.billing.crediting import credit_note
from afterclick.orders.billing.journal import postings
from afterclick.orders.desk import OrdersDesk
from afterclick.store import ledger, tables
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

_INVOICE: Final = (
    "series", "number", "kind", "order_id", "revision", "issued_ms", "currency", "net", "tax", "rounding", "gross", "refers_to",
    "document",
)  # fmt: skip
_document = msgspec.json.Decoder(Invoice)


@stage()
def credit(orders: Batch[Order]) -> None:
    """A credit note for every invoice of these orders that has none."""
    desk, tx = orders.use(OrdersDesk), orders.tx
    owed = uncredited(tx, orders.ids)
    if owed:
        first = tx.take(f"series:{desk.credit_series}", len(owed))
        notes = [
            credit_note(one, number=number, series=desk.credit_series, issued_ms=orders.now_ms)
            for number, one in enumerate(owed, first)
        ]
        _write(orders, notes, "credit")


@stage(undo=credit)
def invoice(orders: Batch[Order]) -> None:
    """Number, write and post one invoice per order; what cannot be taxed goes to finance."""
    desk, tx = orders.use(OrdersDesk), orders.tx
    goods, now_ms = desk.goods(tx), orders.now_ms
    first = tx.take(f"series:{desk.series}", 0)  # held, so that nobody else takes the number meanwhile
    made: list[Invoice] = []
    for order in orders:
        try:
            # Only what can be invoiced takes a number, or the series would have gaps.
            made.append(
                invoicing.invoice(
                    order,
                    number=first + len(made),
                    series=desk.series,
                    items=goods,
                    seller=desk.seller,
                    issued_ms=now_ms,
                    overrides=desk.tax_rates,
                )
            )
        except ValueError as error:
            orders.leave(order.id, Ask("finance", f"no invoice can be made: {error}", "correct it and approve"), stage="invoice")
    if made:
        tx.take(f"series:{desk.series}", len(made))
        _write(orders, made, "invoice")


def uncredited(tx: Tx, ids: Sequence[int]) -> list[Invoice]:
    """The invoices of these orders to which no credit note refers, oldest first."""
    condition, value = tx.among(ids)
    rows = tx.rows(
        f"SELECT kind, refers_to, document FROM invoices WHERE order_id {condition} ORDER BY issued_ms, number",  # noqa: S608
        (value,),
    )
    credited = {refers_to for kind, refers_to, _ in rows if kind == "credit_note"}
    documents = [_document.decode(document) for kind, _, document in rows if kind == "invoice"]
    return [one for one in documents if one.name not in credited]


def _write(orders: Batch[Order], documents: Sequence[Invoice], activity: str) -> None:
    rows: list[tuple[str | int, ...]] = []
    entries: list[Posting] = []
    encode = msgspec.json.encode
    revisions = {order.id: order.revision for order in orders}
    for one in documents:
        rows.append((
            one.series, one.number, one.kind, one.order_id, revisions[one.order_id], one.issued_ms, one.currency, one.net,
            one.tax, one.rounding, one.gross, one.refers_to, encode(one).decode(),
        ))  # fmt: skip
        entries += postings(one)
        orders.record(Event(activity, one.order_id, None, "Pass", one.name))
    orders.tx.insert(tables.invoices, _INVOICE, rows)
    ledger.post(orders.tx, entries, now_ms=orders.now_ms)

"""Erase what is known of a customer, as is their right, and keep the proof of what was done."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from afterclick.domain.invoice import Invoice
from afterclick.domain.order import CLOSED, Address, Particulars
from afterclick.governance.audit import answers, texts
from afterclick.store.database import Database
from afterclick.store.streaming import streamed
from afterclick.store.transaction import Tx

YEARS: Final = 10
"""For how many years invoices are kept where nothing else is said; the law of the seller's country decides."""
_particulars: Final = msgspec.json.Decoder(Particulars)
_invoice: Final = msgspec.json.Decoder(Invoice)


class NotErasable(ValueError):
    """What was asked for cannot be erased; the message says why, and what to do first."""


class Invoiced(msgspec.Struct, frozen=True):
    """A document that names the customer, and until when the law wants it kept."""

    name: str
    order_id: int
    issued_ms: int
    kept_until_ms: int


class Found(msgspec.Struct, frozen=True):
    """What is known of a customer: ids of orders and of questions about them, events as (block, event), and documents.

    `kept` are documents that must be kept; `due` are those whose time is over. `open` are orders that have not ended.
    """

    orders: tuple[int, ...]
    open: tuple[int, ...]
    tasks: tuple[int, ...]
    events: tuple[tuple[int, int], ...]
    kept: tuple[Invoiced, ...]
    due: tuple[Invoiced, ...]


def look(tx: Tx, customer: str, *, now_ms: int, years: int = YEARS) -> Found:
    """What would be erased. `customer` is the store's name for them, or, with an @, the e-mail address of their orders."""
    orders = _orders(tx, customer)
    known = _known(tx, orders, customer)
    among, value = tx.among(orders)
    asked = tx.rows(f"SELECT id FROM tasks WHERE item_kind IN ('order', 'proposal') AND item {among} ORDER BY id", (value,))  # noqa: S608
    tasks = [row[0] for row in asked]
    standing = tx.rows(f"SELECT id, state FROM orders WHERE id {among} ORDER BY id", (value,))  # noqa: S608
    documents = [
        Invoiced(f"{series}-{number:06d}", order_id, issued_ms, _kept_until_ms(issued_ms, years))
        for series, number, order_id, issued_ms in tx.rows(
            f"SELECT series, number, order_id, issued_ms FROM invoices WHERE order_id {among} ORDER BY issued_ms",  # noqa: S608
            (value,),
        )
    ]
    return Found(
        orders=tuple(orders),
        open=tuple(order_id for order_id, state in standing if state not in CLOSED),
        tasks=tuple(tasks),
        events=tuple(texts.about(tx, orders, tasks, known)),
        kept=tuple(one for one in documents if one.kept_until_ms > now_ms),
        due=tuple(one for one in documents if one.kept_until_ms <= now_ms),
    )


def erase(tx: Tx, customer: str, *, by: str, because: str, now_ms: int, years: int = YEARS) -> Found:
    """Erase it, in this transaction; the log says who did so and why, and names nobody else.

    Raises:
        NotErasable: nothing is known of them, an order has not ended, the reason names them, or a block does not hold.
    """
    found = look(tx, customer, now_ms=now_ms, years=years)
    _allow(tx, found, customer, because)
    if tx.dialect == "sqlite":
        tx.run("PRAGMA secure_delete = ON")  # what is overwritten is overwritten with zeros
    _forget(tx, found, customer)
    counted = (
        f"{len(found.orders)} orders, {len(found.tasks)} questions, {len(found.due)} documents; {len(found.kept)} kept by law"
    )
    texts.erase(tx, found.events, by=by, because=f"{because} ({counted})", now_ms=now_ms)
    if tx.dialect == "sqlite":
        tx.run("PRAGMA secure_delete = OFF")  # the connection goes back to those who write orders
    return found


def sweep(database: Database) -> None:
    """After the commit: what was erased also leaves SQLite's write-ahead log. PostgreSQL's own vacuum does it there."""
    if database.is_sqlite:
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def _orders(tx: Tx, customer: str) -> list[int]:
    if not customer.strip():
        return []
    if "@" not in customer:
        return [row[0] for row in tx.rows("SELECT id FROM orders WHERE customer = ? ORDER BY id", (customer,))]
    wanted = customer.strip().casefold()
    rows = streamed(tx, "SELECT id, particulars, customer FROM orders WHERE particulars LIKE '%@%' ORDER BY id")
    return [order_id for order_id, text, name in rows if wanted in (name.casefold(), _email(text))]


def _email(particulars: str) -> str:
    return _particulars.decode(particulars).email.casefold()


def _known(tx: Tx, orders: Sequence[int], customer: str) -> list[str]:
    """Words by which the customer is found in text that belongs to no order: e-mail addresses and names."""
    among, value = tx.among(orders)
    words = {customer} if "@" in customer else set[str]()
    for (text,) in tx.rows(f"SELECT particulars FROM orders WHERE id {among}", (value,)):  # noqa: S608
        known = _particulars.decode(text)
        words |= {known.email, known.ship_to.name}
    return sorted(word for word in words if len(word) >= texts.SHORTEST)


def _allow(tx: Tx, found: Found, customer: str, because: str) -> None:
    if not found.orders:
        raise NotErasable(
            f"nothing is known of a customer {customer!r}; the id is the one that the store gave, or an e-mail address"
        )
    if found.open:
        named = ", ".join(map(str, found.open[:5]))
        raise NotErasable(
            f"{len(found.open)} of the customer's orders have not ended ({named}): let them ship or cancel them first, since"
            " nobody could deliver them afterwards"
        )
    if not because.strip():
        raise NotErasable("say why, for example: asked for by letter of 3 May")
    named_there = [word for word in (*_known(tx, found.orders, customer), customer) if word.casefold() in because.casefold()]
    if named_there:
        raise NotErasable("the reason stays in the log for good: say it without naming the customer")


def _forget(tx: Tx, found: Found, customer: str) -> None:
    among, orders = tx.among(found.orders)
    named = tx.rows(f"SELECT DISTINCT customer FROM orders WHERE id {among} AND customer <> ''", (orders,))  # noqa: S608
    names = {customer, *(row[0] for row in named)}
    words = {*_known(tx, found.orders, customer), *(name for name in names if len(name) >= texts.SHORTEST)}
    answers.forget(tx, found.orders, found.tasks, sorted(words))
    rows = tx.rows(f"SELECT id, country, particulars FROM orders WHERE id {among}", (orders,))  # noqa: S608
    tx.run_many("UPDATE orders SET particulars = ? WHERE id = ?", list(_without_the_person(rows)))
    tx.run(
        f"UPDATE orders SET customer = '', card = '', address_key = '', because = '' WHERE id {among}",  # noqa: S608
        (orders,),
    )
    for name in names:
        tx.run("DELETE FROM ranges WHERE kind = 'value' AND ref = ?", (name,))
    tx.run(f"UPDATE amendments SET change = '{{}}', because = '{texts.ERASED}' WHERE order_id {among}", (orders,))  # noqa: S608
    tx.run(f"UPDATE policy_replay_cases SET because = '{texts.ERASED}' WHERE order_id {among}", (orders,))  # noqa: S608
    among, tasks = tx.among(found.tasks)
    sql = f"UPDATE tasks SET because = '{texts.ERASED}', facts = '', note = '' WHERE id {among}"  # noqa: S608
    tx.run(sql, (tasks,))
    tx.run(f"UPDATE questions SET question = '{texts.ERASED}', answer = '' WHERE task {among}", (tasks,))  # noqa: S608
    _forget_documents(tx, [one.name for one in found.due])
    tx.run_many(
        "INSERT INTO kept_documents (series, number, until_ms) VALUES (?, ?, ?)",
        [(*_numbered(one.name), one.kept_until_ms) for one in found.kept],
    )


def _without_the_person(rows: Sequence[tuple[int, str, str]]) -> Iterator[tuple[str, int]]:
    """What stays of an order's particulars: to which country it went and was billed, by which its tax is still explained."""
    for order_id, country, text in rows:
        known = _particulars.decode(text)
        kept = Particulars(
            Address(country=known.ship_to.country or country), bill_country=known.bill_country, partial_ok=known.partial_ok,
            withheld=known.withheld,
        )  # fmt: skip
        yield msgspec.json.encode(kept).decode(), order_id


def expire(tx: Tx, *, now_ms: int) -> list[str]:
    """Take the buyer out of the documents of erased customers whose time is over; returns their names."""
    rows = tx.rows("SELECT series, number FROM kept_documents WHERE until_ms <= ? ORDER BY series, number", (now_ms,))
    names = [f"{series}-{number:06d}" for series, number in rows]
    _forget_documents(tx, names)
    tx.run("DELETE FROM kept_documents WHERE until_ms <= ?", (now_ms,))
    return names


def _numbered(name: str) -> tuple[str, int]:
    series, _, number = name.rpartition("-")
    return series, int(number)


def _forget_documents(tx: Tx, names: Sequence[str]) -> None:
    """Take the buyer out of documents that need not be kept any longer; their amounts stay in the books."""
    for name in names:
        place = _numbered(name)
        text = tx.value("SELECT document FROM invoices WHERE series = ? AND number = ?", place)
        known = _invoice.decode(text)
        left = msgspec.structs.replace(known, customer="", buyer=Address(country=known.buyer.country), buyer_tax_id="")
        values = (msgspec.json.encode(left).decode(), *place)
        tx.run("UPDATE invoices SET document = ? WHERE series = ? AND number = ?", values)


def _kept_until_ms(issued_ms: int, years: int) -> int:
    """The end of the calendar year so many years after the one in which it was issued."""
    issued = datetime.fromtimestamp(issued_ms / 1000, UTC)
    return round(datetime(issued.year + years + 1, 1, 1, tzinfo=UTC).timestamp() * 1000)

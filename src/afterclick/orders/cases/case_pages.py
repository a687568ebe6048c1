"""One order's case on one page, and the documents of its invoices."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Final, NamedTuple

import msgspec
from fastapi import APIRouter, Response

from afterclick.control_room.access import SeesOrders
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.domain.invoice import Invoice
from afterclick.domain.seller import Seller
from afterclick.governance.actor import Actor
from afterclick.orders.billing import document
from afterclick.orders.cases.case import Case, case
from afterclick.orders.cases.fact_words import Fact, in_words
from afterclick.orders.cases.other_orders import linked, numbers
from afterclick.orders.cases.outlook import in_the_way, next_step
from afterclick.orders.cases.possible import Possible, possible
from afterclick.orders.cases.story import chapters, messages
from afterclick.orders.inbox.tasks import Asked, questions
from afterclick.store.transaction import Tx

TYPES: Final = {"pdf": "application/pdf", "xml": "application/xml"}


class Tie(NamedTuple):
    """Whether what was taken, invoiced and owed is the same; minor units. `says` is a sentence, empty where it is too early."""

    owed: int
    kept: int
    billed: int
    ties: bool
    says: str


def add(router: APIRouter, html: Html, room: Room, seller: Callable[[], Seller] | None) -> None:
    printable = seller is not None and find_spec("facturx") is not None

    @router.get("/orders/{order_id}")
    def order(who: SeesOrders, order_id: int) -> Response:
        """Everything about one order, and what may be done about it."""
        with room.database.reading() as tx:
            found = found_case(tx, order_id)
            others = numbers(tx, [one.facts for one in found.timeline])
            asked, story = questions(tx, [one.id for one in found.tasks]), chapters(tx, found)
        now_ms = room.now_ms()
        return html.page(
            "order.html", who=who, here="orders", case=found, chapters=story, facts=latest_facts(found),
            now_ms=now_ms, next=next_step(found, now_ms=now_ms), stopped=in_the_way(found), actions=_actions(found, who),
            tie=tie(found), messages=messages(found), questions=_all(asked), printable=printable,
            linked=partial(linked, known=others),
        )  # fmt: skip

    @router.get("/orders/{order_id}/documents/{name}.{kind}")
    def written(_who: SeesOrders, order_id: int, name: str, kind: str) -> Response:
        """An invoice or credit note as PDF, with its EN 16931 XML inside, or the XML alone."""
        return printed(room, seller, order_id, name, kind)


def printed(room: Room, seller: Callable[[], Seller] | None, order_id: int, name: str, kind: str) -> Response:
    """A document of an order as a file.

    Raises:
        Problem: 404 where there is none, 422 where it cannot be written, 501 where the package for it is missing.
    """
    if seller is None or kind not in TYPES:
        raise Problem(404, "there is no such document")
    with room.database.reading() as tx:
        found = _invoice(tx, order_id, name)
        paid = bool(tx.value("SELECT COALESCE(SUM(captured), 0) FROM payments WHERE order_id = ?", (order_id,)))
    try:
        content = (document.pdf if kind == "pdf" else document.xml)(found, seller(), paid=paid)
    except document.DocumentsNotInstalledError as error:
        raise Problem(501, str(error)) from error
    except ValueError as error:
        raise Problem(422, f"{found.name} cannot be written: {error}") from error
    headers = {"content-disposition": f'attachment; filename="{_safe(found.name)}.{kind}"'}
    return Response(content, media_type=TYPES[kind], headers=headers)


def found_case(tx: Tx, order_id: int) -> Case:
    """The case of that number.

    Raises:
        Problem: 404 where there is none.
    """
    found = case(tx, order_id) if 0 < order_id < 2**63 else None
    if found is None:
        raise Problem(404, f"there is no order {order_id}")
    return found


def latest_facts(found: Case) -> list[Fact]:
    """The facts of the last verdict, in words."""
    for step in reversed(found.timeline):
        if step.verdict in ("Pass", "Ask", "Refuse") and step.facts.startswith("{"):
            return in_words(step.facts, step.because)
    return []


def tie(found: Case) -> Tie:
    """Hold money taken, documents and what is owed against each other, to the cent."""
    kept = sum(one.captured - one.refunded for one in found.payments)
    billed = sum(one.gross if one.kind == "invoice" else -one.gross for one in found.documents)
    owed = found.order.total if found.order.state == "shipped" else 0
    balanced = sum(one.amount for one in found.postings) == 0
    if found.order.state not in ("shipped", "cancelled", "refused") and not (kept or billed):
        return Tie(owed, kept, billed, ties=True, says="")
    if found.order.state not in ("shipped", "cancelled", "refused"):
        return Tie(owed, kept, billed, ties=True, says="The order is still on its way; it ties when it has come to rest.")
    ties = kept == billed == owed and balanced
    says = "Order, payment and invoices tie to the cent." if ties else "Order, payment and invoices do not tie; see below."
    return Tie(owed, kept, billed, ties, says)


def _actions(found: Case, who: Actor) -> list[Possible]:
    return possible(found) if who.may("orders.change", desk="orders") else []


def _all(asked: dict[int, list[Asked]]) -> list[Asked]:
    return [one for some in asked.values() for one in some]


def _invoice(tx: Tx, order_id: int, name: str) -> Invoice:
    series, _, number = name.rpartition("-")
    if series and number.isascii() and number.isdecimal() and len(number) < 19 and 0 < order_id < 2**63:
        rows = tx.rows(
            "SELECT document FROM invoices WHERE series = ? AND number = ? AND order_id = ?", (series, int(number), order_id)
        )
        if rows:
            return msgspec.json.decode(rows[0][0], type=Invoice)
    raise Problem(404, "there is no such document")


def _safe(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_" for letter in name)

"""The orders desk for programs: orders listed, shown whole, and changed."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal

from fastapi import Path, Query, Response

from afterclick.control_room.access import ChangesOrders, SeesOrders
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, Sent, refusing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.domain.seller import Seller
from afterclick.governance.actor import Actor
from afterclick.orders import amendments, overview
from afterclick.orders.amendments import Action, UnknownOrder
from afterclick.orders.cases.case import Case, case
from afterclick.orders.cases.case_pages import TYPES, printed
from afterclick.orders.overview import BadCursor, Sought, resting
from afterclick.orders.records import find
from afterclick.orders.shapes import AskedFor, Found, Move, OrderPage, Part, Recount, Standing, Wish
from afterclick.store.transaction import Tx

OrderId = Annotated[int, Path(ge=1, lt=2**63, description="Our id.")]
State = Annotated[str, Query(max_length=20, description="received, running, waiting, inbox, held, shipped, …; empty for all.")]
Cursor = Annotated[
    str, Query(max_length=60, description="`next` of the page before, `previous` of the one after; empty for the first.")
]
Day = Annotated[str, Query(max_length=40, description="As 2026-11-20 (UTC): at rest or ended since that day; else came in then.")]
Hands = Annotated[str, Query(max_length=20, description="Of the latest orders: `none` or `some` that needed a person.")]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
SIMPLE: Final[tuple[Action, ...]] = ("cancel", "hold", "release")


def orders_api(room: Room, seller: Callable[[], Seller] | None = None, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/orders`; `seller` stands on the documents."""
    api = Interface(room, "orders", pace=pace)
    _reads(api)
    _documents(api, seller)
    _acts(api)
    for action in SIMPLE:
        _simple(api, action)
    return api


def _reads(api: Interface) -> None:
    room = api.room

    @api.get("/overview", Standing)
    def standing(who: SeesOrders) -> Response:
        """How the office stands."""
        with room.database.reading() as tx:
            return Given(Standing(**resting(tx)))

    @api.get("/orders", OrderPage)
    def orders(
        who: SeesOrders,
        state: State = "",
        waiting_for: Annotated[str, Query(max_length=200, description="What orders at rest wait for, as `stock`.")] = "",
        at: Annotated[str, Query(max_length=200, description="The stage at which they rest or ended.")] = "",
        risk: Annotated[str, Query(max_length=20, description="Promises: `broken`, `near` or both (`promise`).")] = "",
        older: Annotated[float, Query(description="At rest for more than so many hours.")] = 0.0,
        q: Annotated[str, Query(max_length=200, description="A number, ours or the store's, or a customer.")] = "",
        day: Day = "",
        currency: Annotated[str, Query(max_length=20, description="Of orders at rest.")] = "",
        hands: Hands = "",
        queued: Annotated[
            str, Query(max_length=200, description="In this bot's queue, as `orders.fulfil`; `any`: in some bot's.")
        ] = "",
        cursor: Cursor = "",
        limit: Limit = 50,
    ) -> Response:
        """Orders for which everything named holds: those that rest longest first where they rest, else the newest first."""
        sought = Sought(state, waiting_for, at, risk, older, q, day, currency, hands, queued)
        with refusing(422, BadCursor, ValueError), room.database.reading() as tx:
            page = overview.listed(tx, sought=sought, cursor=cursor, limit=limit, now_ms=room.now_ms())
        return Given(OrderPage(page.orders, page.next, page.previous))

    @api.get("/orders/find", Found, refuses=(404,))
    def found(who: SeesOrders, number: Annotated[str, Query(min_length=1, max_length=200)]) -> Response:
        """From an order's number, ours or the store's, to our id."""
        with room.database.reading() as tx:
            order_id = find(tx, number.strip())
        if order_id is None:
            raise Problem(404, f"there is no order {number.strip()[:80]}")
        return Given(Found(order_id))

    @api.get("/orders/{order_id}", Case, refuses=(404,))
    def order(who: SeesOrders, order_id: OrderId) -> Response:
        """One whole case: timeline, verdicts with facts, money, stock, parcels, documents, tasks."""
        with room.database.reading() as tx:
            return Given(_case(tx, order_id))


def _documents(api: Interface, seller: Callable[[], Seller] | None) -> None:
    @api.get_file("/orders/{order_id}/documents/{name}", *TYPES.values(), refuses=(404, 501))
    def document(
        who: SeesOrders,
        order_id: OrderId,
        name: Annotated[str, Path(min_length=1, max_length=80, description="As the case names it.")],
        form: Annotated[Literal["pdf", "xml"], Query()] = "pdf",
    ) -> Response:
        """An invoice or credit note: as PDF with its EN 16931 XML inside, or the XML alone."""
        return printed(api.room, seller, order_id, name, form)


def _acts(api: Interface) -> None:
    room = api.room

    @api.post("/orders/{order_id}/address", Move, AskedFor, refuses=(404,))
    def address(who: ChangesOrders, order_id: OrderId, sent: Sends) -> Response:
        """Send it elsewhere."""
        wish = sent.read(Move)
        change = wish.change()
        if not change:
            raise Problem(422, "name at least one part of the address")
        return _ask(room, who, sent, order_id, "address", change, wish.because)

    @api.post("/orders/{order_id}/quantity", Recount, AskedFor, refuses=(404,))
    def quantity(who: ChangesOrders, order_id: OrderId, sent: Sends) -> Response:
        """Change how many pieces of a line are sent."""
        wish = sent.read(Recount)
        change = {"lines": {line.no: line.quantity for line in wish.lines}}
        return _ask(room, who, sent, order_id, "quantity", change, wish.because)

    @api.post("/orders/{order_id}/split", Part, AskedFor, refuses=(404,))
    def split(who: ChangesOrders, order_id: OrderId, sent: Sends) -> Response:
        """Part it in two, so that the rest can go now."""
        wish = sent.read(Part)
        return _ask(room, who, sent, order_id, "split", {"lines": wish.lines}, wish.because)


def _simple(api: Interface, action: Action) -> None:
    @api.post(f"/orders/{{order_id}}/{action}", Wish, AskedFor, refuses=(404,))
    def act(who: ChangesOrders, order_id: OrderId, sent: Sends) -> Response:
        return _ask(api.room, who, sent, order_id, action, {}, sent.read(Wish).because)

    act.__doc__ = {
        "cancel": "Cancel it wherever it is: money, stock, labels and documents are taken back.",
        "hold": "Keep it from going on until it is released.",
        "release": "Let it go on.",
    }[action]


def _ask(
    room: Room, who: Actor, sent: Sent, order_id: int, action: Action, change: Mapping[str, object], because: str
) -> Response:
    def asks(tx: Tx) -> AskedFor:
        amendment = amendments.ask_and_log(tx, order_id, action, change, by=who.id, because=because, now_ms=room.now_ms())
        return AskedFor(order_id, action, amendment)

    with refusing(404, UnknownOrder):
        return sent.once(room, who, asks, current=lambda tx: _case(tx, order_id))


def _case(tx: Tx, order_id: int) -> Case:
    found = case(tx, order_id)
    if found is None:
        raise Problem(404, f"there is no order {order_id}")
    return found

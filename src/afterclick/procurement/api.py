"""The procurement desk for programs: the plan, forecasts, purchase orders, vendors, and the kill switch."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Path, Query, Response

from afterclick.control_room.access import Needs
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, Sent, refusing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.engine.undecidable import NotDecidable
from afterclick.governance.actor import Actor
from afterclick.procurement import forecast_api, handling
from afterclick.procurement.access import ApprovesSupply, ChangesSupply, SeesSupply
from afterclick.procurement.buying import listing, records, stopping
from afterclick.procurement.buying.listing import PurchasePage, Unlisted, WholePurchase
from afterclick.procurement.buying.records import UnknownVendor
from afterclick.procurement.buying.stopping import NotSo
from afterclick.procurement.documents.writing import MEDIA_TYPES
from afterclick.procurement.handling import LARGEST, NotReceived, Supplying
from afterclick.procurement.order_pages import printed
from afterclick.procurement.planning import kept as plans
from afterclick.procurement.shapes import (
    Allowing,
    Buying,
    Cancelling,
    Decision,
    Delivery,
    PlanLine,
    PlanPage,
    Quantities,
    Reason,
    Receipt,
    VendorList,
    VendorListed,
    VendorShown,
)
from afterclick.procurement.vendor_records import Records
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

BooksStock = Annotated[Actor, Depends(Needs("stock.change", "inventory"))]
OrderId = Annotated[int, Path(ge=1, lt=LARGEST, description="Our id, not the printed number.")]
VendorId = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00]+$", description="Its id, as it was imported.")]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Plain = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
PLAN_LISTS: Final = ("", "ordered", "withheld", "moved")
_PURCHASES: Final = "/supply/purchase-orders"


def supply_api(room: Room, desk: Supplying, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/supply`."""
    api = Interface(room, "supply", pace=pace)
    _plans(api)
    forecast_api.add(api)
    _lists(api, desk)
    _decides(api, desk)
    _moves(api, desk)
    _vendors(api, desk)
    _switches(api, desk)
    return api


def _plans(api: Interface) -> None:
    room = api.room

    @api.get("/supply/plan", PlanPage, refuses=(404,))
    def plan(
        who: SeesSupply,
        number: Annotated[int, Query(alias="plan", ge=0, lt=LARGEST, description="An earlier plan; 0 for the newest.")] = 0,
        state: Annotated[str, Query(max_length=20, description="ordered, withheld or moved; empty for all.")] = "",
        cursor: Annotated[int, Query(ge=0, lt=2**31, description="`next` of the page before.")] = 0,
        limit: Limit = 50,
    ) -> Response:
        """What the plan buys and why, what saves most first."""
        if state not in PLAN_LISTS:
            raise Problem(422, f"there is no list {state!r} of a plan; choose one of {', '.join(PLAN_LISTS[1:])}")
        with room.database.reading() as tx:
            found = plans.latest(tx, plan=number)
            if found is None:
                raise Problem(404, f"there is no plan {number}" if number else "nothing is planned yet")
            lines = plans.lines(tx, found.id, after=cursor, limit=limit + 1, state=state)
        shown = tuple(
            PlanLine(one.no, one.sku, one.warehouse, one.vendor, one.pieces, one.worth, one.source, one.state, one.because,
                     one.purchase) for one in lines[:limit]
        )  # fmt: skip
        fill = found.fan.fill[-1][len(found.fan.levels) // 2] if found.fan is not None and found.fan.fill else None
        return Given(PlanPage(
            found.id, found.made_ms, found.made_by, found.items, found.lines, found.worth, found.currency, fill, shown,
            shown[-1].no if len(lines) > limit else 0,
        ))  # fmt: skip


def _lists(api: Interface, desk: Supplying) -> None:
    room = api.room

    @api.get(_PURCHASES, PurchasePage)
    def purchases(
        who: SeesSupply,
        state: Annotated[str, Query(max_length=20, description="open, to_decide, late, proposed, sent, …; empty for all.")] = "",
        vendor: Plain = "",
        sku: Plain = "",
        cursor: Annotated[str, Query(max_length=30, description="`next` of the page before.")] = "",
        limit: Limit = 50,
    ) -> Response:
        """Purchase orders, the newest first."""
        with refusing(422, Unlisted), room.database.reading() as tx:
            found = listing.listed(
                tx, state=state, vendor=vendor, sku=sku, cursor=cursor, limit=limit, now_ms=room.now_ms()
            )  # fmt: skip
        return Given(found)

    @api.get(_PURCHASES + "/{purchase_id}", WholePurchase, refuses=(404,))
    def purchase(who: SeesSupply, purchase_id: OrderId) -> Response:
        """One purchase order with its lines, receipts, questions and story."""
        with room.database.reading() as tx:
            return Given(handling.whole(tx, purchase_id))

    @api.get_file(_PURCHASES + "/{purchase_id}/document", *sorted(MEDIA_TYPES), refuses=(404, 409))
    def document(
        who: SeesSupply,
        purchase_id: OrderId,
        form: Annotated[
            str, Query(alias="format", max_length=10, description="pdf, ubl, edifact or x12; its vendor's own if empty.")
        ] = "",
    ) -> Response:
        """The order as its vendor gets it, or in another format."""
        return printed(room, desk, purchase_id, form)


def _decides(api: Interface, desk: Supplying) -> None:
    room = api.room

    @api.post(_PURCHASES + "/{purchase_id}/approve", Decision, WholePurchase, refuses=(404,))
    def approve(who: ApprovesSupply, purchase_id: OrderId, sent: Sends) -> Response:
        """Say yes to what is asked about it: it leaves, a change stands, a surplus stays, a late vendor gets more time."""
        return decided(who, purchase_id, sent, "approve")

    @api.post(_PURCHASES + "/{purchase_id}/reject", Decision, WholePurchase, refuses=(404,))
    def reject(who: ApprovesSupply, purchase_id: OrderId, sent: Sends) -> Response:
        """Say no: a proposal is dropped, what is at the vendor is taken back, a surplus goes back."""
        return decided(who, purchase_id, sent, "reject")

    @api.post(_PURCHASES + "/{purchase_id}/edit", Quantities, WholePurchase, refuses=(404,))
    def edit(who: ApprovesSupply, purchase_id: OrderId, sent: Sends) -> Response:
        """Change quantities of a proposed order, which is then judged again; whoever edits does not approve it afterwards."""
        wish = sent.read(Quantities)
        units = {one.line: one.units for one in wish.lines}

        def edits(tx: Tx) -> None:
            handling.edit(tx, purchase_id, units, task=wish.task, by=who, note=wish.note, desk=desk, now_ms=room.now_ms())

        return _done(room, who, sent, purchase_id, edits)

    def decided(who: Actor, purchase_id: int, sent: Sent, deed: str) -> Response:
        wish = sent.read(Decision)

        def decides(tx: Tx) -> None:
            handling.decide(tx, purchase_id, deed, task=wish.task, by=who, note=wish.note, desk=desk, now_ms=room.now_ms())

        return _done(room, who, sent, purchase_id, decides)


def _moves(api: Interface, desk: Supplying) -> None:
    room = api.room

    @api.post(_PURCHASES + "/{purchase_id}/cancel", Cancelling, WholePurchase, refuses=(404,))
    def cancel(who: ChangesSupply, purchase_id: OrderId, sent: Sends) -> Response:
        """Take it back: at once where it has not left, else by word to the vendor."""
        wish = sent.read(Cancelling)

        def cancels(tx: Tx) -> None:
            handling.cancel(
                tx, purchase_id, by=who, because=wish.because, for_good=wish.for_good, desk=desk, now_ms=room.now_ms()
            )  # fmt: skip

        return _done(room, who, sent, purchase_id, cancels)

    @api.post(_PURCHASES + "/{purchase_id}/receipts", Delivery, Receipt, refuses=(404,))
    def receive(who: ChangesSupply, _books: BooksStock, purchase_id: OrderId, sent: Sends) -> Response:
        """Book what came, all of it or nothing: on the shelf, and against the order's lines."""
        came = sent.read(Delivery)
        units = {one.line: one.units for one in came.lines}
        damaged = {one.line: one.damaged for one in came.lines if one.damaged}
        if len(units) < len(came.lines):
            raise Problem(422, "name each line once")

        def receives(tx: Tx) -> Receipt:
            booked = handling.receive(
                tx, purchase_id, units, damaged, delivery_note=came.delivery_note, by=who, desk=desk, now_ms=room.now_ms()
            )
            return Receipt(handling.whole(tx, purchase_id).purchase.order.state, booked.pieces, booked.surplus)

        with refusing(409, NotReceived):
            return sent.once(room, who, receives, current=lambda tx: handling.whole(tx, purchase_id))


def _vendors(api: Interface, desk: Supplying) -> None:
    room, known = api.room, Records()

    @api.get("/supply/vendors", VendorList)
    def vendors(who: SeesSupply) -> Response:
        """Every vendor, with how its promises hold."""
        with room.database.reading() as tx:
            held = known.said(tx, now_ms=room.now_ms())
            found = listing.vendors(tx)
        return Given(VendorList(tuple(
            VendorListed(one.vendor, one.offers, one.open_orders, held.get(one.vendor.id, held[""])) for one in found
        )))  # fmt: skip

    @api.get("/supply/vendors/{vendor_id}", VendorShown, refuses=(404,))
    def vendor(who: SeesSupply, vendor_id: VendorId, cursor: Plain = "", limit: Limit = 50) -> Response:
        """One vendor with what it asks, by SKU."""
        with refusing(404, UnknownVendor), room.database.reading() as tx:
            found = records.vendor(tx, vendor_id)
            offers = [one.offer for one in records.offers(tx, vendor_ids=[vendor_id], after=cursor, limit=limit + 1)]
            held = known.said(tx, now_ms=room.now_ms())
        further = offers[limit - 1].sku if len(offers) > limit else ""
        return Given(VendorShown(found, held.get(vendor_id, held[""]), tuple(offers[:limit]), further))

    @api.post("/supply/vendors/{vendor_id}/allow", Allowing, VendorShown, refuses=(404,))
    def allow(who: ApprovesSupply, vendor_id: VendorId, sent: Sends) -> Response:
        """Let the bots buy from it without asking, or no longer."""
        wish = sent.read(Allowing)

        def allows(tx: Tx) -> VendorShown:
            events = records.allow(tx, vendor_id, allowed=wish.allowed, because=wish.because, now_ms=room.now_ms())
            desk.record(tx, events, who.id)
            held = known.said(tx, now_ms=room.now_ms())
            return VendorShown(records.vendor(tx, vendor_id), held.get(vendor_id, held[""]), (), "")

        with refusing(404, UnknownVendor):
            return sent.once(room, who, allows)


def _switches(api: Interface, desk: Supplying) -> None:
    room = api.room

    @api.get("/supply/buying", Buying)
    def buying(who: SeesSupply) -> Response:
        """Whether purchase orders may leave the office."""
        with room.database.reading() as tx:
            return Given(Buying(stopping.standing(tx)))

    @api.post("/supply/buying/stop", Reason, Buying)
    def stop(who: ApprovesSupply, sent: Sends) -> Response:
        """Let no purchase order leave any more; reminders and what is at vendors go on."""
        return switched(who, sent, stopping.stop)

    @api.post("/supply/buying/go", Reason, Buying)
    def go(who: ApprovesSupply, sent: Sends) -> Response:
        """Let purchase orders leave again, those first that waited."""
        return switched(who, sent, stopping.go)

    def switched(who: Actor, sent: Sent, turn: Callable[..., list[Event]]) -> Response:
        because = sent.read(Reason).because

        def turns(tx: Tx) -> Buying:
            desk.record(tx, turn(tx, by=who.id, because=because, now_ms=room.now_ms()), who.id)
            return Buying(stopping.standing(tx))

        with refusing(409, NotSo):
            return sent.once(room, who, turns)


def _done(room: Room, who: Actor, sent: Sent, purchase_id: int, does: Callable[[Tx], None]) -> Response:
    def then(tx: Tx) -> WholePurchase:
        does(tx)
        return handling.whole(tx, purchase_id)

    with refusing(409, NotDecidable):
        return sent.once(room, who, then, current=lambda tx: handling.whole(tx, purchase_id))

"""What a worked day leaves empty: an office in which every page has something to show."""

from datetime import UTC, datetime, timedelta
from typing import Final

from afterclick.app import FLEET, Office
from afterclick.control_room.outgoing import subscriptions
from afterclick.domain.scouting import Judged, Reading
from afterclick.engine import replaying
from afterclick.engine.engine import Engine
from afterclick.engine.replaying import Order
from afterclick.governance import versions
from afterclick.governance.links import Wanted, make, unsent
from afterclick.governance.people import accounts, second_factor, signing_in
from afterclick.governance.people.accounts import NewPerson
from afterclick.inventory.counts import tasks
from afterclick.inventory.counts.choosing import Chosen
from afterclick.inventory.counts.odds import Place
from afterclick.inventory.counts.stakes import Stake
from afterclick.inventory.sensing import registry
from afterclick.orders.inbox.handling import ask_back
from afterclick.procurement.forecasting import kept as forecasts
from afterclick.procurement.forecasting.kept import Kept, Past, Run
from afterclick.procurement.scouting import readings, watches
from afterclick.procurement.scouting.watches import Watch
from afterclick.procurement.transferring import proposing as transferring
from afterclick.procurement.transferring.proposing import Moved
from afterclick.store.log import Event
from afterclick.store.transaction import Tx
from tests.control_room.browser import signed_in

DAY_MS: Final = 86_400_000
WEEKS: Final = 13
LEVELS: Final = (0.05, 0.5, 0.95)
WEEKLY: Final = (60.0, 35.0, 14.0)
"""Pieces a week that three goods are expected to sell."""
STRICTER: Final = "[orders]\nquantity_most = 2\n"


def furnish(office: Office, engine: Engine, password: str) -> None:
    """A forecast with its plan and purchase orders, a count, a sensor, a price, a subscriber, a secret, a replay, and somebody
    whose sign-in takes a code."""
    now_ms = office.clock.now_ms()
    office.vault.put("carrier.dhl", "4711-0815", by="person:anna")
    with office.database.transaction() as tx:
        sold = _forecast(tx, now_ms)
        anna = accounts.named(tx, "anna")
        second_factor.begin(tx, anna, office.vault)
        owner = signed_in(name="machine")
        cautious = accounts.add(tx, NewPerson("cautious", "cautious@shop.example", ("viewer",)), by=owner, now_ms=now_ms)
        signing_in.set_password(tx, cautious, password, but="", now_ms=now_ms)
        secret = second_factor.begin(tx, cautious, office.vault)
        code = second_factor.HOTP(secret).at(now_ms // second_factor.STEP_MS)
        second_factor.confirm(tx, cautious, code, office.vault, now_ms=now_ms)
        subscriptions.add(tx, "https://shop.example/hook", ["*"], salt="salt", by=anna.actor_id, now_ms=now_ms)
        warehouse = tx.value("SELECT MIN(id) FROM warehouses")
        registry.add(tx, "scale-1", kind="scale", warehouse=warehouse, sku=sold[0], tare_g=500, tolerance_g=20, now_ms=now_ms)
        vendor = tx.value("SELECT MIN(vendor) FROM offers WHERE sku = ?", (sold[0],))
        watches.add(tx, Watch(party=vendor, address="https://vendor.example/cup", sku=sold[0]), by=anna.actor_id, now_ms=now_ms)
        one = Reading(party=vendor, sku=sold[0], at_ms=now_ms, amount=900, currency="EUR")
        readings.keep(tx, [(one, Judged("doubtful", "the price is about 10 times what it was", readings=1))])
        task = tx.value("SELECT MIN(id) FROM tasks WHERE state = 'open' AND item_kind = 'order'")
        limits = office.policy.inbox
        ask_back(tx, task, to_whom="customer", question="Is it twice?", by=anna.actor_id, now_ms=now_ms, limits=limits)
        architect = signed_in("architect", name="zoe")
        version = versions.propose(tx, STRICTER, who=architect, note="fewer at once", now_ms=now_ms)
        stake = Stake(Place(sold[0], warehouse, "", 30, 30, 0, 20), 0.2, 900, "EUR", 3.0, {})
        tasks.propose(tx, [Chosen(stake, "risk", "it sells much")], now_ms=now_ms, expire_hours=24)
        office.record(tx, _move(tx, now_ms), by="planner")
        engine.start_bot(tx, "procurement.transfer")
        engine.start_bot(tx, "procurement.replenish")
    engine.run_until_idle(patience_s=0.0)
    order = Order(version, STRICTER)
    number = replaying.begin(office.database, FLEET, order, by=anna.actor_id, now_ms=now_ms)
    replaying.work(office.database, FLEET, order, number, by=anna.actor_id, now_ms=now_ms)


def mailed(tx: Tx, purpose: str, *, now_ms: int) -> str:
    """The secret of a one-time link of this purpose, such as stands in a mail."""
    make(tx, [Wanted(purpose, "person:anna", "anna@shop.example", now_ms + DAY_MS)], mail=1, now_ms=now_ms)
    return next(one.token for some in unsent(tx).values() for one in some if one.purpose == purpose)


def _move(tx: Tx, now_ms: int) -> list[Event]:
    """One warehouse has more of something than the other."""
    sku, start, free = tx.rows("SELECT sku, warehouse, on_hand - reserved FROM stock_levels ORDER BY 3 DESC, sku LIMIT 1")[0]
    sql = "SELECT warehouse, on_hand + on_order FROM stock_levels WHERE sku = ? AND warehouse <> ? ORDER BY 2, 1 LIMIT 1"
    end, there = tx.rows(sql, (sku, start))[0]
    because = f"move {free // 4} from {start} to {end}: {start} has more than its next order will need, {end} would buy"
    made, events = transferring.propose(tx, [Moved(sku, start, end, free // 4, because, there)], by="planner", now_ms=now_ms)
    assert made.transfers
    return events


def _forecast(tx: Tx, now_ms: int) -> list[str]:
    """Some goods are expected to sell, more of the first than of the last; they are ones that vendors offer."""
    skus = [row[0] for row in tx.rows("SELECT DISTINCT sku FROM offers ORDER BY sku LIMIT ?", (len(WEEKLY),))]
    first = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    measured = {"this forecast": {"wrmsse": 0.9, "wspl": 0.8, "wape": 0.2, "bias": 0.01}}
    run = Run(now_ms, first, WEEKS, LEVELS, len(skus), "smoothing", measured, 1.0)
    made = []
    for sku, pieces in zip(skus, WEEKLY, strict=True):
        week = (pieces * 0.6, pieces, pieces * 1.5)
        sold = (pieces,) * WEEKS
        past = Past(first - timedelta(weeks=WEEKS), sold, sold, (0.0,) * WEEKS, (0.0,) * WEEKS)
        spans = {weeks: tuple(one * weeks for one in week) for weeks in (1, 2, 4, 8, WEEKS)}
        made.append(Kept(sku, (pieces,) * WEEKS, (week,) * WEEKS, spans, past, "it rests on what sold"))
    forecasts.keep(tx, run, made)
    return skus

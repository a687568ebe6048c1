"""Compare what sensors say with the books, and ask for a count where they drift apart; the books stay as they are."""

from collections.abc import Sequence
from typing import Final

from afterclick.domain.stock_limits import CountingLimits, SensingLimits
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every
from afterclick.inventory.counts import tasks
from afterclick.inventory.counts.choosing import DAY_MS, Chosen
from afterclick.inventory.counts.odds import Place
from afterclick.inventory.counts.stakes import Stake
from afterclick.inventory.sensing import registry
from afterclick.inventory.sensing.thinking import Thought, clear, think
from afterclick.inventory.sensing.watching import watch
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id="inventory.sense",
    does="Compares what sensors say with the books, and asks for a count where they drift apart",
    owner="operations",
    works_on="sensor",
    starts_on=(Every(seconds=60),),
    purpose="So that a wrong record is noticed while it is small, without a sensor ever changing stock",
    handles=frozenset({"stock"}),
    limits="asks for counts within [sensing]; books nothing",
)


def sense_now(tx: Tx, limits: SensingLimits, counting: CountingLimits, *, now_ms: int) -> list[Event]:
    """Look after the sensors, think over what is new, and propose counts; the events are the caller's to log."""
    if not registry.any_counts(tx):
        return []
    events = watch(tx, registry.listed(tx), limits, now_ms=now_ms)
    thoughts, said = think(tx, limits, registry.listed(tx), now_ms=now_ms)
    lasting = [one for one in thoughts if one.lasts_ms >= limits.drift_minutes * 60_000]
    events += said + _propose(tx, lasting, limits, counting, now_ms=now_ms)
    clear(tx, limits, now_ms=now_ms)
    return events


def _propose(tx: Tx, lasting: Sequence[Thought], limits: SensingLimits, counting: CountingLimits, *, now_ms: int) -> list[Event]:
    """Counts for places that have drifted for long enough, the dearest first, up to the day's limit per warehouse."""
    if not lasting:
        return []
    prices = _prices(tx, {one.sku for one in lasting})
    taken = {place: count for (place, sensor), count in tasks.proposed_since(tx, now_ms - now_ms % DAY_MS).items() if sensor}
    busy = {(sku, warehouse) for sku, warehouse, _ in tasks.busy(tx)}
    chosen = [_chosen(one, prices.get(one.sku, (0, "")), counting) for one in lasting if (one.sku, one.warehouse) not in busy]
    wanted: list[Chosen] = []
    for one in sorted(chosen, key=lambda one: (-one.stake.at_stake, one.stake.place[:2])):
        warehouse = one.stake.place.warehouse
        if taken.get(warehouse, 0) < limits.counts_per_day:
            taken[warehouse] = taken.get(warehouse, 0) + 1
            wanted.append(one)
    return tasks.propose(tx, wanted, now_ms=now_ms, expire_hours=counting.expire_hours)


def _prices(tx: Tx, skus: set[str]) -> dict[str, tuple[int, str]]:
    condition, value = tx.among(sorted(skus))
    rows = tx.rows(f"SELECT sku, price, currency FROM items WHERE sku {condition}", (value,))  # noqa: S608
    return {sku: (price, currency) for sku, price, currency in rows}


def _chosen(one: Thought, price: tuple[int, str], counting: CountingLimits) -> Chosen:
    belief = one.belief
    share = counting.margin_share if belief.drift < 0 else counting.dead_share
    loss = round(belief.drift_chance * abs(belief.drift) * price[0] * share)
    place = Place(one.sku, one.warehouse, "", -1, -1, 0, one.booked)
    because = (
        f"{', '.join(belief.sensors)[:120]} and the books have been apart for {one.lasts_ms // 60_000:,} min"
        f" ({belief.drift_chance:.0%} sure)"
    )  # it does not say by how much: who counts is not to know
    return Chosen(Stake(place, belief.drift_chance, loss, price[1], abs(belief.drift), {}), "sensor", because)


@stage()
def compare(sensors: Batch[None]) -> None:
    """All places with new evidence are thought over together."""
    limits = sensors.policy
    for event in sense_now(sensors.tx, limits.sensing, limits.counting, now_ms=sensors.now_ms):
        sensors.record(event)


@bot(CARD, over=NoItems())
def sense(sensors: Batch[None]) -> None:
    compare(sensors)

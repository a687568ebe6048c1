"""Visit what is due, and write down what it costs there."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import msgspec

from afterclick.domain.scouting import DAY_MS, Judged, Reading
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.door import Act
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every
from afterclick.ports.answer import Done
from afterclick.ports.web import Fetched, Visit, Web
from afterclick.procurement.scouting import readings, watches
from afterclick.procurement.scouting.articles import articles_of
from afterclick.procurement.scouting.looking import Found, known_amount, look, worth_keeping
from afterclick.procurement.scouting.offering import bring_up_to_date
from afterclick.procurement.scouting.rules import believe
from afterclick.procurement.scouting.watches import Watch
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id="procurement.scout",
    does="Reads what vendors and competitors ask, on their pages and in their price lists",
    owner="operations",
    works_on="watch",
    starts_on=(Every(seconds=20),),
    may={"web": frozenset({"fetch"})},
    purpose="So that orders are placed at prices of today, and a page that lies moves none",
    handles=frozenset({"catalogue"}),
    limits="scouting in policy.toml; robots.txt and its delays, one visit at a time to a host",
)
FETCH: Final = Act("web", "fetch", None)
MOST_UNDERWAY: Final = 40
WORK_S: Final = 0.5
"""Reading pages gives way to other work after so long; the rest is read in the next run."""
PREFIX: Final = "scout:"


class Came(NamedTuple):
    """A visit that came back, and what was found there."""

    watch: Watch
    fetched: Fetched
    found: Found


class Looked(NamedTuple):
    """What one run has done outside: visits that came back, and watches whose visit has begun."""

    came: tuple[Came, ...] = ()
    begun: tuple[Watch, ...] = ()
    more: bool = False


def go_and_look(watching: Batch[None]) -> Looked:
    """Pick up what has come, and send the next visitors out."""
    systems = {system: cast(Web, watching.system(system)) for system in watching.systems("web")}
    came, more = _pick_up(watching.tx, systems, now_ms=watching.now_ms)
    begun: list[Watch] = []
    room = MOST_UNDERWAY - sum(web.held() for web in systems.values())
    waiting = watches.due(watching.tx, now_ms=watching.now_ms, limit=max(0, room)) if systems else []
    back = {one.watch.id for one in came}
    for system in systems:
        mine = [one for one in waiting if one.id not in back and one.is_file == (system != "web")]
        visits = {one.id: Visit(f"{PREFIX}{one.id}:{one.due_ms}", one.address, one.etag, one.modified) for one in mine}
        answers = watching.ask(FETCH, visits, system=system)
        begun += [one for one in mine if isinstance(answers[one.id], Done)]
    return Looked(tuple(came), tuple(begun), more)


@stage(calls=go_and_look)
def write_down(watching: Batch[None], looked: Looked) -> None:
    """Judge what was read, and keep it, in one commit."""
    now_ms, limits = watching.now_ms, watching.policy.scouting
    watches.asked(watching.tx, looked.begun, now_ms=now_ms)
    here = watches.by_id(watching.tx, [one.watch.id for one in looked.came])  # some may have been removed meanwhile
    came = [one for one in looked.came if one.watch.id in here]
    some = _fresh(watching.tx, came, now_ms=now_ms, stale_ms=round(limits.stale_days * DAY_MS))
    gathered = readings.facts(watching.tx, some, now_ms=now_ms, stale_days=limits.stale_days)
    judged = [(facts.reading, believe(facts, limits)) for facts in gathered]
    kept = [
        (reading, verdict) for (reading, verdict), facts in zip(judged, gathered, strict=True)
        if worth_keeping(reading, facts.last, pending=facts.pending, fresh_ms=now_ms - round(limits.stale_days * DAY_MS / 6))
    ]  # fmt: skip
    readings.keep(watching.tx, kept)
    bring_up_to_date(watching.tx, [one for one in kept if one[1].counts], now_ms=now_ms)
    watches.visited(watching.tx, [_after(one, now_ms) for one in came])
    for event in [*(event for one in came if (event := _failed(one, now_ms))), *_alarms(kept, {
        (facts.reading.party, facts.reading.sku): facts.pending for facts in gathered
    })]:  # fmt: skip
        watching.record(event)
    if looked.more:
        watching.start_again()


@bot(CARD, over=NoItems())
def scout(watching: Batch[None]) -> None:
    write_down(watching)


def _pick_up(tx: Tx, systems: Mapping[str, Web], *, now_ms: int) -> tuple[list[Came], bool]:
    """Read what has come, for as long as there is time; whether there is more."""
    came: list[Came] = []
    until = time.perf_counter() + WORK_S
    for web in systems.values():
        while arrived := web.arrived(1):
            for fetched in arrived:
                one = _read(tx, fetched, now_ms=now_ms)
                came += [one] if one is not None else []
            if time.perf_counter() > until:
                return came, True
    return came, False


def _read(tx: Tx, fetched: Fetched, *, now_ms: int) -> Came | None:
    number = fetched.key.removeprefix(PREFIX).partition(":")[0]
    watch = watches.by_id(tx, [int(number)]).get(int(number)) if number.isdigit() else None
    if watch is None:
        return None
    if not fetched.ok:
        return Came(watch, fetched, Found(said=fetched.said))
    last = readings.latest(tx, [watch.sku]).get((watch.party, watch.sku)) if watch.sku else None
    known = known_amount(last.reading if last else None, watch.currency)
    found = look(fetched, watch, known=known, articles=articles_of(tx, watch.party), now_ms=now_ms)
    return Came(watch, msgspec.structs.replace(fetched, body=b""), found)


def _fresh(tx: Tx, came: Sequence[Came], *, now_ms: int, stale_ms: int) -> list[Reading]:
    """The readings of this run: what was read, and again what stands on pages that have not changed."""
    some = [one for each in came for one in each.found.readings]
    same = [each.watch.id for each in came if each.fetched.unchanged]
    for kept in readings.of_watches(tx, same).values():
        some += [msgspec.structs.replace(one.reading, at_ms=now_ms) for one in kept if one.reading.at_ms > now_ms - stale_ms]
    return some


def _after(one: Came, now_ms: int) -> Watch:
    """The watch after its visit."""
    fetched, found, watch = one.fetched, one.found, one.watch
    well = fetched.unchanged or bool(found.readings)
    after = msgspec.structs.replace(
        watch, failures=0 if well else watch.failures + 1, said=found.said or ("" if well else fetched.said),
        read_ms=now_ms if well else watch.read_ms,
    )  # fmt: skip
    if fetched.ok and well:
        after = msgspec.structs.replace(
            after, etag=fetched.etag, modified=fetched.modified, sha256=fetched.sha256, lines=found.lines, lines_bad=found.bad
        )
    return msgspec.structs.replace(after, due_ms=watches.next_due(after, now_ms=now_ms, wait_s=fetched.wait_s))


def _failed(one: Came, now_ms: int) -> Event | None:
    """The event of a visit that gave nothing; a page that goes on failing is not told of each time."""
    if one.fetched.unchanged or one.found.readings or one.watch.failures not in (0, 4):
        return None
    because = one.found.said or one.fetched.said
    return Event("watch.unread", None, f"watch/{one.watch.id}", "Wait", because[:500])


def _alarms(kept: Sequence[tuple[Reading, Judged]], pending: Mapping[tuple[str, str], Sequence[Reading]]) -> list[Event]:
    """What people should hear of: once when a change is first seen, and once when it counts."""
    events: list[Event] = []
    for reading, judged in kept:
        before = pending.get((reading.party, reading.sku), ())
        told = any(
            one.amount * reading.pieces == reading.amount * one.pieces and one.currency == reading.currency for one in before
        )
        if not judged.alarm or (told and not judged.counts):
            continue
        facts: dict[str, Any] = {
            "party": reading.party, "sku": reading.sku, "amount": reading.amount, "currency": reading.currency,
            "pieces": reading.pieces, "url": reading.url, "sha256": reading.sha256, "path": reading.path, "counts": judged.counts,
        }  # fmt: skip
        events.append(
            Event(
                "price.changed", None, f"price/{reading.party}/{reading.sku}"[:200], "Pass" if judged.counts else "Ask",
                f"{reading.party} {reading.sku}: {judged.alarm if not judged.counts else judged.because}"[:500],
                msgspec.json.encode(facts).decode(),
            )
        )  # fmt: skip
    return events

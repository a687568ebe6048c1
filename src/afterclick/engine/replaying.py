"""A replay from its beginning to its record: what was asked, how far it is, and what it found."""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from afterclick.engine.bots import Fleet
from afterclick.engine.replay import Wanted, replay
from afterclick.governance import regimes, replays, versions
from afterclick.governance.in_force import Ready
from afterclick.governance.policy import read
from afterclick.governance.replays import Result
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

MOST_DAYS: Final = 3_650
_SAID_EVERY_S: Final = 1.0
Also = Callable[[Tx, Result], None]


class NotReplayable(ValueError):
    """This cannot be replayed; the message says why."""


class Order(NamedTuple):
    """What somebody wants replayed: a version, or the text of a file as version 0. `recorded`: against what the log says."""

    version: int
    text: str
    days: int = 90
    bot: str = ""
    recorded: bool = False
    question_minutes: float = 4.0


def begin(database: Database, fleet: Fleet, order: Order, *, by: str, now_ms: int) -> int:
    """Write down that a replay is asked for; returns its id. Let `work` do it.

    Raises:
        PolicyError: the text cannot be used. NotReplayable: there is no such bot, or so many days.
    """
    Ready.of(order.version, read(order.text))
    if order.bot and order.bot not in list(fleet):
        raise NotReplayable(f"there is no bot {order.bot!r}; `afterclick bots list` names them")
    if not 1 <= order.days <= MOST_DAYS:
        raise NotReplayable(f"a replay goes over 1 to {MOST_DAYS:,} days, not {order.days}")
    with database.transaction() as tx:
        now = regimes.current(tx)
        against = 0 if order.recorded or now is None else now.active
        of_bot = bool(order.bot and order.recorded) and order.text == versions.active_text(tx)
        card = fleet[order.bot].digest if of_bot else ""  # by another policy it says nothing about the bot's version
        return replays.begin(
            tx, version=order.version, digest=versions.digest_of(order.text), against=against, days=order.days, bot=order.bot,
            card=card, by=by, now_ms=now_ms,
        )  # fmt: skip


def work(
    database: Database, fleet: Fleet, order: Order, number: int, *, by: str, now_ms: int, also: Also = lambda _tx, _result: None
) -> Result:
    """Do the replay that was begun under this number, and record what it found, or that it failed.

    What follows from it, `also`, is written in the same transaction: a replay whose finding was lost is not through.
    """
    said_s = time.monotonic()

    def say(seen: int, every: int) -> None:
        nonlocal said_s
        if time.monotonic() - said_s > _SAID_EVERY_S:
            said_s = time.monotonic()
            with database.transaction() as tx:
                replays.progress(tx, number, judged=seen, total=every, now_ms=now_ms + round(time.monotonic() - began) * 1000)

    began = time.monotonic()
    try:
        with database.reading() as tx:
            begun = replays.found(tx, number)
            against = begun.against if begun is not None else 0  # not what is active now: that is what is on record
            text = versions.version(tx, against).text if against else ""
        old = None if order.recorded else Ready.of(against, read(text))
        wanted = Wanted(old, Ready.of(order.version, read(order.text)), order.days, order.bot, order.question_minutes)
        result, cases = replay(database, fleet, wanted, now_ms=now_ms, progress=say)
    except Exception as error:
        with database.transaction() as tx:
            replays.fail(tx, number, f"{type(error).__name__}: {error}", now_ms=now_ms)
        raise
    done_ms = now_ms + round((time.monotonic() - began) * 1000)
    with database.transaction() as tx:
        replays.finish(tx, number, result, cases, now_ms=done_ms)
        facts = {
            "replay": number, "digest": versions.digest_of(order.text), "against": against, "days": order.days,
            "judged": result.judged, "acts": result.acts, "differing": result.differing,
        }  # fmt: skip
        said = f"{result.differing:,} of {result.words} would have been different" if result.seen else replays.NOTHING
        about = f"policy/{order.version}" if order.version else None
        happened = Event("policy.replayed", None, about, "Done", said, msgspec.json.encode(facts).decode())
        log.append(tx, Block(done_ms, by, ""), [happened])
        also(tx, result)
    return result

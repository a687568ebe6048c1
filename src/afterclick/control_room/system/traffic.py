"""What the systems outside have answered lately, read from the newest part of the log."""

from typing import Final, NamedTuple

import msgspec

from afterclick.store.transaction import Tx

MOST_EVENTS: Final = 5_000
MOST_BLOCKS: Final = 1_000
DAY_MS: Final = 86_400_000


class Answered(NamedTuple):
    """Of one system: how often it said yes and no, and when it last said anything (0: not in this part of the log)."""

    done: int = 0
    declined: int = 0
    last_ms: int = 0


class Traffic(NamedTuple):
    """Answers by system since an instant: midnight (UTC), or later on a busy day (`whole` is then false)."""

    by_system: dict[str, Answered]
    since_ms: int
    whole: bool


def today(tx: Tx, *, now_ms: int) -> Traffic:
    """What was answered today, as far as the newest `MOST_EVENTS` events go; costs the same however long the log is."""
    midnight_ms = now_ms - now_ms % DAY_MS
    head = (tx.value("SELECT next FROM counters WHERE name = 'blocks'") or 1) - 1
    newest = tx.packed(("number", "at_ms"), "blocks WHERE number > ? AND at_ms >= ?", (head - MOST_BLOCKS, midnight_ms))
    at_ms: dict[int, int] = dict(newest)
    if not at_ms:
        return Traffic({}, midnight_ms, True)
    window = (min(at_ms), MOST_EVENTS)
    rows = tx.rows(
        "SELECT act, verdict, place, COUNT(*), MAX(block), MIN(block) FROM (SELECT block, verdict,"
        " CASE WHEN key IS NULL THEN '' ELSE activity END AS act,"
        " CASE WHEN key IS NULL THEN '' WHEN verdict = 'Done' THEN because ELSE facts END AS place"
        " FROM events WHERE block >= ? ORDER BY block DESC, seq DESC LIMIT ?) AS newest GROUP BY act, verdict, place",
        window,
    )
    whole = sum(row[3] for row in rows) < MOST_EVENTS and len(at_ms) < MOST_BLOCKS
    by_system: dict[str, Answered] = {}
    for activity, verdict, place, count, block, _ in rows:
        if not activity:
            continue
        name = _system(str(activity), str(verdict), str(place))
        seen = by_system.get(name, Answered())
        by_system[name] = Answered(
            seen.done + (count if verdict == "Done" else 0),
            seen.declined + (count if verdict == "Declined" else 0),
            max(seen.last_ms, at_ms.get(block, 0)),
        )
    first = min((row[5] for row in rows), default=0)
    return Traffic(by_system, midnight_ms if whole else at_ms.get(first, now_ms), whole)


def _system(activity: str, verdict: str, place: str) -> str:
    """Which system answered: where a port has several, a yes names it in its reason and a no in its facts."""
    if verdict == "Declined" and place:
        place = msgspec.json.decode(place, type=dict[str, str]).get("system", "")
    return place or activity.partition(".")[0]

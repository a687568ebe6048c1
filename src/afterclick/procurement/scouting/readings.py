"""Every price that was read, and what others may take from them: accepted prices, and the market."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

import msgspec

from afterclick.domain.scouting import DAY_MS, Judged, Reading, ReadingFacts
from afterclick.store.tables import price_readings
from afterclick.store.transaction import Tx, Value

_READ: Final = (
    "watch", "party", "role", "sku", "vendor_sku", "gtin", "at_ms", "amount", "currency", "pieces", "availability", "source",
    "confidence", "url", "site", "sha256", "path", "text", "doubt", "vouched",
)  # fmt: skip
_JUDGED: Final = ("verdict", "because", "counts", "readings")
_WAITING: Final = (
    "SELECT MAX(d.id) AS id FROM price_readings d WHERE d.verdict = 'doubtful' AND d.amount > 0 AND NOT EXISTS"
    " (SELECT 1 FROM price_readings l WHERE l.sku = d.sku AND l.party = d.party AND l.id > d.id AND l.counts)"
    " GROUP BY d.party, d.sku"
)
Key = tuple[str, str]
"""(party, sku)"""


class UnknownReading(ValueError):
    """There is no such reading, or it cannot be accepted; says why."""


class Kept(NamedTuple):
    """A reading on record, with its number and what was decided of it."""

    id: int
    reading: Reading
    judged: Judged


class Market(msgspec.Struct, frozen=True):
    """What a SKU costs elsewhere: minor units of `currency` for one piece, over the latest accepted price of each party."""

    sku: str
    currency: str
    median: float
    low: float
    high: float
    parties: int
    newest_ms: int


def accepted_prices(tx: Tx, *, skus: Iterable[str] | None = None) -> dict[Key, Kept]:
    """(vendor, SKU) → the latest reading that counts, of vendors; `judged.readings` is how many independent ones found it."""
    return {key: kept for key, kept in latest(tx, skus).items() if kept.reading.role == "vendor"}


def market(tx: Tx, skus: Iterable[str], *, now_ms: int, stale_days: float = 30.0, currency: str = "") -> dict[str, Market]:
    """SKU → what vendors and competitors ask now, in one currency: the one named, else the one in which most ask.

    Readings that are older than `stale_days` are left out; nothing is converted between currencies.
    """
    by_sku: dict[str, dict[str, list[Reading]]] = {}
    for kept in latest(tx, skus).values():
        one = kept.reading
        if one.at_ms >= now_ms - stale_days * DAY_MS and one.currency == (currency or one.currency):
            by_sku.setdefault(one.sku, {}).setdefault(one.currency, []).append(one)
    found: dict[str, Market] = {}
    for sku, by_currency in by_sku.items():
        code, some = max(by_currency.items(), key=lambda item: (len(item[1]), item[0]))
        prices = sorted(one.per_piece for one in some)
        found[sku] = Market(sku, code, median(prices), prices[0], prices[-1], len(prices), max(one.at_ms for one in some))
    return found


def latest(tx: Tx, skus: Iterable[str] | None = None) -> dict[Key, Kept]:
    """(party, SKU) → the latest reading that counts."""
    where, values = _of(tx, skus)
    sql = (
        f"SELECT {_columns('r')} FROM price_readings r JOIN (SELECT MAX(id) AS id FROM price_readings WHERE counts{where}"  # noqa: S608
        " GROUP BY party, sku) AS last ON last.id = r.id"
    )
    return {(kept.reading.party, kept.reading.sku): kept for kept in _kept(tx.rows(sql, values))}


def facts(tx: Tx, some: Sequence[Reading], *, now_ms: int, stale_days: float) -> list[ReadingFacts]:
    """What each reading is held against, for all of them in two queries."""
    skus = {one.sku for one in some}
    last = latest(tx, skus)
    waiting = _pending(tx, skus, since_ms=round(now_ms - stale_days * DAY_MS))
    asking: dict[str, list[Reading]] = {}
    for (_, sku), kept in last.items():
        if kept.reading.at_ms >= now_ms - stale_days * DAY_MS:
            asking.setdefault(sku, []).append(kept.reading)
    found: list[ReadingFacts] = []
    for one in some:
        key = (one.party, one.sku)
        others = tuple(
            other.per_piece for other in asking.get(one.sku, ()) if other.party != one.party and other.currency == one.currency
        )
        found.append(ReadingFacts(one, last[key].reading if key in last else None, tuple(waiting.get(key, ())), others))
    return found


def keep(tx: Tx, some: Sequence[tuple[Reading, Judged]], *, decided_by: str = "") -> None:
    """Write readings down with what was decided."""
    rows = [
        (
            *(_text(getattr(one, name)) for name in _READ),
            judged.verdict, judged.because[:500], judged.counts, judged.readings, decided_by,
        )
        for one, judged in some
    ]  # fmt: skip
    tx.insert(price_readings, (*_READ, *_JUDGED, "decided_by"), rows)


def of_watches(tx: Tx, ids: Iterable[int]) -> dict[int, list[Kept]]:
    """Watch → the latest reading of each of its SKUs, for a page that has not changed since."""
    condition, value = tx.among(sorted(set(ids)))
    sql = (
        f"SELECT {_columns('r')} FROM price_readings r JOIN (SELECT MAX(id) AS id FROM price_readings WHERE watch {condition}"  # noqa: S608
        " GROUP BY watch, sku) AS last ON last.id = r.id"
    )
    found: dict[int, list[Kept]] = {}
    for kept in _kept(tx.rows(sql, (value,))):
        found.setdefault(kept.reading.watch, []).append(kept)
    return found


def history(
    tx: Tx, *, sku: str = "", party: str = "", doubtful: bool = False, limit: int = 50, before: int = 2**62
) -> list[Kept]:  # fmt: skip
    """Readings on record, newest first; `before` is the number of the last one seen."""
    where: list[tuple[str, Value]] = [("id < ?", before)]
    where += [("sku = ?", sku)] if sku else []
    where += [("party = ?", party)] if party else []
    conditions = " AND ".join([*(one[0] for one in where), *(["verdict = 'doubtful'"] if doubtful else [])])
    sql = f"SELECT {_columns('r')} FROM price_readings r WHERE {conditions} ORDER BY id DESC LIMIT ?"  # noqa: S608
    return _kept(tx.rows(sql, [*(one[1] for one in where), limit]))


def reading(tx: Tx, number: int) -> Kept:
    """One reading.

    Raises:
        UnknownReading: there is none of that number.
    """
    found = _kept(tx.rows(f"SELECT {_columns('r')} FROM price_readings r WHERE id = ?", (number,)))  # noqa: S608
    if not found:
        raise UnknownReading(f"there is no reading {number}; `afterclick scout readings` shows the latest")
    return found[0]


def waiting(tx: Tx, *, sku: str = "", party: str = "", limit: int, before: int = 2**62) -> list[Kept]:
    """What waits for a person, the newest first: of each article at each party the latest doubtful reading, where none has
    counted and nobody has said no since. `before` is the number of the last one seen."""
    sql = (
        f"SELECT {_columns('r')} FROM price_readings r JOIN ({_WAITING}) AS last ON last.id = r.id"  # noqa: S608
        " WHERE r.id < ? AND ? IN ('', r.sku) AND ? IN ('', r.party) ORDER BY r.id DESC LIMIT ?"
    )
    return _kept(tx.rows(sql, (before, sku, party, limit)))


def how_many_wait(tx: Tx) -> int:
    """How many prices wait for a person."""
    return int(tx.value(f"SELECT COUNT(*) FROM ({_WAITING}) AS last"))  # noqa: S608


def _pending(tx: Tx, skus: Iterable[str], *, since_ms: int) -> Mapping[Key, Sequence[Reading]]:
    """(party, SKU) → the readings since the last that counts, oldest first."""
    where, values = _of(tx, skus)
    sql = (
        f"SELECT {_columns('r')} FROM price_readings r WHERE r.verdict = 'doubtful' AND r.at_ms >= ?"  # noqa: S608
        f"{where.replace('sku', 'r.sku')}"
        " AND NOT EXISTS (SELECT 1 FROM price_readings l WHERE l.sku = r.sku AND l.party = r.party AND l.counts AND l.id > r.id)"
        " ORDER BY r.id"
    )
    found: dict[Key, list[Reading]] = {}
    for kept in _kept(tx.rows(sql, [since_ms, *values])):
        found.setdefault((kept.reading.party, kept.reading.sku), []).append(kept.reading)
    return found


def _of(tx: Tx, skus: Iterable[str] | None) -> tuple[str, list[Value]]:
    if skus is None:
        return "", []
    condition, value = tx.among(sorted(set(skus)))
    return f" AND sku {condition}", [value]


def _columns(table: str) -> str:
    return ", ".join(f"{table}.{name}" for name in ("id", *_READ, *_JUDGED))


def _kept(rows: Sequence[tuple[object, ...]]) -> list[Kept]:
    found: list[Kept] = []
    for number, *values in rows:
        read: dict[str, object] = dict(zip(_READ, values, strict=False))
        judged: dict[str, object] = dict(zip(_JUDGED, values[len(_READ) :], strict=True))
        found.append(Kept(int(str(number)), _loaded(read), _decided(judged)))
    return found


def _loaded(values: Mapping[str, object]) -> Reading:
    return msgspec.convert({**values, "vouched": bool(values["vouched"])}, Reading)


def _decided(values: Mapping[str, object]) -> Judged:
    return msgspec.convert({**values, "counts": bool(values["counts"])}, Judged)


def _text(value: Value) -> Value:
    return value[:500] if isinstance(value, str) else value

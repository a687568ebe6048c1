"""What scouts look at, in the database: pages and price lists of vendors and competitors."""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from afterclick.domain.scouting import HOUR_MS, Role
from afterclick.store.log import Event
from afterclick.store.tables import watches
from afterclick.store.transaction import Tx

FILE: Final = "file:"
UNDERWAY_MS: Final = 15 * 60_000
"""A visit that has not come back after so long is lost, and made again."""
FIRST_RETRY_MS: Final = 15 * 60_000
_COLUMNS: Final = (
    "id", "party", "role", "address", "sku", "vendor_sku", "gtin", "currency", "country", "every_hours", "state", "added_by",
    "added_ms", "due_ms", "asked_ms", "read_ms", "failures", "said", "etag", "modified", "sha256", "lines", "lines_bad",
)  # fmt: skip
_NEW: Final = (
    "party", "role", "address", "sku", "vendor_sku", "gtin", "currency", "country", "every_hours", "state", "added_by",
    "added_ms", "due_ms",
)  # fmt: skip


class BadWatch(ValueError):
    """A watch cannot be added; says why."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is read every so often: a page for one `sku` of ours, or a list, whose lines name their articles.

    `address` is a web address, or `file:` and a name in the office's folder for price lists. `every_hours` is at least 1.
    """

    id: int = 0
    party: str
    role: Role = "vendor"
    address: str
    sku: str = ""
    vendor_sku: str = ""
    gtin: str = ""
    currency: str = ""
    country: str = ""
    every_hours: int = 24
    state: str = "active"
    added_by: str = ""
    added_ms: int = 0
    due_ms: int = 0
    asked_ms: int = 0
    read_ms: int = 0
    failures: int = 0
    said: str = ""
    etag: str = ""
    modified: str = ""
    sha256: str = ""
    lines: int = 0
    lines_bad: int = 0

    @property
    def is_file(self) -> bool:
        """Whether it is a price list in the office's folder."""
        return self.address.startswith(FILE)

    @property
    def site(self) -> str:
        """The host, or the folder: readings from one place are one witness."""
        return "" if self.is_file else (urlsplit(self.address).hostname or "")


def add(tx: Tx, watch: Watch, *, by: str, now_ms: int) -> tuple[Watch, Event]:
    """Watch an address; the same address for the same party and SKU is watched once.

    Raises:
        BadWatch: it names nobody, no address that could be read, a SKU that the catalogue does not know, or is there already.
    """
    _check(tx, watch)
    values = (*(getattr(watch, name) for name in _NEW[:9]), "active", by, now_ms, now_ms)
    number = tx.value(f"INSERT INTO watches ({', '.join(_NEW)}) VALUES ({', '.join('?' * len(_NEW))}) RETURNING id", values)  # noqa: S608
    made = msgspec.structs.replace(watch, id=int(number), state="active", added_by=by, added_ms=now_ms, due_ms=now_ms)
    return made, Event(
        "watch.added", None, f"watch/{made.id}", "", f"{watch.address} for {watch.sku or 'a list'} of {watch.party}"
    )


def remove(tx: Tx, number: int) -> Event:
    """Watch an address no longer; what was read there stays on record.

    Raises:
        BadWatch: there is no such watch.
    """
    found = by_id(tx, [number]).get(number)
    if found is None:
        raise BadWatch(f"there is no watch {number}; `afterclick scout list` shows all")
    tx.run("DELETE FROM watches WHERE id = ?", (number,))
    return Event("watch.removed", None, f"watch/{number}", "", f"{found.address} of {found.party}")


def by_id(tx: Tx, ids: Iterable[int]) -> dict[int, Watch]:
    """Watches by their number."""
    condition, value = tx.among(sorted(set(ids)))
    return {one.id: one for one in _loaded(tx, f"WHERE id {condition}", (value,))}


def all_watches(tx: Tx, *, limit: int = 1_000, after: int = 0) -> list[Watch]:
    """All watches, oldest first."""
    return _loaded(tx, "WHERE id > ? ORDER BY id LIMIT ?", (after, limit))


def due(tx: Tx, *, now_ms: int, limit: int) -> list[Watch]:
    """The watches whose time has come, the longest due first."""
    return _loaded(tx, "WHERE state = 'active' AND due_ms <= ? ORDER BY due_ms, id LIMIT ?", (now_ms, limit))


def asked(tx: Tx, some: Sequence[Watch], *, now_ms: int) -> None:
    """Note that they are being visited."""
    tx.update(watches, keys=("id",), sets=("asked_ms", "due_ms"), rows=[(now_ms, now_ms + UNDERWAY_MS, one.id) for one in some])


def visited(tx: Tx, some: Sequence[Watch]) -> None:
    """Write down how their visits went."""
    tx.update(
        watches, keys=("id",),
        sets=("due_ms", "read_ms", "failures", "said", "etag", "modified", "sha256", "lines", "lines_bad"),
        rows=[
            (
                one.due_ms, one.read_ms, one.failures, one.said[:500], one.etag, one.modified, one.sha256, one.lines,
                one.lines_bad, one.id,
            )
            for one in some
        ],
    )  # fmt: skip


def next_due(watch: Watch, *, now_ms: int, wait_s: int = 0) -> int:
    """When a watch is due again: after its hours, or sooner after a failure, twice as late each time."""
    usual = watch.every_hours * HOUR_MS
    if not watch.failures:
        return now_ms + usual
    return now_ms + max(wait_s * 1_000, min(FIRST_RETRY_MS * 2 ** min(watch.failures - 1, 12), usual))


def _check(tx: Tx, watch: Watch) -> None:
    if not watch.party.strip() or not watch.party.isprintable():
        raise BadWatch("say whose price it is (a vendor or a competitor)")
    if not re.match(r"(?:https?://[^/\s]+|file:[^/\s])", watch.address) or len(watch.address) > 2_000:
        raise BadWatch(f"{watch.address[:80]!r} is no web address and no file:NAME in the folder for price lists")
    if watch.every_hours < 1:
        raise BadWatch("an address is read once an hour at most")
    if watch.sku and not tx.rows("SELECT 1 FROM items WHERE sku = ?", (watch.sku,)):
        raise BadWatch(f"the catalogue does not know the SKU {watch.sku[:60]}")
    if tx.rows("SELECT 1 FROM watches WHERE address = ? AND party = ? AND sku = ?", (watch.address, watch.party, watch.sku)):
        raise BadWatch(f"{watch.address[:80]} is watched already for {watch.party} {watch.sku}")


def _loaded(tx: Tx, rest: str, values: Sequence[int | str | float | bool | None]) -> list[Watch]:
    rows = tx.rows(f"SELECT {', '.join(_COLUMNS)} FROM watches {rest}", values)  # noqa: S608  # parts from this file
    return [msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), Watch) for row in rows]

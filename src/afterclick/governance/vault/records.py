"""The rows of the vault: sealed secrets by name and version, and the events that tell who did what with them."""

from typing import Final, NamedTuple

from afterclick.governance.vault.sealing import Sealed
from afterclick.store.tables import secrets
from afterclick.store.transaction import Row, Tx

CURRENT: Final = "current"
RETIRING: Final = "retiring"
ENDED: Final = "ended"
_COLUMNS: Final = ("name", "version", "wrapped", "sealed", "office_key", "state", "put_ms", "put_by", "until_ms")


class Version(NamedTuple):
    """One version of a secret, sealed. `until_ms`: a retiring one may be read before that instant."""

    name: str
    version: int
    seal: Sealed
    state: str
    put_ms: int
    put_by: str
    until_ms: int

    def readable(self, now_ms: int) -> bool:
        """Whether it may be leased."""
        return self.state == CURRENT or (self.state == RETIRING and now_ms < self.until_ms)


class Held(NamedTuple):
    """What may be said of a version: everything but its value."""

    name: str
    version: int
    state: str
    put_ms: int
    put_by: str
    until_ms: int
    office_key: str


class Use(NamedTuple):
    """Something that was done with a secret, from the log: `vault.leased`, `vault.rotated` and so on."""

    at_ms: int
    by: str
    activity: str
    because: str


def versions(tx: Tx, name: str = "") -> list[Version]:
    """The versions of one secret, or of all, by name, the newest first."""
    where, values = ("WHERE name = ?", (name,)) if name else ("", ())
    rows = tx.rows(f"SELECT {', '.join(_COLUMNS)} FROM secrets {where} ORDER BY name, version DESC", values)  # noqa: S608
    return [_version(row) for row in rows]


def add(tx: Tx, name: str, version: int, seal: Sealed, *, by: str, now_ms: int) -> None:
    """Write a new current version."""
    tx.insert(secrets, _COLUMNS, [(name, version, *seal, CURRENT, now_ms, by, 0)])


def retire(tx: Tx, name: str, *, until_ms: int) -> None:
    """The current version stays readable until then."""
    tx.run("UPDATE secrets SET state = ?, until_ms = ? WHERE name = ? AND state = ?", (RETIRING, until_ms, name, CURRENT))


def end(tx: Tx, name: str) -> int:
    """Erase what all versions of a secret hold; returns how many held something."""
    return tx.run("UPDATE secrets SET state = ?, wrapped = '', sealed = '' WHERE name = ? AND state <> ?", (ENDED, name, ENDED))


def end_retired(tx: Tx, *, now_ms: int) -> None:
    """Erase what those versions hold whose grace is over."""
    tx.run("UPDATE secrets SET state = ?, wrapped = '', sealed = '' WHERE state = ? AND until_ms <= ?", (ENDED, RETIRING, now_ms))


def rewrite(tx: Tx, name: str, version: int, seal: Sealed) -> None:
    """The same version under another office key."""
    tx.run("UPDATE secrets SET wrapped = ?, office_key = ? WHERE name = ? AND version = ?",
           (seal.wrapped, seal.office_key, name, version))  # fmt: skip


def key_in_use(tx: Tx) -> str:
    """The id of the office key under which the secrets are sealed; empty while there are none."""
    return str(tx.value("SELECT MAX(office_key) FROM secrets WHERE state <> ?", (ENDED,)) or "")


def held(tx: Tx) -> list[Held]:
    """Every version that still holds something, by name, the newest first."""
    return [
        Held(one.name, one.version, one.state, one.put_ms, one.put_by, one.until_ms, one.seal.office_key)
        for one in versions(tx)
        if one.state != ENDED
    ]


def uses(tx: Tx, name: str, *, limit: int) -> list[Use]:
    """What was done with a secret, the latest first."""
    rows = tx.rows(
        "SELECT b.at_ms, b.actor, e.activity, e.because FROM events e JOIN blocks b ON b.number = e.block"
        " WHERE e.object = ? ORDER BY e.block DESC, e.seq DESC LIMIT ?",
        (f"secret/{name}", limit),
    )
    return [Use._make(row) for row in rows]


def _version(row: Row) -> Version:
    name, version, wrapped, sealed, office_key, state, put_ms, put_by, until_ms = row
    return Version(name, version, Sealed(wrapped, sealed, office_key), state, put_ms, put_by, until_ms)

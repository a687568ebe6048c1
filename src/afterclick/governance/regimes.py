"""What was in force since when: each change of the active version, or of the one on trial, is one row that stays."""

from typing import Final, NamedTuple, cast

from afterclick.governance.in_force import How, InForce, Ready
from afterclick.governance.policy import read
from afterclick.store.tables import policy_regimes
from afterclick.store.transaction import Tx

_COLUMNS: Final = ("id", "at_ms", "active", "trial", "how", "share", "by", "because")
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM policy_regimes"  # noqa: S608  # names from code


class Regime(NamedTuple):
    """The active version, and the one on trial (0: none) with how (`shadow`, `canary`) and on which share in percent."""

    id: int
    at_ms: int
    active: int
    trial: int
    how: str
    share: int
    by: str
    because: str


def current(tx: Tx) -> Regime | None:
    """What is in force; None in an office that was never opened."""
    rows = tx.rows(f"{_SELECT} ORDER BY id DESC LIMIT 1")
    return Regime._make(rows[0]) if rows else None


def stamp(tx: Tx) -> int:
    """A number that changes whenever something else is in force."""
    return tx.value("SELECT COALESCE(MAX(id), 0) FROM policy_regimes")


def known(tx: Tx, ids: list[int]) -> dict[int, Regime]:
    """These regimes, by id."""
    condition, value = tx.among(ids)
    return {row[0]: Regime._make(row) for row in tx.rows(f"{_SELECT} WHERE id {condition}", (value,))}


def at(tx: Tx, at_ms: int) -> Regime | None:
    """What was in force at an instant, to within the two seconds in which workers take up what is new."""
    rows = tx.rows(f"{_SELECT} WHERE at_ms <= ? ORDER BY id DESC LIMIT 1", (at_ms,))
    return Regime._make(rows[0]) if rows else None


def before_this(tx: Tx) -> int:
    """The version that was in force before the active one and was not taken back; 0 where there is none."""
    sql = (
        "SELECT r.active FROM policy_regimes r JOIN policy_versions v ON v.number = r.active"
        " WHERE v.state = 'superseded' ORDER BY r.id DESC LIMIT 1"
    )
    return int(tx.value(sql) or 0)


def put_in_force(tx: Tx, regime: Regime) -> int:
    """Write down a change; returns its id, and leaves the rest (states, log) to the caller."""
    number = tx.take("policy_regimes")
    tx.insert(policy_regimes, _COLUMNS, [(number, *regime[1:])])
    return number


def in_force(tx: Tx, regime: int) -> InForce | None:
    """A regime, ready to judge with; None where there is none of that id.

    Raises:
        PolicyError: its text was written by a newer Afterclick.
    """
    found = known(tx, [regime]).get(regime)
    if found is None:
        return None
    return InForce(
        regime, _ready(tx, found.active), _ready(tx, found.trial) if found.trial else None, cast(How, found.how), found.share
    )


def _ready(tx: Tx, number: int) -> Ready:
    text = tx.value("SELECT text FROM policy_versions WHERE number = ?", (number,))
    return Ready.of(number, read(text, name=f"version {number} of the policy"))

"""Sign-ins that are half done: the password was right, or the person is away at the provider."""

from typing import Final, Literal, NamedTuple

from afterclick.governance.people.secret import fresh, hashed
from afterclick.store.transaction import Tx

GOOD_FOR_MS: Final = 10 * 60_000
MOST_TRIES: Final = 5
Kind = Literal["code", "oidc"]


class HalfDone(NamedTuple):
    """Whose sign-in it is (0: not known yet), and what has to be remembered for its second half, as JSON."""

    person: int
    facts: str


def begin(tx: Tx, kind: Kind, *, person: int, facts: str, now_ms: int, secret: str = "") -> str:
    """Remember a first half; returns the secret that the same browser brings back, a new one unless it has one already."""
    secret = secret or fresh()
    tx.run("DELETE FROM half_sign_ins WHERE ends_ms <= ?", (now_ms,))
    tx.run(
        "INSERT INTO half_sign_ins (hash, kind, person, facts, ends_ms) VALUES (?, ?, ?, ?, ?)",
        (hashed(secret), kind, person, facts, now_ms + GOOD_FOR_MS),
    )
    return secret


def take(tx: Tx, secret: str, kind: Kind, *, now_ms: int) -> HalfDone | None:
    """The first half of that secret, which is gone with this."""
    rows = tx.rows(
        "DELETE FROM half_sign_ins WHERE hash = ? AND kind = ? AND ends_ms > ? RETURNING person, facts",
        (hashed(secret), kind, now_ms),
    )
    return HalfDone._make(rows[0]) if rows else None


def try_(tx: Tx, secret: str, kind: Kind, *, now_ms: int) -> HalfDone | None:
    """The first half of that secret, which stays for a few tries."""
    rows = tx.rows(
        "UPDATE half_sign_ins SET tries = tries + 1 WHERE hash = ? AND kind = ? AND ends_ms > ? AND tries < ?"
        " RETURNING person, facts",
        (hashed(secret), kind, now_ms, MOST_TRIES),
    )
    return HalfDone._make(rows[0]) if rows else None

"""How often somebody may try: after some failures each further attempt waits longer, for an account and for an address."""

import hashlib
import ipaddress
from collections.abc import Sequence
from typing import Final, NamedTuple

from afterclick.store.transaction import Tx

LONGEST_WAIT_MS: Final = 15 * 60_000
"""Nobody is locked out for good: whoever has the password comes in after this at the latest."""
FORGET_MS: Final = 24 * 3_600_000


class Key(NamedTuple):
    """What is counted: an account or an address, and how many failures are free of waiting."""

    name: str
    free: int


class Throttled(Exception):
    """Too many attempts failed; `wait_s` is how long until the next is looked at."""

    def __init__(self, wait_ms: int) -> None:
        self.wait_s: int = max(1, -(-wait_ms // 1000))
        super().__init__(f"too many attempts failed: try again in {self._in_words()}")

    def _in_words(self) -> str:
        return f"{self.wait_s} s" if self.wait_s < 120 else f"{-(-self.wait_s // 60)} minutes"


def account(email: str) -> Key:
    """An account, whether it exists or not."""
    return Key(f"account:{hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]}", 5)


def factor(person_id: int) -> Key:
    """The second factor of a person."""
    return Key(f"factor:{person_id}", 5)


def address(text: str) -> Key:
    """Where attempts come from; of IPv6 the network of 64 bits, since one machine has as many addresses as it likes."""
    try:
        known = ipaddress.ip_address(text)
    except ValueError:
        return Key(f"address:{text[:64]}", 20)
    if known.version == 6:
        known = known.ipv4_mapped or ipaddress.ip_network((known, 64), strict=False).network_address
    return Key(f"address:{known}", 20)


def admit(tx: Tx, keys: Sequence[Key], *, now_ms: int) -> None:
    """Count an attempt as failed before it is looked at, so that a thousand at once count as a thousand.

    Raises:
        Throttled: one of the keys has to wait; the attempt is not counted.
    """
    places = {key: _place(tx, key, now_ms) for key in sorted(keys)}
    wait_ms = max(until_ms - now_ms for _, until_ms in places.values())
    if wait_ms > 0:
        raise Throttled(wait_ms)
    for key, (failures, _) in places.items():
        over = failures + 1 - key.free
        wait = min(LONGEST_WAIT_MS, 1000 * 2 ** min(over, 20)) if over > 0 else 0
        tx.run(
            "UPDATE sign_in_throttles SET failures = ?, last_ms = ?, until_ms = ? WHERE key = ?",
            (failures + 1, now_ms, now_ms + wait, key.name),
        )


def succeeded(tx: Tx, own: Key, shared: Key) -> None:
    """Forget the failures of an account; an address is only given this one attempt back, since others may be trying from it."""
    for key in sorted((own, shared)):  # in the order of `admit`, so that no two wait for each other
        if key == own:
            tx.run("DELETE FROM sign_in_throttles WHERE key = ?", (own.name,))
        else:
            back = "UPDATE sign_in_throttles SET failures = failures - 1, until_ms = 0 WHERE key = ? AND failures > 0"
            tx.run(back, (shared.name,))


def forget_old(tx: Tx, *, now_ms: int) -> None:
    """Drop what nobody has tried for a day."""
    tx.run("DELETE FROM sign_in_throttles WHERE last_ms < ?", (now_ms - FORGET_MS,))


def _place(tx: Tx, key: Key, now_ms: int) -> tuple[int, int]:
    """Failures so far and until when to wait; the row is held until the transaction ends."""
    failures, last_ms, until_ms = tx.rows(
        "INSERT INTO sign_in_throttles (key, failures, last_ms) VALUES (?, 0, ?)"
        " ON CONFLICT (key) DO UPDATE SET failures = sign_in_throttles.failures RETURNING failures, last_ms, until_ms",
        (key.name, now_ms),
    )[0]
    return (0, 0) if last_ms < now_ms - FORGET_MS else (failures, until_ms)

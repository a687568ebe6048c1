"""One-time links: whoever was sent one may answer one thing, once, without signing in.

The database knows only the SHA-256 of a token, and the token itself for as long as its mail has not gone out. A link is bound to
its purpose (`task/7`, `question/3`), to the person to whom it was sent, and to a time at which it ends.
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from afterclick.store.tables import links
from afterclick.store.transaction import Tx

TOKEN_BYTES: Final = 32
_TOKEN_LENGTH: Final = 43
_COLUMNS: Final = ("hash", "purpose", "person", "address", "mail", "unsent", "made_ms", "expires_ms")
_KEPT_MS: Final = 30 * 24 * 3_600_000

Standing = Literal["good", "unknown", "used", "expired"]


class Wanted(NamedTuple):
    """A link to be made: what for, for whom (as the log names them), where it is sent, and until when."""

    purpose: str
    person: str
    address: str
    expires_ms: int


class Link(NamedTuple):
    """What is known of a link that somebody opens."""

    hash: str
    purpose: str
    person: str
    standing: Standing

    def about(self, kind: str) -> int:
        """The number of the thing that it is about, 0 where that is of another kind."""
        name, _, number = self.purpose.partition("/")
        return int(number) if name == kind and number.isdecimal() else 0


class Unsent(NamedTuple):
    """A link that waits for its mail."""

    purpose: str
    person: str
    token: str


NOT_KNOWN: Final = Link("", "", "", "unknown")


def make(tx: Tx, wanted: Sequence[Wanted], *, mail: int, now_ms: int) -> None:
    """Make links that go out with one mail (a number); `unsent` hands them over, `sent` forgets their tokens."""
    rows: list[tuple[str | int, ...]] = []
    for one in wanted:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        rows.append((_hash(token), one.purpose, one.person, one.address, mail, token, now_ms, one.expires_ms))
    tx.insert(links, _COLUMNS, rows)
    tx.run("DELETE FROM links WHERE unsent = '' AND expires_ms < ?", (now_ms - _KEPT_MS,))


def unsent(tx: Tx, *, most: int = 200) -> dict[tuple[int, str], list[Unsent]]:
    """The links whose mails have yet to go out: (mail, address) → links; at most so many mails, the oldest first."""
    mails = [row[0] for row in tx.rows("SELECT DISTINCT mail FROM links WHERE unsent <> '' ORDER BY mail LIMIT ?", (most,))]
    among, value = tx.among(mails)
    found: dict[tuple[int, str], list[Unsent]] = {}
    for mail, address, purpose, person, token in tx.rows(
        f"SELECT mail, address, purpose, person, unsent FROM links WHERE unsent <> '' AND mail {among} ORDER BY mail, purpose",  # noqa: S608
        (value,),
    ):
        found.setdefault((mail, address), []).append(Unsent(purpose, person, token))
    return found


def sent(tx: Tx, mails: Sequence[int]) -> None:
    """These mails have gone out, or never will: their tokens are forgotten here."""
    tx.run_many("UPDATE links SET unsent = '' WHERE mail = ?", [(mail,) for mail in mails])


def look(tx: Tx, token: str, *, now_ms: int) -> Link:
    """What a link is worth now; looking does not use it, since the scanners of mail programs open every link."""
    if len(token) != _TOKEN_LENGTH or not token.isascii():
        return NOT_KNOWN
    found = tx.rows("SELECT hash, purpose, person, expires_ms, used_ms FROM links WHERE hash = ?", (_hash(token),))
    if not found:
        return NOT_KNOWN
    digest, purpose, person, expires_ms, used_ms = found[0]
    return Link(digest, purpose, person, "used" if used_ms else "expired" if expires_ms < now_ms else "good")


def use(tx: Tx, link: Link, *, now_ms: int) -> bool:
    """Use a link up; False when somebody has, in the meantime."""
    sql = "UPDATE links SET used_ms = ? WHERE hash = ? AND used_ms = 0 AND expires_ms >= ?"
    return tx.run(sql, (now_ms, link.hash, now_ms)) == 1


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""A bot's card: what it does, who owns it, what starts it, and which acts on the outside it may do."""

import hashlib
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from afterclick.governance.permissions import ACTS, Permission, taken

DataClass = Literal["personal", "payment", "stock", "catalogue", "order", "log"]
"""`log` is the log's own figures, such as the hash of its head: nobody's data."""
Mode = Literal["live", "shadow", "dry-run"]
MODES: Final[tuple[Mode, ...]] = ("live", "shadow", "dry-run")


class Queue(msgspec.Struct, frozen=True, tag="queue"):
    """Starts when items lie in the queue of that name, oldest and most urgent first."""

    name: str


class On(msgspec.Struct, frozen=True, tag="event"):
    """Starts when an event with this activity is recorded; its order becomes the item."""

    activity: str


class Every(msgspec.Struct, frozen=True, tag="every"):
    """Starts without items, this many seconds after it last started."""

    seconds: float


class Cron(msgspec.Struct, frozen=True, tag="cron"):
    """Starts without items at the times of a crontab expression, in UTC."""

    expression: str


Trigger = Queue | On | Every | Cron


def handed(starts_on: Sequence[Trigger]) -> bool:
    """Whether a bot that starts so is handed items; one that starts by the clock too finds its work itself."""
    by_clock = any(isinstance(one, Every | Cron) for one in starts_on)
    return any(isinstance(one, Queue) or (isinstance(one, On) and not by_clock) for one in starts_on)


class Manual(msgspec.Struct, frozen=True):
    """The work a person did before: minutes per item, and where that figure comes from."""

    minutes: float
    per: str
    source: str


class Card(msgspec.Struct, frozen=True):
    """What a bot is registered as. `may` names the acts it may do through the door: port → acts.

    `purpose` is why it exists, `handles` the classes of data that it works with, `limits` within which limits in words,
    `expires` the first day (ISO 8601) on which it rests; empty: never.
    """

    id: str
    does: str
    owner: str
    works_on: str
    starts_on: tuple[Trigger, ...]
    may: dict[str, frozenset[str]] = {}
    replaces: Manual | None = None
    version: str = "1"
    batch_size: int = 2_000
    secrets: frozenset[str] = frozenset()
    """The names of the secrets that it may lease from the vault."""
    purpose: str = ""
    handles: frozenset[DataClass] = frozenset()
    limits: str = ""
    expires: str = ""
    takes: dict[str, Permission] = {}
    """What acts of the shop's own systems take, by `port.act`: those that the table of permissions does not name."""

    def allows(self, port: str, act: str) -> bool:
        """Whether the card lists this act on that port."""
        return act in self.may.get(port, ())

    @property
    def systems(self) -> tuple[str, ...]:
        """The ports behind which it acts."""
        return tuple(sorted(port for port, acts in self.may.items() if acts))

    @property
    def acts(self) -> tuple[str, ...]:
        """Every act that it may do, as `port.act`."""
        return tuple(sorted(f"{port}.{act}" for port, acts in self.may.items() for act in acts))

    @property
    def permissions(self) -> frozenset[Permission]:
        """What it holds of the table of permissions: what its acts take."""
        own: list[Permission] = [self.takes[act] for act in self.acts if act in self.takes]
        return taken(self.acts).union(own)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Acts of which nobody says what they take."""
        return tuple(act for act in self.acts if act not in ACTS and act not in self.takes)


def written(card: Card) -> str:
    """The card as JSON, in one order whatever the process."""
    return msgspec.json.encode(card, order="deterministic").decode()


def digest_of(card: Card) -> str:
    """The card's fingerprint, by which an approval names it: SHA-256 over `written`, in hex."""
    return hashlib.sha256(written(card).encode()).hexdigest()


def widened(card: Card, approved: Card | None) -> list[str]:
    """What a card may do that the approved one may not; all that it may do where none was approved.

    A card that does less, or the same in other words, goes on under the old approval.
    """
    before = approved or Card("", "", "", "", ())
    more = [f"may do {act}" for act in card.acts if act not in before.acts]
    more += [f"may lease the secret {name}" for name in sorted(card.secrets - before.secrets)]
    more += [f"works with {kind} data" for kind in sorted(card.handles - before.handles)] if approved else []
    if approved and card.limits != before.limits:
        more.append(f"has other limits: {card.limits or 'none'}")
    if approved and before.expires and (not card.expires or card.expires > before.expires):
        more.append(f"works until {card.expires or 'it is stopped'} instead of {before.expires}")
    return more

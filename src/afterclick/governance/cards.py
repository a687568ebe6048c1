"""A bot's card: what it does, who owns it, what starts it, and which acts on the outside it may do."""

from typing import Final, Literal

import msgspec

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


class Manual(msgspec.Struct, frozen=True):
    """The work a person did before: minutes per item, and where that figure comes from."""

    minutes: float
    per: str
    source: str


class Card(msgspec.Struct, frozen=True):
    """What a bot is registered as. `may` names the acts it may do through the door: port → acts."""

    id: str
    does: str
    owner: str
    works_on: str
    starts_on: tuple[Trigger, ...]
    may: dict[str, frozenset[str]] = {}
    replaces: Manual | None = None
    version: str = "1"
    batch_size: int = 2_000

    def allows(self, port: str, act: str) -> bool:
        """Whether the card lists this act on that port."""
        return act in self.may.get(port, ())

"""The web as a visitor reads it: addresses are handed over, and what comes back is picked up later."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from afterclick.ports.answer import Answer


class Visit(msgspec.Struct, frozen=True):
    """One address to read, in one try; `key` names the try. `etag` and `modified` are what was said of it last time."""

    key: str
    url: str
    etag: str = ""
    modified: str = ""
    order_id: int | None = None


class Fetched(msgspec.Struct, frozen=True):
    """What came of a visit. `status` is 0 where nothing usable came, `body` then empty: `said` tells why.

    `wait_s` is how long the host wants to be left alone; `sha256` is of the page's bytes, in hex.
    """

    key: str
    status: int
    said: str = ""
    url: str = ""
    content_type: str = ""
    etag: str = ""
    modified: str = ""
    sha256: str = ""
    wait_s: int = 0
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether a page came."""
        return self.status == 200

    @property
    def unchanged(self) -> bool:
        """Whether the page is the one that was read before."""
        return self.status == 304


class Web(Protocol):
    """A visitor takes its time, for it waits between two visits to a host; nobody waits for it meanwhile."""

    name: str

    def fetch(self, visits: Sequence[Visit]) -> Sequence[Answer[None]]:
        """Take addresses to be visited; a key that is under way already is not taken twice."""
        ...

    def arrived(self, limit: int) -> Sequence[Fetched]:
        """What has come since, at most so many; each is handed out once. A host that refuses or fails is an answer too."""
        ...

    def held(self) -> int:
        """How many visits are under way or not picked up yet."""
        ...

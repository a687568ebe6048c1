"""Verify the log in the background, so that a page can say how far it is and what was found."""

import threading
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from afterclick.engine.checks import one_view
from afterclick.store import log
from afterclick.store.chain import Verified
from afterclick.store.database import Database

State = Literal["never", "running", "done", "failed"]
Anchors = Callable[[], Mapping[int, str]]
"""The heads that were written down outside: block → hash; empty where there are none."""


class Standing(msgspec.Struct, frozen=True):
    """How a verification stands: up to which block of how many, and in the end what was found, or why it could not be done."""

    state: State = "never"
    block: int = 0
    of: int = 0
    began_ms: int = 0
    ended_ms: int = 0
    found: Verified | None = None
    anchors: int = 0
    because: str = ""


class Walk:
    """One verification at a time in this process; what the last one found stays until the next."""

    def __init__(self, database: Database, *, anchors: Anchors, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._anchors = anchors
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._standing = Standing()
        self._thread: threading.Thread | None = None

    @property
    def standing(self) -> Standing:
        return self._standing

    def start(self) -> None:
        """Begin, unless one is under way."""
        with self._lock:
            if self._standing.state == "running":
                return
            self._standing = Standing("running", began_ms=self._now_ms())
            self._thread = threading.Thread(target=self._walk, name="afterclick-verify", daemon=True)
            self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Wait for the end, for so long at most: a short log is through before its page is asked for."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _walk(self) -> None:
        began_ms = self._standing.began_ms
        try:
            known = self._anchors()
            with self._database.reading() as tx:
                one_view(tx)
                of = tx.value("SELECT MAX(number) FROM blocks") or 0

                def progress(block: int) -> None:
                    self._standing = Standing("running", block, of, began_ms)

                progress(0)
                found = log.verify(tx, anchors=known, progress=progress)
            self._standing = Standing("done", found.blocks, of, began_ms, self._now_ms(), found, len(known))
        except Exception as error:  # whatever went wrong, the page says so instead of showing a walk without end
            self._standing = Standing("failed", began_ms=began_ms, ended_ms=self._now_ms(), because=str(error)[:300])

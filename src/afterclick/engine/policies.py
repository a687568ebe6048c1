"""The policy in force as this process knows it: looked up every second, changed between batches, never within one."""

import logging
import threading
import time
from collections.abc import Callable
from typing import ClassVar, Final

from afterclick.governance.in_force import InForce
from afterclick.governance.policy import Policy, PolicyError
from afterclick.governance.regimes import in_force, stamp
from afterclick.governance.scheduled import start_due
from afterclick.governance.shop_rules.compiled import NotCompiled
from afterclick.store.database import Database

_KEPT: Final = 16
"""Regimes that are kept ready; batches that began under an older one look it up again."""

logger = logging.getLogger("afterclick.policy")


class Policies:
    """Regimes by their id. `given` holds where the database knows no version, and as regime 0."""

    looks_every_s: ClassVar[float] = 1.0

    def __init__(self, database: Database, given: Policy, *, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._known = {0: InForce.given(given)}
        self._lock = threading.Lock()
        self._looked_s = float("-inf")
        self._unusable: int = 0
        self.regime = 0
        """The regime under which the next batch begins."""

    def look(self) -> None:
        """Once in `looks_every_s`: start what is scheduled for now, and take up what has been put in force.

        A policy that this program cannot read is said once, and what was in force before goes on.

        Raises:
            PolicyError, NotCompiled: nothing was in force before in this process.
        """
        now_s = time.monotonic()
        if now_s - self._looked_s < self.looks_every_s:
            return
        self._looked_s = now_s
        self._start_due()
        with self._database.reading() as tx:
            latest = stamp(tx)
        if latest in (self.regime, self._unusable):
            return
        try:
            self.of(latest)
        except (PolicyError, NotCompiled) as error:
            if not self.regime:
                self._looked_s = float("-inf")
                raise
            self._unusable = latest
            logger.error("the policy in force cannot be read here; this process goes on with the one before: %s", error)
            return
        self.regime = latest

    def now(self) -> Policy:
        """The active limits as they are now, for whoever works beside the bots."""
        self.look()
        return self.of(self.regime).active.policy

    def of(self, regime: int) -> InForce:
        """What judges under a regime.

        Raises:
            PolicyError, NotCompiled: this program cannot read it.
        """
        found = self._known.get(regime)
        if found is None:
            with self._database.reading() as tx:
                found = in_force(tx, regime) or self._known[0]
            with self._lock:
                for old in sorted(self._known)[1 : len(self._known) - _KEPT]:
                    del self._known[old]
                self._known[regime] = found
        return found

    def _start_due(self) -> None:
        now_ms = self._now_ms()
        with self._database.reading() as tx:
            due = tx.rows("SELECT 1 FROM policy_versions WHERE state = 'scheduled' AND activates_ms <= ? LIMIT 1", (now_ms,))
        if due:
            with self._database.transaction() as tx:
                started = start_due(tx, now_ms=now_ms)
            logger.info("policy version %s is in force, as scheduled", ", ".join(map(str, started)))

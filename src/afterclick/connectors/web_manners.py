"""How a visitor behaves at a host: what robots.txt allows, how often it comes, and when it leaves the host alone."""

import re
import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from protego import Protego

ROBOTS_KEPT_S: Final = 86_400.0
NO_ROBOTS_KEPT_S: Final = 3_600.0
"""How long robots.txt that could not be read is taken for a no (RFC 9309, 2.3.1.4)."""
LARGEST_ROBOTS: Final = 512_000
"""Bytes of robots.txt that are read; RFC 9309 asks for 500 KiB at least."""
LONGEST_DELAY_S: Final = 60.0
FIRST_REST_S: Final = 30.0
LONGEST_REST_S: Final = 3_600
_LONGEST_RULE: Final = 2_000
_MOST_STARS: Final = 10
"""Wildcards of one rule; more are no rule but an attack on whoever tries to match them."""


class Robots(NamedTuple):
    """What robots.txt of a site says to us. With a `because`, it is taken for a no to everything."""

    rules: Protego | None = None
    agent: str = ""
    delay_s: float = 0.0
    because: str = ""

    def forbids(self, url: str) -> str:
        """Why an address may not be read; '' when it may."""
        if self.because or self.rules is None:
            return self.because
        parts = urlsplit(url)
        return "" if self.rules.can_fetch(url, self.agent) else f"robots.txt of {parts.netloc} forbids {parts.path[:200] or '/'}"


def read_robots(status: int, body: bytes, *, agent: str, kind: str = "") -> Robots:
    """The rules of a robots.txt: without one (4xx) all is allowed, with a broken server (5xx) nothing for now."""
    if 400 <= status < 500 and status != 429:
        return Robots()
    if status != 200:
        return Robots(because=f"robots.txt answers {status}; that is taken for no for now")
    if b"\0" in body[:4096]:
        return Robots(because="robots.txt is no text; that is taken for no for now")
    if "html" in kind or body[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
        return Robots()  # the site's page for what it does not have
    text = body[:LARGEST_ROBOTS].decode(errors="replace")
    lines = text.splitlines()
    if any(len(line) > _LONGEST_RULE or line.count("*") > _MOST_STARS for line in lines if not line.lstrip().startswith("#")):
        return Robots(because="robots.txt holds rules that nobody could match; that is taken for no for now")
    rules = Protego.parse("\n".join(lines))
    delay = rules.crawl_delay(agent) or 0.0
    rate = rules.request_rate(agent)
    paced = rate.seconds / rate.requests if rate and rate.requests else 0.0
    return Robots(rules, agent, min(max(delay, paced, 0.0), LONGEST_DELAY_S))


class Manners:
    """The memory of hosts: their robots.txt, when they may be visited next, and which of them rest after failures."""

    def __init__(self, *, every_s: float, clock: Callable[[], float], pause: Callable[[float], None]) -> None:
        self._every_s = every_s
        self._clock = clock
        self._pause = pause
        self._robots: dict[str, tuple[float, Robots]] = {}
        self._next: dict[str, float] = {}
        self._rests: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def robots(self, site: str) -> Robots | None:
        """What is known of a site's robots.txt; None where it has to be read."""
        with self._lock:
            until, robots = self._robots.get(site, (0.0, None))
            return robots if robots is not None and self._clock() < until else None

    def keep(self, site: str, robots: Robots) -> None:
        """Remember a site's robots.txt: a day, and what could not be read an hour."""
        with self._lock:
            self._robots[site] = (self._clock() + (NO_ROBOTS_KEPT_S if robots.because else ROBOTS_KEPT_S), robots)

    def wait(self, host: str, delay_s: float) -> None:
        """Wait until the host may be visited again, and take the turn."""
        with self._lock:
            now = self._clock()
            turn = max(self._next.get(host, now), now)
            self._next[host] = turn + max(self._every_s, delay_s)
        if turn > now:
            self._pause(turn - now)

    def resting(self, host: str) -> int:
        """For how many seconds a host is left alone still; 0 when it may be visited."""
        with self._lock:
            return max(0, round(self._rests.get(host, (0.0, 0))[0] - self._clock()))

    def failed(self, host: str, retry_after: str = "") -> int:
        """Leave a host alone: as long as it asks, else twice as long as the last time; returns the seconds."""
        with self._lock:
            times = self._rests.get(host, (0.0, 0))[1]
            asked = _seconds(retry_after)
            rest = min(asked or FIRST_REST_S * 2**times, LONGEST_REST_S)
            self._rests[host] = (self._clock() + rest, min(times + 1, 12))
            return round(rest)

    def answered(self, host: str) -> None:
        """The host answers again."""
        with self._lock:
            self._rests.pop(host, None)


def _seconds(retry_after: str) -> float:
    """The seconds of a Retry-After header; a date counts from the machine's own clock only roughly, so it is taken for an
    hour."""
    if re.fullmatch(r"\d{1,9}", retry_after.strip()):
        return float(retry_after)
    try:
        return float(LONGEST_REST_S) if retry_after and parsedate_to_datetime(retry_after) else 0.0
    except (TypeError, ValueError):
        return 0.0

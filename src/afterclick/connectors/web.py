"""Reads pages of the web as a polite visitor: few at a time, as robots.txt allows, and nowhere but at public addresses."""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import httpx

from afterclick.connectors.public_http import NotAllowed, PublicHttp, Resolve
from afterclick.connectors.web_manners import Manners, Robots, read_robots
from afterclick.connectors.web_reading import ACCEPTED, Limits, Refused, body_within
from afterclick.ports.answer import Answer, Done
from afterclick.ports.web import Fetched, Visit

AGENT: Final = "Afterclick-Scout"
"""The name under which robots.txt may forbid us something."""
MOST_REDIRECTS: Final = 5
HOSTS_AT_ONCE: Final = 8
MOST_HELD: Final = 150_000_000
"""Bytes of pages that wait to be picked up."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpWeb:
    """Implements `ports.web.Web`. One visit at a time to a host, hosts side by side; no cookies, no proxy of the environment.

    Every address, of a page, of its redirects and of robots.txt, is looked up once and checked, and the checked one is
    connected to. `allow_private` lets it read from this machine and its network. `every_s` is the shortest time between two
    visits to a host; a longer Crawl-delay in robots.txt is kept. `contact` stands in the user agent.
    """

    name = "web"

    def __init__(
        self,
        *,
        every_s: float = 2.0,
        contact: str = "",
        version: str = "1",
        allow_private: bool = False,
        limits: Limits | None = None,
        resolve: Resolve | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._agent = f"{AGENT}/{version}" + (f" (+{contact})" if contact else "")
        self._http = PublicHttp(("https", "http"), setting="scouting.allow_private", allow_private=allow_private, resolve=resolve)
        self._limits = limits or Limits()
        self._clock = clock
        self._manners = Manners(every_s=every_s, clock=clock, pause=pause)
        self._lock = threading.Lock()
        self._lanes: dict[str, deque[Visit]] = {}
        self._under_way: set[str] = set()
        self._arrived: deque[Fetched] = deque()
        self._free = threading.Semaphore(HOSTS_AT_ONCE)

    def fetch(self, visits: Sequence[Visit]) -> Sequence[Answer[None]]:
        for visit in visits:
            self._take(visit)
        return [Done(None) for _ in visits]

    def arrived(self, limit: int) -> Sequence[Fetched]:
        with self._lock:
            found = [self._arrived.popleft() for _ in range(min(limit, len(self._arrived)))]
            self._under_way.difference_update(one.key for one in found)
        return found

    def held(self) -> int:
        with self._lock:
            return len(self._under_way)

    def _take(self, visit: Visit) -> None:
        """Put a visit into its host's lane, and open the lane where nobody goes along it."""
        host = _host(visit.url)
        with self._lock:
            if visit.key in self._under_way:
                return
            self._under_way.add(visit.key)
            opened = host in self._lanes
            self._lanes.setdefault(host, deque()).append(visit)
        if not opened:
            threading.Thread(target=self._along, args=(host,), name=f"scout {host}", daemon=True).start()

    def _along(self, host: str) -> None:
        """Visit what lies in a host's lane, one after the other, until nothing is left."""
        with self._free:
            while True:
                with self._lock:
                    if not self._lanes[host]:
                        del self._lanes[host]
                        return
                    visit = self._lanes[host].popleft()
                came = self.visit(visit)
                with self._lock:
                    if len(came.body) + sum(len(one.body) for one in self._arrived) > MOST_HELD:
                        came = Fetched(visit.key, 0, f"{visit.url[:200]}: too many large pages wait to be read", wait_s=60)
                    self._arrived.append(came)

    def visit(self, visit: Visit) -> Fetched:
        """Visit one address at once, and wait for it."""
        host = _host(visit.url)
        if resting := self._manners.resting(host):
            return Fetched(visit.key, 0, f"{host} is left alone for {resting} more seconds", visit.url, wait_s=resting)
        try:
            return self._visit(visit)
        except (NotAllowed, Refused) as error:
            return Fetched(visit.key, 0, f"{visit.url[:200]}: {error}", visit.url)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            wait = self._manners.failed(host)
            said = f"{visit.url[:200]}: it does not answer ({type(error).__name__} {str(error)[:200]})"
            return Fetched(visit.key, 0, said, visit.url, wait_s=wait)
        except Exception as error:  # whatever a page provokes, the other visits go on
            return Fetched(visit.key, 0, f"{visit.url[:200]}: {type(error).__name__}: {str(error)[:200]}", visit.url)

    def _visit(self, visit: Visit) -> Fetched:
        url = visit.url
        conditions = {"If-None-Match": visit.etag} if visit.etag else {}
        conditions |= {"If-Modified-Since": visit.modified} if visit.modified else {}
        for _ in range(MOST_REDIRECTS + 1):
            self._allowed(url)
            status, headers, body = self._get(url, conditions, self._limits)
            if status in _REDIRECTS and headers.get("location"):
                url, conditions = str(httpx.URL(url).join(headers["location"])), {}
                continue
            return self._made(visit, url, status, headers, body)
        raise Refused(f"it redirects more than {MOST_REDIRECTS} times")

    def _made(self, visit: Visit, url: str, status: int, headers: httpx.Headers, body: bytes) -> Fetched:
        host = _host(url)
        if status in _BUSY:
            wait = self._manners.failed(host, headers.get("retry-after", ""))
            return Fetched(visit.key, status, f"{url[:200]}: the site answers {status}", url, wait_s=wait)
        self._manners.answered(host)
        kind = headers.get("content-type", "")[:100]
        if status == 200:
            return Fetched(
                visit.key, 200, "", url, kind, headers.get("etag", "")[:200], headers.get("last-modified", "")[:60],
                hashlib.sha256(body).hexdigest(), body=body,
            )  # fmt: skip
        said = "" if status == 304 else f"{url[:200]}: the site answers {status}"
        return Fetched(visit.key, status, said, url, kind, visit.etag, visit.modified)

    def _allowed(self, url: str) -> None:
        """Wait for our turn at the host.

        Raises:
            Refused: robots.txt forbids the address, or cannot be had just now.
        """
        parts = self._http.parts(url)
        site = f"{parts.scheme}://{parts.netloc}"
        robots = self._manners.robots(site)
        if robots is None:
            robots = self._read_robots(site)
            self._manners.keep(site, robots)
        if because := robots.forbids(url):
            raise Refused(because)
        self._manners.wait(_host(url), robots.delay_s)

    def _read_robots(self, site: str) -> Robots:
        url = f"{site}/robots.txt"
        limits = self._limits.of_robots
        try:
            for _ in range(MOST_REDIRECTS + 1):
                status, headers, body = self._get(url, {}, limits)
                if status not in _REDIRECTS or not headers.get("location"):
                    return read_robots(status, body, agent=AGENT, kind=headers.get("content-type", ""))
                url = str(httpx.URL(url).join(headers["location"]))
            return Robots(because=f"robots.txt of {site} redirects more than {MOST_REDIRECTS} times; it is taken for no for now")
        except (NotAllowed, Refused, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            said = f"{type(error).__name__} {str(error)[:120]}"
            return Robots(because=f"robots.txt of {site} cannot be read ({said}); that is taken for no for now")

    def _get(self, url: str, conditions: dict[str, str], limits: Limits) -> tuple[int, httpx.Headers, bytes]:
        """One request to an address that was checked; the body is read within the limits, and only of a 200."""
        sent = {
            "User-Agent": self._agent, "Accept": ACCEPTED, "Accept-Encoding": "gzip", "Accept-Language": "*", **conditions,
        }  # fmt: skip
        with self._http.asked("GET", url, headers=sent, timeout_s=limits.answer_s) as answer:
            body = body_within(answer, limits, clock=self._clock) if answer.status_code == 200 else b""
            return answer.status_code, answer.headers, body


def _host(url: str) -> str:
    """The host of an address with its port, as manners know it."""
    return url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2].lower()

"""What the office measures of itself, for Prometheus; every figure comes from an index, a small table or the newest blocks."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CollectorRegistry, GCCollector, Histogram, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from afterclick.control_room.access import Needs
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import permitted
from afterclick.store.database import Database
from afterclick.store.transaction import Tx

Source = Callable[[Tx], Iterable[Metric]]
"""What a desk measures of itself."""
Breakers = Callable[[], Mapping[str, bool]]
"""Of each system that was asked from this process: whether its breaker lets it be asked."""
MOST_BLOCKS: Final = 50_000
"""Newest blocks read for the durations at a scrape; what is beyond is skipped."""
BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LOOPBACK: Final = ("127.0.0.1", "::1")
_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"


class NeedsOrNear(Needs):
    """As `Needs`, but a program on this machine may come without a token where the settings say so."""

    def __init__(self, *, near: bool) -> None:
        super().__init__("integrations.read")
        self._near = near

    async def __call__(self, request: Request) -> Actor:
        near = request.client is not None and request.client.host in _LOOPBACK
        # Asked under a name of this machine, too: another site's name that points here is a browser that was sent here.
        named = request.url.hostname in (*_LOOPBACK, "localhost")
        if self._near and near and named and "authorization" not in request.headers and "x-forwarded-for" not in request.headers:
            return Actor("program:near", "a program on this machine", frozenset({"viewer"}), only=permitted(["viewer"]))
        return await super().__call__(request)


def metrics(room: Room, sources: Sequence[Source], *, breakers: Breakers, near: bool = False) -> APIRouter:
    """The route `GET /metrics`, in the text format of Prometheus."""
    router = Routes(include_in_schema=False)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Office(room, (*sources, *_SOURCES), breakers))
    for process in (ProcessCollector, PlatformCollector, GCCollector):
        process(registry=registry)
    stages = Stages(registry)

    @router.get("/metrics")
    def scrape(_who: Annotated[Actor, Depends(NeedsOrNear(near=near))]) -> Response:
        """Everything at this moment."""
        stages.look(room.database)
        return Response(generate_latest(registry), media_type=_TEXT)

    return router


class Stages:
    """How long committed stages took, of each bot, since this process first looked."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "afterclick_stage_seconds", "Time that committed stages took.", ("bot",), registry=registry, buckets=BUCKETS_S
        )
        self._lock = threading.Lock()
        self._seen = -1

    def look(self, database: Database) -> None:
        """Count the blocks that were written since the last look."""
        with self._lock, database.reading() as tx:
            head = int(tx.value("SELECT COALESCE(MAX(number), 0) FROM blocks"))
            if self._seen >= 0:
                after = max(self._seen, head - MOST_BLOCKS)
                for actor, took_us in tx.rows(
                    "SELECT actor, duration_us FROM blocks WHERE number > ? AND number <= ? AND batch IS NOT NULL", (after, head)
                ):
                    self._seconds.labels(actor).observe(took_us / 1e6)
            self._seen = head


class _Office(Collector):
    def __init__(self, room: Room, sources: Sequence[Source], breakers: Breakers) -> None:
        self._room = room
        self._sources = sources
        self._breakers = breakers

    def describe(self) -> Iterable[Metric]:
        """Nothing before it is asked: the names are known from the first scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        with self._room.database.reading() as tx:
            for source in self._sources:
                yield from source(tx)
            yield from _ages(tx, self._room.now_ms())
        systems = GaugeMetricFamily(
            "afterclick_system_open", "1 while a system may be asked, 0 while it rests.", labels=["system"]
        )
        for system, allows in sorted(self._breakers().items()):
            systems.add_metric([system], float(allows))
        yield systems


def _batches(tx: Tx) -> Iterator[Metric]:
    """Started, finished and given up. One that is given up is queued again, and its items start in another."""
    started = int(tx.value("SELECT COALESCE((SELECT next - 1 FROM counters WHERE name = 'batches'), 0)"))
    running = int(tx.value("SELECT COUNT(*) FROM batches WHERE finished_ms = 0"))
    yield CounterMetricFamily("afterclick_batches_started", "Batches that were begun.", value=started)
    yield CounterMetricFamily("afterclick_batches_finished", "Batches that have ended.", value=started - running)
    yield GaugeMetricFamily("afterclick_batches_running", "Batches in hand.", value=running)
    failures = CounterMetricFamily("afterclick_failures", "Items at which a bot failed; each became a question.", labels=["bot"])
    for bot, count in tx.rows(
        "SELECT actor, CAST(SUM(count) AS BIGINT) FROM daily_figures WHERE verdict = 'Failed' GROUP BY actor ORDER BY actor"
    ):
        failures.add_metric([bot], count)
    yield failures
    states = GaugeMetricFamily("afterclick_bots", "Registered bots by state.", labels=["state"])
    for state, count in tx.rows("SELECT state, COUNT(*) FROM bots GROUP BY state ORDER BY state"):
        states.add_metric([state], count)
    yield states


def _inbox(tx: Tx) -> Iterator[Metric]:
    value = int(tx.value("SELECT COUNT(*) FROM tasks WHERE state = 'open'"))
    yield GaugeMetricFamily("afterclick_inbox_open", "Questions that wait for a person.", value=value)


def _told(tx: Tx) -> Iterator[Metric]:
    told = GaugeMetricFamily("afterclick_webhooks", "Webhooks out that wait, or were given up.", labels=["state"])
    for state in ("waiting", "dead"):
        told.add_metric([state], int(tx.value("SELECT COUNT(*) FROM tellings WHERE state = ?", (state,))))
    yield told


def _ages(tx: Tx, now_ms: int) -> Iterator[Metric]:
    depth = GaugeMetricFamily("afterclick_queue_items", "Items that wait for a bot.", labels=["bot"])
    oldest = GaugeMetricFamily("afterclick_queue_oldest_seconds", "Age of the oldest group that is due.", labels=["bot"])
    for bot, size, added_ms in tx.rows(
        "SELECT bot, CAST(SUM(size) AS BIGINT), MIN(CASE WHEN not_before_ms <= ? THEN added_ms ELSE ? END) FROM queue"
        " GROUP BY bot ORDER BY bot",
        (now_ms, now_ms),
    ):
        depth.add_metric([bot], size)
        oldest.add_metric([bot], max(0, now_ms - added_ms) / 1000)
    yield depth
    yield oldest
    overdue = int(tx.value("SELECT COUNT(*) FROM tasks WHERE state = 'open' AND expires_ms < ?", (now_ms,)))
    yield GaugeMetricFamily("afterclick_inbox_overdue", "Questions that are open beyond their time.", value=overdue)
    due_ms = tx.value("SELECT MIN(next_ms) FROM tellings WHERE state = 'waiting'")
    late_s = max(0, now_ms - due_ms) / 1000 if due_ms is not None else 0.0
    yield GaugeMetricFamily("afterclick_webhooks_late_seconds", "How long the oldest webhook out is overdue.", value=late_s)


_SOURCES: Final[tuple[Source, ...]] = (_batches, _inbox, _told)

"""How fast pages answer beside a running back office: requests at a steady rate, people who watch live, orders that come in."""

import argparse
import asyncio
import json
import random
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from afterclick.app import Office
from afterclick.cli.company import move_in
from afterclick.cli.trading_day import night_clock
from afterclick.governance.people import accounts, signing_in
from afterclick.governance.people.passwords import Passwords
from afterclick.orders.intake.arrivals import take_in
from afterclick.orders.intake.signature import HEADER, sign

PASSWORD: Final = "seven green bicycles"  # noqa: S105  # of an office that lives as long as this program
SECRET: Final = "bench"  # noqa: S105
AT_ONCE: Final = 5_000
WARM_UP: Final = 3
"""Times each page is asked for before it counts: caches fill, code is compiled."""
ORDERS_PER_S: Final = 20
SETTLING_S: Final = 5.0
"""Until everybody watches, and the bots have at hand what they load at their first order: catalogue, tariffs, rules."""


class Visitor:
    """A browser's connections, as lean as they can be: a client that parses more would itself be what is measured."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port = port
        self._cookie = cookie
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, path: str) -> int:
        """Ask for a page, read all of it, and return its status."""
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
        accept = "application/json" if path.startswith("/api") else "text/html"
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self._cookie}\r\nAccept: {accept}\r\n\r\n"
        writer.write(head.encode())
        answered = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answered.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        self._free.append((reader, writer))
        return int(answered.split(b" ", 2)[1])


class Asked(NamedTuple):
    """One answered request: the kind of page, milliseconds from the moment at which it was due, and the status."""

    kind: str
    took_ms: float
    status: int


def main() -> None:
    """Make an office of so many orders (or take one), serve it, ask it for pages, and print how long they took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--orders", type=int, default=20_000, help="orders in the office")
    options.add_argument("--office", type=Path, help="keep the office here, and take it if it is there already")
    options.add_argument("--database", default="", help="postgresql://… of an empty database; SQLite if left out")
    options.add_argument("--rate", type=int, default=200, help="requests a second")
    options.add_argument("--seconds", type=int, default=30)
    options.add_argument("--viewers", type=int, default=500, help="people who watch live")
    given = options.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, given.viewers + 400)), hard))
    with tempfile.TemporaryDirectory(prefix="afterclick-bench-") as temporary, socket.socket() as free:
        folder = given.office or Path(temporary) / "office"
        if not folder.exists():
            make(folder, given.orders, given.database)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-c", "from afterclick.cli.main import app; app()", "serve", "--work", "--office", str(folder)]
        server = subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.DEVNULL)
        try:
            report(asyncio.run(measure(folder, port, server.pid, given)))
        finally:
            server.terminate()
            server.wait()


def make(folder: Path, orders: int, database: str) -> None:
    """An office in which that many orders were worked through, with one person; some more orders are left to come in."""
    values = {
        "simulator.orders": orders + 5_000, "simulator.warehouses": 5, "simulator.faults": "prompt", "webhooks.secret": SECRET,
        "database.url": database,
    }  # fmt: skip
    Office.create(folder, values)
    office = Office.open(folder, clock=night_clock())
    move_in(office, office.world())
    with office.engine() as engine:
        documents = (placed.document for placed in islice(office.world().day, orders))
        while group := list(islice(documents, AT_ONCE)):
            with office.database.transaction() as tx:
                arrived = take_in(tx, group, store="store", by="bench", now_ms=office.clock.now_ms())
                office.record(tx, arrived.events, by="webhook:store")
            engine.drain()
    with office.database.transaction() as tx:
        person = accounts.add_first(tx, "bench", "bench@shop.example", alone=True, now_ms=office.clock.now_ms())
        signing_in.set_password(tx, person, Passwords().hash(PASSWORD), but="", now_ms=office.clock.now_ms())
    office.close()


async def measure(folder: Path, port: int, pid: int, given: argparse.Namespace) -> dict[str, object]:
    """Everything at once, for so many seconds; then the same pages one after the other."""
    office = Office.open(folder)
    with office.database.reading() as tx:
        tasks = [row[0] for row in tx.rows("SELECT id FROM tasks WHERE state = 'open' LIMIT 200")]
        orders = int(tx.value("SELECT MAX(id) FROM orders"))
    coming = (placed.document for placed in islice(office.world().day, orders, None))
    office.close()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        await sign_in(client)
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        visitor, kinds = Visitor(port, cookie), pages(orders, tasks)
        alone: dict[str, float] = {}
        for kind, paths in kinds.items():
            for _ in range(WARM_UP):
                await ask(visitor, kind, random.choice(paths), time.perf_counter())
            took = [(await ask(visitor, kind, random.choice(paths), time.perf_counter())).took_ms for _ in range(10)]
            alone[kind] = round(statistics.median(took), 1)
        words = [0]
        watching = [asyncio.create_task(watch(port, cookie, words)) for _ in range(given.viewers)]
        feeding = asyncio.create_task(feed(client, coming))
        await asyncio.sleep(SETTLING_S)
        asked = await at_a_rate(visitor, kinds, rate=given.rate, seconds=given.seconds)
        feeding.cancel()
        for one in watching:
            one.cancel()
    return {
        "orders": orders, "rate": given.rate, "viewers": given.viewers, "requests": len(asked),
        "failed": sum(one.status != 200 for one in asked), "alone_ms": alone, "words": words[0],
        "peak_rss_mb": round(peak_mb(pid), 1), "pages": summed(asked), "all": figures([one.took_ms for one in asked]),
    }  # fmt: skip


def pages(orders: int, tasks: list[int]) -> dict[str, list[str]]:
    """What people look at: the kind of page → paths to pages of that kind."""
    some = [random.randint(1, orders) for _ in range(500)]
    return {
        "overview": ["/"], "orders": ["/orders"], "waiting": ["/orders?state=waiting"], "shipped": ["/orders?state=shipped"],
        "refused": ["/orders?state=refused"], "found": [f"/orders?q=S-{one:07d}" for one in some],
        "case": [f"/orders/{one}" for one in some], "inbox": ["/inbox"],
        "question": [f"/inbox/{one}" for one in tasks] or ["/inbox"], "stock": ["/stock"], "bots": ["/bots"],
        "bot": ["/bots/orders.fulfil"], "policy": ["/policy"], "audit": ["/audit", "/audit?verdict=Ask"],
        "integrations": ["/integrations"], "list for programs": ["/api/v1/orders"],
    }  # fmt: skip


async def sign_in(client: httpx.AsyncClient) -> None:
    """As a person does, by the form; waits for the server to be there."""
    for _ in range(300):
        try:
            page = await client.get("/sign-in", headers={"accept": "text/html"})
            break
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    else:
        raise SystemExit("the server did not start")
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)
    fields = {"email": "bench@shop.example", "password": PASSWORD, "form_token": token[1] if token else ""}
    answer = await client.post("/sign-in", data=fields)
    if answer.status_code != 303:
        raise SystemExit(f"nobody could sign in: {answer.status_code}")


async def ask(visitor: Visitor, kind: str, path: str, due_s: float) -> Asked:
    """One request, timed from the moment at which it was due."""
    status = await visitor.get(path)
    return Asked(kind, (time.perf_counter() - due_s) * 1000, status)


async def at_a_rate(visitor: Visitor, kinds: dict[str, list[str]], *, rate: int, seconds: int) -> list[Asked]:
    """Requests at a steady rate, whether or not those before were answered."""
    mix = [(kind, path) for kind, paths in kinds.items() for path in random.choices(paths, k=50)]
    began, running = time.perf_counter(), list[asyncio.Task[Asked]]()
    for number in range(rate * seconds):
        due_s = began + number / rate
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        running.append(asyncio.create_task(ask(visitor, *random.choice(mix), due_s)))
    return await asyncio.gather(*running)


async def feed(client: httpx.AsyncClient, documents: Iterator[bytes]) -> None:
    """Orders that come in by signed webhooks all the while, so that the back office has work."""
    for document in documents:
        headers = {HEADER: sign(document, secret=SECRET, at_s=int(time.time())), "content-type": "application/json"}
        await client.post("/webhooks/store", content=document, headers=headers)
        await asyncio.sleep(1 / ORDERS_PER_S)


async def watch(port: int, cookie: str, words: list[int]) -> None:
    """One person who watches live."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n".encode())
    while line := await reader.readline():
        words[0] += line.startswith(b"event: change")


def summed(asked: list[Asked]) -> dict[str, dict[str, float]]:
    """The figures of each kind of page."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for one in asked:
        by_kind[one.kind].append(one.took_ms)
    return {kind: figures(took) for kind, took in sorted(by_kind.items())}


def figures(took_ms: list[float]) -> dict[str, float]:
    """Median, the time within which 95 % were answered, and the longest, in milliseconds."""
    ordered = sorted(took_ms)
    return {
        "p50_ms": round(statistics.median(ordered), 1), "p95_ms": round(ordered[int(len(ordered) * 0.95)], 1),
        "most_ms": round(ordered[-1], 1),
    }  # fmt: skip


def peak_mb(pid: int) -> float:
    """The most memory that the process ever had."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def report(result: dict[str, object]) -> None:
    """A table for people, one line of JSON for programs."""
    alone, measured = result["alone_ms"], result["pages"]
    assert isinstance(alone, dict)
    assert isinstance(measured, dict)
    print(f"{'page':<20}{'alone':>10}{'p50':>10}{'p95':>10}{'most':>10}   ms")
    for kind, took in measured.items():
        print(f"{kind:<20}{alone[kind]:>10}{took['p50_ms']:>10}{took['p95_ms']:>10}{took['most_ms']:>10}")
    print(f"{'all':<20}{'':>10}" + "".join(f"{value:>10}" for value in dict(result["all"]).values()))  # type: ignore[call-overload]
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""How much 500 people who watch the office live cost one process: memory, and processor time while things happen."""

import argparse
import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS = 15.0


def main() -> None:
    """Serve a small office, connect viewers, let something happen each second, and print what that cost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--viewers", type=int, default=500)
    options.add_argument("--serve", metavar="FOLDER PORT", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        serve(Path(given.serve[0]), int(given.serve[1]))
        return
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        server = subprocess.Popen([sys.executable, __file__, "--serve", folder, str(port)])
        try:
            result = asyncio.run(measure(server.pid, port, given.viewers))
        finally:
            server.terminate()
            server.wait()
    print(f"{'viewers':<28}{result['viewers']:>10,}")
    print(f"{'memory a viewer':<28}{result['kib_a_viewer']:>10,.0f} KiB")
    print(f"{'processor, none watching':<28}{result['cpu_alone']:>10.1%} of a core")
    print(f"{'processor, all watching':<28}{result['cpu_watched']:>10.1%} of a core, one change a second")
    print(f"{'words received':<28}{result['words']:>10,}")
    print(json.dumps(result))


def serve(folder: Path, port: int) -> None:
    """The office that is watched: one block a second, and a signed-in person behind every request."""
    import threading

    import uvicorn

    from afterclick.control_room.server import Room, build
    from afterclick.governance.actor import EVERYTHING, Actor
    from afterclick.store import log
    from afterclick.store.database import Database, sqlite_url
    from afterclick.store.log import Block, Event
    from afterclick.store.tables import metadata

    database = Database(sqlite_url(folder / "office.sqlite"))
    metadata.create_all(database.engine)
    me = Actor("person:bench", "bench", EVERYTHING)

    def happen() -> None:
        while True:
            with database.transaction() as tx:
                log.append(tx, Block(time.time_ns() // 1_000_000, "bench", ""), [Event("ticked")])
            time.sleep(1.0)

    threading.Thread(target=happen, daemon=True).start()

    def authenticate(_request: object) -> Actor:
        return me

    app = build(Room("Bench", database, lambda: 0, authenticate, lambda: None), [])
    uvicorn.run(app, port=port, log_level="error", access_log=False, backlog=2_048, timeout_graceful_shutdown=1)


async def measure(pid: int, port: int, viewers: int) -> dict[str, float]:
    """Processor time and memory of the server, before and with so many viewers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, viewers + 200)), hard))
    await until_served(port)
    cpu_alone = await busy(pid)
    before = memory_kib(pid)
    received = [0]
    watching = [asyncio.create_task(watch(port, received)) for _ in range(viewers)]
    while received[0] < viewers:
        await asyncio.sleep(0.1)
    cpu_watched = await busy(pid)
    grown = memory_kib(pid) - before
    for one in watching:
        one.cancel()
    return {
        "viewers": viewers, "kib_a_viewer": round(grown / viewers, 1), "cpu_alone": round(cpu_alone, 4),
        "cpu_watched": round(cpu_watched, 4), "words": received[0],
    }  # fmt: skip


async def until_served(port: int) -> None:
    """Wait for the server to answer."""
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit("the server did not start")


async def watch(port: int, received: list[int]) -> None:
    """One viewer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /live HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
    while line := await reader.readline():
        received[0] += line.startswith(b"event: change")


async def busy(pid: int) -> float:
    """The share of one core that the process uses over some seconds."""
    began, before = time.monotonic(), cpu_s(pid)
    await asyncio.sleep(SECONDS)
    return (cpu_s(pid) - before) / (time.monotonic() - began)


def cpu_s(pid: int) -> float:
    """Processor time of the process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int) -> int:
    """Resident memory of the process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


if __name__ == "__main__":
    main()

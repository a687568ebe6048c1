"""One urgent order, from received to handed over, while the bulk runs: `python bench/urgent.py --bulk 50000 --urgent 40`."""

import argparse
import json
import statistics
import tempfile
import time
from itertools import islice
from pathlib import Path

from afterclick.app import Office
from afterclick.cli.trading_day import make_office
from afterclick.orders.intake.arrivals import take_in


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bulk", type=int, default=50_000)
    parser.add_argument("--urgent", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="afterclick-urgent-") as folder:
        took_ms = measure(Path(folder), bulk=given.bulk, urgent=given.urgent)
    took_ms.sort()
    found = {
        "urgent_orders": len(took_ms), "median_ms": round(statistics.median(took_ms), 1),
        "p90_ms": round(took_ms[int(len(took_ms) * 0.9)], 1), "most_ms": round(took_ms[-1], 1),
    }  # fmt: skip
    for name, value in found.items():
        print(f"{name.replace('_', ' '):<16} {value}")
    print(json.dumps(found))


def measure(folder: Path, *, bulk: int, urgent: int) -> list[float]:
    """Milliseconds from the document's arrival to the order being shipped, each sent while bulk orders are queued."""
    office = make_office(folder, seed=1, orders=bulk + 100 * urgent, faults="none")
    documents = iter(office.world().day)
    plain = (placed.document for placed in documents if b'"urgent"' not in placed.document)
    store = office.world().store.name
    _arrive(office, store, list(islice(plain, bulk)))
    took_ms: list[float] = []
    with office.engine() as engine:
        engine.start()
        for document in islice(plain, urgent):
            hurried = document.replace(b'"priority":"normal"', b'"priority":"urgent"')
            began = time.perf_counter()
            order_id = _arrive(office, store, [hurried])[0]
            engine.notify()
            while _state(office, order_id) in ("received", "running"):
                time.sleep(0.002)
            took_ms.append((time.perf_counter() - began) * 1000)
            if _queued(office) == 0:
                break
    office.close()
    return took_ms


def _arrive(office: Office, store: str, documents: list[bytes]) -> list[int]:
    new: list[int] = []
    for start in range(0, len(documents), 5_000):
        with office.database.transaction() as tx:
            arrived = take_in(tx, documents[start : start + 5_000], store=store, by="bench", now_ms=office.clock.now_ms())
            office.record(tx, arrived.events, by="bench")
            new += arrived.new
    return new


def _state(office: Office, order_id: int) -> str:
    with office.database.reading() as tx:
        return tx.value("SELECT state FROM orders WHERE id = ?", (order_id,))


def _queued(office: Office) -> int:
    with office.database.reading() as tx:
        return tx.value("SELECT COUNT(*) FROM queue")


if __name__ == "__main__":
    main()

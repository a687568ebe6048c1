"""Orders from document to warehouse door: `python bench/orders.py --orders 1000000`; the same as `afterclick bench orders`."""

import argparse
import tempfile
from pathlib import Path

import msgspec

from afterclick.cli.bench import measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--warehouses", type=int, default=5)
    parser.add_argument("--database", default="", help="postgresql://… of an empty database")
    parser.add_argument("--workers", type=int, default=1, help="worker processes, on PostgreSQL")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="afterclick-bench-") as folder:
        measured = measure(
            Path(folder), orders=given.orders, warehouses=given.warehouses, database=given.database, workers=given.workers
        )
    for name, value in msgspec.to_builtins(measured).items():
        print(f"{name.replace('_', ' '):<30} {value}")
    print(msgspec.json.encode(measured).decode())


if __name__ == "__main__":
    main()

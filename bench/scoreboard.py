"""The scoreboard over several seeds with all faults on: `python bench/scoreboard.py --seeds 10 --orders 20000`."""

import argparse
import json
import tempfile
from pathlib import Path

from afterclick.cli.trading_day import Scoreboard, make_office, score, work_through

COLUMNS = (
    "touchless_rate", "oversells", "duplicate_effects", "lost_orders", "tie_out_difference", "wrong_decision_rate", "inbox",
    "waiting", "orders_per_s",
)  # fmt: skip


def one_day(seed: int, orders: int) -> Scoreboard:
    """A day in a new office."""
    with tempfile.TemporaryDirectory(prefix="afterclick-day-") as folder:
        office = make_office(Path(folder), seed=seed, orders=orders, faults="all")
        with office.engine() as engine:
            duration_s = work_through(office, engine, lambda: None)
        result = score(office, duration_s)
        office.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--orders", type=int, default=20_000)
    given = parser.parse_args()
    print("seed  " + "  ".join(COLUMNS))
    results: list[Scoreboard] = []
    for seed in range(1, given.seeds + 1):
        result = one_day(seed, given.orders)
        results.append(result)
        print(f"{seed:>4}  " + "  ".join(f"{_text(getattr(result, name)):>{len(name)}}" for name in COLUMNS), flush=True)
    print(json.dumps({
        "seeds": given.seeds,
        "orders": given.orders,
        "touchless_rate_least": min(result.touchless_rate for result in results),
        "oversells": sum(result.oversells for result in results),
        "duplicate_effects": sum(result.duplicate_effects for result in results),
        "lost_orders": sum(result.lost_orders for result in results),
        "tie_out_differences": sorted({result.tie_out_difference for result in results}),
        "wrong_decision_rate_most": max(result.wrong_decision_rate for result in results),
    }))  # fmt: skip


def _text(value: object) -> str:
    return (
        f"{value:.4f}" if isinstance(value, float) and value < 10 else f"{value:.0f}" if isinstance(value, float) else str(value)
    )


if __name__ == "__main__":
    main()

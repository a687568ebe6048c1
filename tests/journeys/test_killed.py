"""Kill -9 at random moments, with every fault on: after the restart everything ties, and the outside saw nothing twice."""

import json
import os
import subprocess
import sys
from typing import Any, Final

import pytest

from tests.house.tree import ROOT

KILLS: Final = 50
KILLS_OF_BUYING: Final = 20


def killed(*arguments: str, of: str = "killing", kills: int = KILLS) -> dict[str, Any]:
    command = [sys.executable, "-m", f"tests.journeys.{of}", "--kills", str(kills), *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.stdout, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def bought(*arguments: str) -> dict[str, Any]:
    """What came of an office that buys; there was much to do twice, and kills did hit what was being done."""
    result = killed(*arguments, of="killing_buying", kills=KILLS_OF_BUYING)
    assert result["kills"] == KILLS_OF_BUYING
    assert result["orders"] >= 15, result
    assert result["receipts"] >= 20, result
    assert result["at_work"] >= KILLS_OF_BUYING // 5, result
    assert sum(result["at_work_of"][bot] for bot in ("procurement.buy", "procurement.follow")) >= 1, result
    return result


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.timeout(600)
def test_one_process_killed_fifty_times_loses_and_doubles_nothing() -> None:
    result = killed("--orders", "6000", "--faults", "all")
    assert result["ok"], result


@pytest.mark.slow
@pytest.mark.postgres_only
@pytest.mark.timeout(600)
def test_one_of_two_workers_killed_fifty_times_loses_and_doubles_nothing(database_url: str) -> None:
    result = killed("--orders", "6000", "--faults", "all", "--workers", "2", "--database", database_url)
    assert result["ok"], result


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.timeout(600)
def test_one_process_that_buys_killed_twenty_times_orders_and_books_nothing_twice() -> None:
    result = bought()
    assert result["ok"], result


@pytest.mark.slow
@pytest.mark.postgres_only
@pytest.mark.timeout(600)
def test_one_of_two_workers_that_buy_killed_twenty_times_orders_and_books_nothing_twice(database_url: str) -> None:
    result = bought("--workers", "2", "--database", database_url)
    assert result["ok"], result

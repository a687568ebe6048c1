"""Kill -9 at fifty random moments, with every fault on: after the restart everything ties, and the outside saw nothing twice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

KILLING: Final = Path(__file__).with_name("killing.py")
KILLS: Final = 50


def killed(*arguments: str) -> dict[str, object]:
    command = [sys.executable, str(KILLING), "--kills", str(KILLS), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


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

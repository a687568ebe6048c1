"""The office of the demo keeps its own clock, so that terminal and pages tell one story of the simulated day."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from afterclick.app import Office
from afterclick.cli.main import app
from afterclick.cli.trading_day import make_office, work_through
from afterclick.control_room.words import age
from afterclick.site import site
from tests.control_room.browser import Browser, everyone

A_MINUTE_MS = 60_000


def call(*words: str) -> Any:
    ran = CliRunner().invoke(app, [*words, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


@pytest.fixture
def demo(tmp_path: Path, database_url: str) -> str:
    """The folder of a worked demo whose process has ended."""
    folder = tmp_path / "office"
    database = "" if database_url.startswith("sqlite") else database_url
    made = make_office(folder, seed=1, orders=60, faults="all", database=database)
    with made.engine() as engine:
        work_through(made, engine, lambda: None)
    made.close()
    return str(folder)


def test_an_answer_from_the_terminal_follows_the_question_and_the_page_tells_the_same_age(demo: str) -> None:
    task = call("inbox", "list", "--office", demo)["tasks"][0]
    call("inbox", "approve", str(task["id"]), "--note", "called her", "--office", demo)
    told = call("order", "show", str(task["item"]), "--office", demo)
    times = [step["at_ms"] for step in told["timeline"]]
    assert times == sorted(times)
    assert times[-1] - task["asked_ms"] < A_MINUTE_MS
    assert times[-1] >= task["asked_ms"]
    logged = call("audit", "search", "--order", str(task["item"]), "--actor", "machine:", "--office", demo)["events"]
    assert logged[0]["at_ms"] in times
    again = Office.open(Path(demo))
    page = Browser(site(again, host="127.0.0.1", authenticate=everyone)).get(f"/orders/{task['item']}").text
    since_ms, now_ms = told["since_ms"] or told["order"]["received_ms"], again.clock.now_ms()
    again.close()
    found = re.search(r"In this state</span>([^<]+)<br>", page)
    assert found
    assert found[1] in {age(now_ms - since_ms - earlier) for earlier in range(0, 5_000, 500)}


def test_no_question_of_the_demo_expires_because_another_process_goes_on(demo: str) -> None:
    before = call("inbox", "list", "--office", demo)["tasks"]
    again = Office.open(Path(demo))
    with again.engine() as engine:
        engine.run_until_idle(patience_s=0.0)
    again.close()
    assert [one["id"] for one in call("inbox", "list", "--office", demo)["tasks"]] == [one["id"] for one in before]


def test_an_office_without_the_simulated_store_keeps_the_clock_of_the_machine(tmp_path: Path) -> None:
    Office.create(tmp_path / "shop", {"simulator.clock_ahead_ms": 86_400_000})
    office = Office.open(tmp_path / "shop")
    assert abs(office.clock.now_ms() - time.time_ns() // 1_000_000) < A_MINUTE_MS
    office.close()

"""`afterclick status`: the figures of the overview on the terminal, and what a token may see of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from afterclick.app import Office
from afterclick.cli.main import app
from afterclick.cli.output import TOKEN
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.people import tokens
from afterclick.governance.people.tokens import NewToken
from afterclick.governance.permissions import DESKS
from afterclick.site import site
from tests.control_room.browser import Browser, everyone
from tests.orders.worked import worked_office

OWNER = Actor("machine:owner", "owner", EVERYTHING, alone=True)


@pytest.fixture
def worked(tmp_path: Path, database_url: str) -> str:
    """The folder of an office with a day's work behind it."""
    worked_office(tmp_path / "office", database=database_url, faults="all").close()
    return str(tmp_path / "office")


def status(folder: str) -> Any:
    ran = CliRunner().invoke(app, ["status", "--json", "--office", folder])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)


def test_the_terminal_says_of_the_office_what_the_overview_says(worked: str) -> None:
    CliRunner().invoke(app, ["bots", "pause", "orders.wake", "--because", "a look", "--office", worked])
    found = status(worked)
    office = Office.open(Path(worked))
    page = Browser(site(office, host="127.0.0.1", authenticate=everyone)).get("/").text
    office.close()
    figures = {label: value for value, label in re.findall(r'class="figure"[^>]*aria-label="(\S+) ([^"]+)"', page)}
    assert sum(one["open"] for one in found["questions"]) == int(figures["questions to people"]) > 0
    assert sum(one["orders"] for one in found["resting"] if one["state"] == "inbox") == int(figures["for a person"])
    assert f"{found['touchless_rate']:.1%}" == figures["touchless"]
    assert (found["promises_broken"], found["promises_at_risk"]) == tuple(
        int(figures[name]) for name in ("promises broken", "promises at risk")
    )
    assert ("orders.wake", "rests", "a look") in {(one["id"], one["health"], one["because"]) for one in found["bots"]}
    assert {one["name"]: one["simulated"] for one in found["integrations"]}["payments"] is True
    shown = CliRunner().invoke(app, ["status", "--office", worked])
    assert shown.exit_code == 0, shown.output
    assert all(word in shown.stdout for word in ("what needs a person", "orders at rest", "orders.wake", "payments"))


def test_a_token_that_reads_orders_alone_is_told_of_orders_alone(worked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office.open(Path(worked))
    with office.database.transaction() as tx:
        asked = NewToken("orders", frozenset({"orders.read"}), DESKS)
        secret = tokens.make(tx, asked, by=OWNER, maker=None, now_ms=office.clock.now_ms())
    office.close()
    monkeypatch.setenv(TOKEN, secret)
    found = status(worked)
    assert found["questions"]
    assert "bots" not in found
    assert "integrations" not in found

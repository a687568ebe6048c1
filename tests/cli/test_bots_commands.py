"""The commands about bots say what they leave out and whom they refuse, in one sentence."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from afterclick.app import FLEET, Office
from afterclick.cli.main import app
from afterclick.engine import register
from afterclick.governance.figures import DAY_MS
from tests.engine.office import judged_before


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    """An office whose bots were registered yesterday."""
    Office.create(tmp_path / "office", {} if database_url.startswith("sqlite") else {"database.url": database_url})
    made = Office.open(tmp_path / "office")
    with made.database.transaction() as tx:
        register.enrol(tx, FLEET, now_ms=made.clock.now_ms() - DAY_MS)
    yield made
    made.close()


def ran(office: Office, *words: str) -> Any:
    return CliRunner().invoke(app, [*words, "--office", str(office.folder)])


def test_the_sprawl_of_a_young_office_says_how_many_bots_it_is_too_early_to_judge(office: Office) -> None:
    said = " ".join(ran(office, "bots", "sprawl").stderr.split())
    assert f"{len(FLEET)} bots are not judged yet, registered since " in said
    assert "every bot worked" not in said
    assert {one["bot"] for one in json.loads(ran(office, "bots", "sprawl", "--json").stdout)["too_young"]} == set(FLEET)


@pytest.mark.parametrize("owner", ["person:ghost", "no such team whatever"])
def test_a_bot_is_not_given_to_somebody_who_does_not_exist(office: Office, owner: str) -> None:
    refused = ran(office, "bots", "own", "orders.learn", owner)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"orders.learn cannot belong to '{owner}': ")
    assert ran(office, "bots", "own", "orders.learn", "finance").exit_code == 0


def test_a_new_version_of_a_bot_is_replayed_before_it_works(office: Office) -> None:
    with office.database.transaction() as tx:
        judged_before(tx, "orders.fulfil")
    refused = ran(office, "bots", "activate", "orders.fulfil")
    assert (refused.exit_code, "run `afterclick bots replay orders.fulfil` first" in refused.stderr) == (1, True)
    assert json.loads(ran(office, "bots", "replay", "orders.fulfil", "--json").stdout)["result"]["judged"] == 1
    assert "verdicts" in ran(office, "bots", "replay", "orders.fulfil").stdout
    assert json.loads(ran(office, "bots", "activate", "orders.fulfil", "--json").stdout)["state"] == "active"
    assert "there is no bot" in ran(office, "bots", "replay", "nobody").stderr


def test_a_reason_stands_for_a_replay(office: Office) -> None:
    with office.database.transaction() as tx:
        judged_before(tx, "orders.fulfil")
    given = ran(office, "bots", "activate", "orders.fulfil", "--without-replay", "the shop stands still")
    assert (given.exit_code, "orders.fulfil is active" in given.stderr + given.stdout) == (0, True)

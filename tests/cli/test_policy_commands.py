"""The commands about the policy: check a file, make it a version, replay it, put it in force, take it back."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from afterclick.cli.main import app
from afterclick.cli.output import opened
from tests.cli.test_commands import call, refused
from tests.orders.worked import worked_office

RULE = '[[rules]]\nname = "big"\nwhen = "total > 100"\nthen = "ask"\nbecause = "{total}"\nowner = "o"\n' + (
    'tests = [{ facts = { total = 101 }, expect = "ask" }]\n'
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of an office with a day's work behind it."""
    folder = tmp_path_factory.mktemp("policy") / "office"
    worked_office(folder, database="", faults="none").close()
    return str(folder)


def test_a_file_is_checked_without_an_office(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(RULE)
    found = call("policy", "check", str(file))
    assert (found["ok"], found["rules"], found["tests"], found["notes"]) == (True, 1, 1, [])
    file.write_text(RULE.replace("total > 100", "totl > 100"))
    found = call("policy", "check", str(file), code=1)
    assert [(note["line"], note["what"]) for note in found["notes"]] == [(2, "failed test"), (2, "wrong")]
    assert "did you mean total?" in found["notes"][1]["because"]


def test_the_schema_is_printed_as_json() -> None:
    printed = CliRunner().invoke(app, ["policy", "schema"]).stdout
    assert json.loads(printed)["title"] == "Afterclick policy"


def test_two_files_are_compared(tmp_path: Path) -> None:
    one, other = tmp_path / "a.toml", tmp_path / "b.toml"
    one.write_text("")
    other.write_text("[orders]\nask_score = 40\n")
    assert call("policy", "diff", str(one), str(other)) == [{"name": "orders.ask_score", "old": 50, "new": 40}]


def test_from_a_file_to_being_in_force_and_back(office: str) -> None:
    at = ("--office", office)
    (Path(office) / "policy.toml").write_text(RULE)
    assert call("policy", "show", *at)["rules"] == []  # the file alone is not in force
    assert call("policy", "propose", "--note", "try", *at) == {"version": 2, "state": "proposed"}
    assert "version 2 may not start unseen: no replay of it" in refused("policy", "activate", "2", *at)
    found = call("policy", "replay", "--version", "2", "--cases", "3", *at)
    assert found["result"]["differing"] > 0
    assert found["result"]["causes"] == {"rules.big": found["result"]["differing"]}
    assert len(found["cases"]) == 3
    assert call("policy", "activate", "2", "--canary", "10", *at) == {"version": 2, "state": "canary"}
    assert [one["state"] for one in call("policy", "versions", *at)] == ["canary", "active"]
    with opened(Path(office)) as at_rest, at_rest.database.reading() as tx:
        facts = json.loads(tx.value("SELECT facts FROM events WHERE activity = 'policy.activated' AND object = 'policy/2'"))
    assert facts["alone"].startswith("both halves were done on the office's machine by its user")
    assert call("policy", "rollback", "--note", "enough", *at) == {"version": 1, "state": "active"}
    assert call("policy", "diff", "1", "2", *at)[0]["name"] == "rules.big"
    assert "is withdrawn" in refused("policy", "withdraw", "2", *at)
    assert "choose --shadow or --canary" in refused("policy", "activate", "2", "--shadow", "--canary", "5", *at)
    assert "write a time as" in refused("policy", "activate", "2", "--at", "soon", *at)


def test_an_order_is_explained_by_rule_facts_limits_line_and_version(office: str) -> None:
    found = call("policy", "explain", "1", "--office", office)
    judged = next(one for one in found["events"] if one["facts"])
    assert (judged["version"], judged["text"]) == (1, "the built-in rules")
    assert judged["limits"]["quantity_most"] == 10_000
    assert judged["facts"]["order_id"] == 1
    assert any("the card of orders.fulfil allows payments." in one["text"] for one in found["events"])
    assert "no order 999999" in refused("policy", "explain", "999999", "--office", office)

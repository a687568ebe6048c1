"""`afterclick audit …`: exit codes, anchors, exports that are verified elsewhere, and erasing in two steps."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from afterclick.app import Office
from afterclick.cli.main import app
from afterclick.store import log
from afterclick.store.log import Block, Event


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> str:
    """An office with three blocks, and a file for anchors beside it."""
    folder = tmp_path / "shop"
    values: dict[str, str] = {"audit.anchor_file": str(tmp_path / "heads.jsonl")}
    if not database_url.startswith("sqlite"):
        values["database.url"] = database_url
    Office.create(folder, values)
    made = Office.open(folder)
    with made.database.transaction() as tx:
        tx.run(
            "INSERT INTO orders (id, store, external_id, customer, state, particulars)"
            """ VALUES (1, 'shop', 'A-1', 'C-1', 'shipped', '{"ship_to":{"name":"Ada Miller"}}')"""
        )
    for number in range(3):
        with made.database.transaction() as tx:
            log.append(tx, Block(1_000 + number, "person:anna", ""), [Event("noted", 1, None, "Pass", f"=Ada Miller {number}")])
    made.close()
    return str(folder)


def call(*words: str, code: int = 0) -> Any:
    ran = CliRunner().invoke(app, ["audit", *words, "--json"])
    assert ran.exit_code == code, ran.output
    return json.loads(ran.stdout) if ran.stdout else ran.output


def tamper(office: str, *statements: str) -> None:
    opened = Office.open(Path(office))
    with opened.database.transaction() as tx:
        for statement in statements:
            tx.run(statement)
    opened.close()


def test_without_an_anchor_the_log_is_partly_checked_and_with_one_wholly(office: str) -> None:
    assert call("verify", "--office", office, code=3)["ok"] is True
    assert [one["state"] for one in call("anchor", "--office", office)["anchors"]] == ["kept"]
    found = call("verify", "--office", office)
    assert found["anchored"] == found["blocks"] - 1


def test_a_cut_tail_is_named_although_the_chain_holds(office: str) -> None:
    call("anchor", "--office", office)
    tail = "(SELECT MAX(number) - 2 FROM blocks)"
    tamper(
        office,
        f"DELETE FROM events WHERE block > {tail}",
        f"DELETE FROM blocks WHERE number > {tail}",
        "UPDATE counters SET next = (SELECT MAX(number) + 1 FROM blocks) WHERE name = 'blocks'",
    )
    found = call("verify", "--office", office, code=1)
    assert found["broken_block"] == found["blocks"] + 1
    assert found["detail"].startswith("the tail was cut")


def test_the_log_is_searched_by_the_fields_of_the_page_newest_first(office: str) -> None:
    found = call("search", "--order", "A-1", "--office", office)
    assert [one["because"] for one in found["events"]] == [f"=Ada Miller {number}" for number in (2, 1, 0)]
    assert {one["order"] for one in found["events"]} == {"A-1"}
    assert call("search", "--because", "miller 1", "--actor", "person:", "--office", office)["events"][0]["at_ms"] == 1_001
    assert call("search", "--verdict", "Refuse", "--office", office)["events"] == []
    assert call("search", "--activity", "noted", "--since", "1971-01-01", "--office", office)["events"] == []
    first = call("search", "--activity", "noted", "--limit", "2", "--office", office)
    rest = call("search", "--activity", "noted", "--limit", "2", "--cursor", first["next"], "--office", office)
    assert [one["at_ms"] for one in (*first["events"], *rest["events"])] == [1_002, 1_001, 1_000]
    shown = CliRunner().invoke(app, ["audit", "search", "--activity", "noted", "--office", office])
    assert "A-1" in shown.stdout
    assert "1970-01-01 00:00:01" in shown.stdout


def test_an_export_is_verified_without_the_office(office: str, tmp_path: Path) -> None:
    file = tmp_path / "log.chain.jsonl.gz"
    call("anchor", "--office", office)
    call("export", str(file), "--format", "chain", "--office", office)
    tamper(office, "DELETE FROM events")
    assert call("verify", "--offline", str(file), code=3)["ok"] is True
    assert call("verify", "--offline", str(file), "--anchors", str(tmp_path / "heads.jsonl"))["anchored"] > 0


@pytest.mark.parametrize("kind", ["ocel", "csv"])
def test_the_log_is_written_to_a_file_that_is_never_overwritten(office: str, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"log.{kind}"
    assert call("export", str(file), "--format", kind, "--office", office)["bytes"] == file.stat().st_size
    if kind == "csv":
        assert "'=Ada Miller 2" in file.read_text(encoding="utf-8")
    before = file.read_bytes()
    assert CliRunner().invoke(app, ["audit", "export", str(file), "--format", kind, "--office", office]).exit_code == 1
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        ["export", "x", "--format", "pdf"],
        ["export", "x", "--format", "chain", "--from", "2026-01-01"],
        ["export", "x", "--from", "soon"],
        ["search", "--since", "soon"],
        ["search", "--order", "B-9"],
        ["search", "--cursor", "here"],
        ["verify", "--anchors", "nowhere.jsonl"],
        ["verify", "--offline", "nowhere.jsonl"],
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(office: str, words: list[str]) -> None:
    ran = CliRunner().invoke(app, ["audit", *words, "--office", office])
    assert ran.exit_code == 1
    assert ran.output.strip().count("\n") == 0


def test_there_must_be_a_place_outside(tmp_path: Path) -> None:
    Office.create(tmp_path / "bare", {})
    ran = CliRunner().invoke(app, ["audit", "anchor", "--office", str(tmp_path / "bare")])
    assert ran.exit_code == 1
    assert "audit.anchor_file" in ran.output


def test_a_customer_is_erased_only_when_it_is_said_twice(office: str) -> None:
    words = ["erase", "--customer", "C-1", "--because", "by letter", "--office", office]
    shown = call(*words)
    assert (shown["erased"], len(shown["orders"]), len(shown["events"])) == (False, 1, 3)
    assert call("verify", "--office", office, code=3)["erased"] == 0
    assert call(*words, "--yes")["erased"] is True
    found = call("verify", "--office", office, code=3)
    assert (found["ok"], found["erased"]) == (True, 3)

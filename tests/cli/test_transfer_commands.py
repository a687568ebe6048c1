"""Transfers from the command line: listed, shown and ended."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from afterclick.cli.main import app
from tests.control_room.api_office import api_office
from tests.procurement.moving_office import CANCELLED, LATE, PIECES, PROPOSED, RELEASED, SENT, furnish_transfers, number


class Shell:
    """Types commands in an office."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def says(self, *words: str, code: int = 0, as_json: bool = True) -> Any:
        shown = ["--json"] if as_json else []
        result = CliRunner().invoke(app, ["transfer", *words, "--office", str(self.folder), *shown])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if code == 0 and as_json else result.output


@pytest.fixture
def shell(tmp_path: Path, database_url: str) -> Iterator[Shell]:
    with api_office(tmp_path, database_url) as office:
        furnish_transfers(office.office)
        yield Shell(tmp_path / "office")


def test_transfers_are_listed_and_shown(shell: Shell) -> None:
    def listed(*words: str) -> list[int]:
        return [one["id"] for one in shell.says("list", *words)["transfers"]]

    assert listed() == [LATE, SENT, RELEASED, PROPOSED]
    assert (listed("--state", "late"), listed("--state", "cancelled"), listed("--state", "received")) == ([LATE], [CANCELLED], [])
    first = shell.says("list", "--state", "all", "--limit", "2")
    assert [one["id"] for one in first["transfers"]] == [CANCELLED, LATE]
    assert listed("--state", "all", "--cursor", str(first["next"])) == [SENT, RELEASED, PROPOSED]
    assert "choose one of open, late" in shell.says("list", "--state", "gone", code=1)
    assert "no such transfer" in shell.says("list", "--state", "received", as_json=False)
    assert "in_transit, late" in shell.says("list", as_json=False)
    found = shell.says("show", number(LATE))
    assert (found["transfer"]["late"], [one["activity"] for one in found["story"]]) == (True, ["transfer.proposed"])
    assert "still to come" in shell.says("show", number(LATE).lower(), as_json=False)
    assert "there is no transfer TO-9; `afterclick transfer list`" in shell.says("show", "TO-9", code=1)


def test_transfers_are_ended_with_a_reason(shell: Shell) -> None:
    assert "say why" in shell.says("end", number(SENT), code=1)
    said = shell.says("end", number(SENT), "--because", "the lorry burnt")
    assert said == {"number": number(SENT), "state": "lost", "received": 0, "written_off": PIECES}
    assert "lost already" in shell.says("end", number(SENT), "--because", "again", code=1)
    assert "being told" in shell.says("end", number(RELEASED), "--because", "x", code=1)
    assert shell.says("end", str(PROPOSED), "--because", "not wanted")["state"] == "cancelled"
    assert shell.says("show", number(PROPOSED))["transfer"]["because"].endswith(": not wanted")
    assert "there is no transfer" in shell.says("end", "TO-9", "--because", "x", code=1)

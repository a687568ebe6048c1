"""Counts and sensors from the command line, in an office of their own."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from afterclick.cli.main import app
from tests.control_room.api_office import ApiOffice, api_office


class Shell:
    """Types commands in an office."""

    def __init__(self, office: ApiOffice, folder: Path) -> None:
        self.office, self.folder = office, folder

    def says(self, *words: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, [*words, "--office", str(self.folder), "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if code == 0 else result.output


@pytest.fixture
def shell(tmp_path: Path, database_url: str) -> Iterator[Shell]:
    with api_office(tmp_path, database_url) as office:
        with office.office.database.transaction() as tx:
            tx.run("UPDATE stock_moves SET at_ms = at_ms - 864000000")
        yield Shell(office, tmp_path / "office")


def test_counts_are_proposed_written_out_filled_in_booked_and_explained(shell: Shell, tmp_path: Path) -> None:
    assert shell.says("counts", "propose") == {"proposed": 1}
    (task,) = shell.says("counts", "list")
    assert (task["sku"], "booked" in task) == ("CUP", False)
    sheet = tmp_path / "counts.csv"
    assert shell.says("counts", "sheet", str(sheet))["counts"] == 1
    filled = sheet.read_text().replace("Thing,", "Thing,2")
    sheet.write_text(filled)
    assert shell.says("counts", "enter", str(sheet)) == {"booked": 0, "once_more": 1, "again": [task["id"]]}
    assert shell.says("counts", "enter", str(sheet))["booked"] == 1
    assert shell.office.rows("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == [(2,)]
    (count,) = shell.says("stock", "explain", "CUP")["counts"]
    assert (count["booked"], count["counted"], bool(count["explanations"])) == (5, 2, True)
    assert "never counted" in shell.says("stock", "explain", "POT", code=1)
    assert "not on the list" in shell.says("counts", "enter", str(sheet), code=1)


def test_sensors_are_added_and_an_epcis_file_is_taken_in_once(shell: Shell, tmp_path: Path) -> None:
    shell.says("sensors", "add", "gate-1", "--kind", "gate", "--warehouse", "W1")
    codes = tmp_path / "codes.csv"
    codes.write_text("EAN,item,pack\n4006381333931,CUP,6\n")
    assert shell.says("sensors", "codes", str(codes)) == {"codes": 1}
    event = {
        "type": "ObjectEvent", "eventTime": datetime.now(UTC).isoformat(), "bizStep": "receiving", "readPoint": {"id": "gate-1"},
        "epcList": ["https://id.gs1.org/01/04006381333931/21/7"],
    }  # fmt: skip
    file = tmp_path / "events.json"
    file.write_text(json.dumps({"epcisBody": {"eventList": [event, event]}}))
    assert [shell.says("sensors", "import", str(file))["kept"] for _ in range(2)] == [1, 0]
    assert shell.office.rows("SELECT sku, pieces, serial FROM sensor_events") == [("CUP", 6.0, "04006381333931.7")]
    assert shell.says("sensors", "list")["sensors"][0]["readings"] >= 1
    assert shell.says("sensors", "retire", "gate-1")["state"] == "retired"
    file.write_text("<xml/>")
    assert "not JSON" in shell.says("sensors", "import", str(file), code=1)
    assert "no broker is set" in shell.says("sensors", "listen", code=1)

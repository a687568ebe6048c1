"""`afterclick sales`: the past that a new office brings along."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from afterclick.cli.main import app
from afterclick.cli.output import opened
from tests.control_room.api_office import api_office

HISTORY = "Artikel,Datum,Menge,Preis\n" + "".join(
    f"CUP,2026-0{month}-1{day},2,10.00\n" for month in range(1, 9) for day in range(9)
)
ORDERS_OF_THE_OFFICE = 3
BROKEN = "VASE,2026-03-01,4,20.00\nCUP,2026-13-01,4,20.00\n"


@pytest.fixture
def says(tmp_path: Path, database_url: str) -> Any:
    def ask(*words: str, code: int = 0) -> Any:
        result = CliRunner().invoke(app, [*words, "--office", str(tmp_path / "office"), "--json"])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if code == 0 else result.output

    with api_office(tmp_path, database_url):
        yield ask


def test_past_sales_are_taken_in_once_shown_and_their_faults_are_named(says: Any, tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text(HISTORY + BROKEN)
    taken = says("sales", "import", str(file))
    assert (taken["lines_read"], taken["rejected_lines"], taken["items"], taken["pieces"]) == (74, 1, 1, 144)
    assert taken["unknown"] == {"VASE": 4}
    assert [one["line"] for one in taken["named"]] == [75]
    assert says("sales", "import", str(file))["pieces"] == 144
    shown = says("sales", "show")
    assert (shown["items"], shown["pieces"], shown["first_day"], shown["last_day"]) == (1, 144, "2026-01-10", "2026-08-18")
    with opened(tmp_path / "office") as office, office.database.reading() as tx:
        logged = tx.rows("SELECT object, because FROM events WHERE activity = 'sales.kept'")
        assert tx.value("SELECT COUNT(*) FROM orders") == ORDERS_OF_THE_OFFICE
    assert logged == [("file/history.csv", "144 pieces of 1 items, 2026-01-10 to 2026-08-18")] * 2


def test_a_file_that_cannot_be_read_and_a_column_that_is_not_named_are_said(says: Any, tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text("what,when\n1,2\n")
    assert "item" in says("sales", "import", str(file), code=1)
    assert "FIELD=NAME" in says("sales", "import", str(file), "--column", "item", code=1)

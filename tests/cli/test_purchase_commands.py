"""Vendors and purchase orders from the command line, from the files to the receipt."""

import json
from collections.abc import Iterator
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

    def says(self, *words: str, code: int = 0, as_json: bool = True) -> Any:
        shown = ["--json"] if as_json else []
        result = CliRunner().invoke(app, [*words, "--office", str(self.folder), *shown])
        assert result.exit_code == code, result.output
        return json.loads(result.stdout) if code == 0 and as_json else result.output


@pytest.fixture
def shell(tmp_path: Path, database_url: str) -> Iterator[Shell]:
    with api_office(tmp_path, database_url) as office:
        yield Shell(office, tmp_path / "office")


@pytest.fixture
def stocked(shell: Shell, tmp_path: Path) -> Shell:
    """An office with a vendor on the list and a price list."""
    vendors = tmp_path / "vendors.csv"
    vendors.write_text("Lieferant;Firma;Peppol ID;Lieferzeit;Mindestbestellwert;Land;Format\n"
                       "acme;Acme GmbH;0088:4000001000012;5 Tage;1.234,56;DE;ubl\nbad;Bad;;7;;FRA;ubl\n")  # fmt: skip
    said = shell.says("vendors", "import", str(vendors))
    assert (said["added"], said["rejected"][0]["line"]) == (1, 3)
    prices = tmp_path / "prices.csv"
    prices.write_text("Artikelnummer;Bezeichnung;Preis;ab 100000\nCUP;Tasse;2,50;2,30\nNOPE;?;3,00;\nPOT;Topf;oops;\n")
    said = shell.says("vendors", "prices", "ACME", str(prices))
    assert (said["lines"], said["offers"], said["rejected_lines"]) == (3, 1, 2)
    assert shell.says("vendors", "prices", "ACME", str(prices))["changed"] >= 0
    return shell


def test_a_vendor_is_bought_from_only_when_somebody_has_said_so(stocked: Shell) -> None:
    assert "say why" in stocked.says("vendors", "allow", "ACME", code=1)
    assert stocked.says("vendors", "allow", "ACME", "--because", "known")["changed"]
    (row,) = stocked.says("vendors", "list")["vendors"]
    assert (row["vendor"]["allowed"], row["vendor"]["minimum_value"], row["offers"]) == (True, 123_456, 1)
    offer = stocked.says("vendors", "show", "ACME")["offers"][0]
    assert [(one["quantity"], one["price"]) for one in offer["breaks"]] == [(1, 250), (100_000, 230)]
    assert stocked.says("vendors", "disallow", "ACME", "--because", "late")["allowed"] is False
    assert "there is no vendor 'GHOST'; known are ACME" in stocked.says("vendors", "show", "GHOST", code=1)
    assert "Acme GmbH" in stocked.says("vendors", "list", as_json=False) + stocked.says("vendors", "show", "ACME", as_json=False)


def test_an_order_goes_from_the_proposal_to_the_receipt(stocked: Shell, tmp_path: Path) -> None:
    stocked.says("vendors", "allow", "ACME", "--because", "known")
    assert "name a SKU" in stocked.says("purchase", "propose", "CUP", code=1)
    for words, because in (
        (("6", "--warehouse", "W9"), "there is no warehouse W9"),
        (("6", "--warehouse", "W1", "--vendor", "GHOST"), "there is no vendor GHOST; `afterclick vendors list`"),
        ((str(10**21), "--warehouse", "W1"), "Invalid value for '[PIECES]'"),
    ):
        assert because in stocked.says("purchase", "propose", "CUP", *words, code=2 if "Invalid" in because else 1)
    assert stocked.says("purchase", "propose", "CUP", "600", "--warehouse", "W1", "--because", "a fair")["purchases"] == [1]
    (row,) = stocked.says("purchase", "list")["purchases"]
    assert (row["number"][:3], row["state"], row["net"]) == ("PO-", "proposed", 150_000)
    assert stocked.says("policy", "explain", row["number"]) == {"order": "purchase/1", "events": []}, "not judged yet"
    assert "a fair" not in stocked.says("purchase", "list", "--state", "received", as_json=False)
    assert "CUP" in stocked.says("purchase", "show", row["number"], as_json=False)
    made = stocked.says("purchase", "document", row["number"], "--format", "x12", "--out", str(tmp_path / "po.x12"))
    assert made["bytes"] and (tmp_path / "po.x12").read_bytes().startswith(b"ISA")
    assert "no format" in stocked.says("purchase", "document", "1", "--format", "fax", code=1)
    assert "nothing is asked" in stocked.says("purchase", "approve", "1", code=1)
    with stocked.office.office.database.transaction() as tx:
        tx.run("UPDATE purchase_orders SET state = 'sent', sent_ms = 1")
    assert "say what came" in stocked.says("purchase", "receive", "1", code=1)
    came = stocked.says("purchase", "receive", "1", "--line", "1=100", "--delivery-note", "DN1")
    assert came == {"number": row["number"], "state": "part_received", "pieces": 100, "surplus_units": 0}
    for words, because in (
        (("--line", "1=100", "--delivery-note", "DN1"), "the delivery note DN1 is booked for"),
        (("--line", "1=2", "--line", "1=3"), "line 1 is named twice"),
        (("--line", "1=5", "--damaged", "2=5"), "damaged ones only beside them"),
        (("--line", "7=3"), "has no line 7"),
    ):
        assert because in stocked.says("purchase", "receive", "1", *words, code=1)
    assert stocked.says("purchase", "cancel", "1")["asked"] is False
    assert stocked.says("purchase", "receive", "1", "--all")["state"] == "received"
    assert "received already" in stocked.says("purchase", "cancel", "1", "--yes", code=1)
    assert stocked.says("stock", "show", "CUP")["levels"][0]["on_order"] == 0


def test_buying_is_stopped_with_a_reason_and_goes_on(stocked: Shell) -> None:
    assert "say why" in stocked.says("purchase", "stop", code=1)
    assert stocked.says("purchase", "stop", "--because", "an audit")["buying"] == "stopped"
    assert "an audit" in stocked.says("purchase", "stop", "--because", "again", code=1)
    assert stocked.says("purchase", "go")["buying"] == "goes on"
    assert "not stopped" in stocked.says("purchase", "go", code=1)
    assert "there is no purchase order 9" in stocked.says("purchase", "show", "9", code=1)
    assert "choose one of open" in stocked.says("purchase", "list", "--state", "lost", code=1)

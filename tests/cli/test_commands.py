"""The commands as programs see them: one JSON document on stdout, messages on stderr, exit codes that mean something."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from afterclick.app import Office
from afterclick.cli.main import app
from tests.orders.worked import worked_office

ORDERS_FILE = """order,sku,description,quantity,unit price,date,customer,country
A-1,X1,Mug,2,5.00,2026-11-20 08:00,C1,Germany
A-1,X2,Bowl,1,7.50,2026-11-20 08:00,C1,Germany
A-2,X1,Mug,many,5.00,2026-11-20 09:00,C2,Germany
A-3,X1,Mug,1,5.00,2026-11-20 10:00,C3,Germany
"""
CLASSES = ("order_lines", "cancellation_lines", "adjustment_lines", "rejected_lines", "already_known_lines")


def call(*words: str, code: int = 0) -> Any:
    """Run a command with `--json`; returns the document."""
    if words[0] == "run":  # in a process of its own: the engine keeps hold of stderr
        command = [sys.executable, "-c", "from afterclick.cli.main import app; app()", *words, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)
    ran = CliRunner().invoke(app, [*words, "--json"])
    assert ran.exit_code == code, ran.output
    return json.loads(ran.stdout)


def refused(*words: str, code: int = 1) -> str:
    """Run a command that cannot be done; returns its one sentence on stderr."""
    ran = CliRunner().invoke(app, list(words))
    assert ran.exit_code == code, ran.output
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    return ran.stderr


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> str:
    """The folder of a new office."""
    folder = str(tmp_path / "office")
    more = [] if database_url.startswith("sqlite") else ["--set", f"database.url={database_url}"]
    call("init", folder, *more)
    return folder


@pytest.fixture
def worked(tmp_path: Path, database_url: str) -> str:
    """The folder of an office with a day's work behind it."""
    worked_office(tmp_path / "office", database=database_url, faults="all").close()
    return str(tmp_path / "office")


def test_help_is_there_at_once_since_nothing_heavy_is_loaded_for_it() -> None:
    heavy = ("sqlalchemy", "numpy", "dbos", "fastapi", "msgspec", "afterclick.app", "polars")
    asks = (
        "import sys; from afterclick.cli.main import app; app(['--help'], standalone_mode=False);"
        f" print([name for name in {heavy} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert "orders" in ran.stdout


def test_a_new_office_is_made_once_and_could_start(tmp_path: Path) -> None:
    folder = str(tmp_path / "new")
    made = call("init", folder, "--set", "shop.currency=GBP", "--set", "serve.port=9000")
    assert Path(made["settings"]).exists()
    assert call("config", "check", "--office", folder)["ok"] is True
    shown = call("config", "show", "--office", folder)["settings"]
    assert (shown["shop.currency"], shown["serve.port"]) == ("GBP", 9000)
    assert "has an office" in refused("init", folder)
    assert "NAME=VALUE" in refused("init", str(tmp_path / "b"), "--set", "shop.colour=red")
    assert "serve.port" in refused("init", str(tmp_path / "b"), "--set", "serve.port=many")
    assert not (tmp_path / "b").exists()


def test_secrets_are_never_shown(office: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCLICK_WEBHOOKS_SECRET", "hunter2")
    monkeypatch.setenv("AFTERCLICK_DATABASE_URL", "postgresql://shop:hunter3@db/afterclick")
    ran = CliRunner().invoke(app, ["config", "show", "--office", office])
    assert ran.exit_code == 0
    assert "hunter" not in ran.output


def test_without_an_office_every_command_says_so_in_one_sentence(tmp_path: Path) -> None:
    for words in (
        ["check"],
        ["orders", "list"],
        ["run", "--until-idle"],
        ["inbox", "list"],
        ["audit", "verify"],
        ["order", "show", "1"],
    ):
        said = refused(*words, "--office", str(tmp_path))
        assert said.startswith("there is no office in")
        assert said.count("\n") == 1
    assert "Usage" in refused("orders", "import", code=2)
    assert refused("check", "--unknown", code=2)


def test_the_office_may_be_named_by_the_environment(office: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCLICK_OFFICE", office)
    assert call("orders", "list") == {"orders": [], "next": "", "previous": ""}


def test_settings_and_policy_that_cannot_be_read_are_one_sentence(office: str) -> None:
    (Path(office) / "policy.toml").write_text("[orders]\nquantity_most = -1\n")
    assert "policy.toml" in refused("check", "--office", office)
    (Path(office) / "afterclick.toml").write_text("[shop]\nnames = 'x'\n")
    assert "shop.names" in refused("check", "--office", office)


def test_every_imported_line_lands_in_one_class_and_the_same_file_adds_nothing(office: str, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS_FILE)
    first = call("orders", "import", str(file), "--office", office)
    assert sum(first[name] for name in CLASSES) == first["lines_read"] == 4
    assert (first["orders"], first["rejected_lines"], sum(first["reasons"].values())) == (2, 1, 4)
    assert first["value"]["order_lines"] == "22.50"
    again = call("orders", "import", str(file), "--office", office)
    assert (again["already_known_lines"], again["orders"]) == (4, 0)
    listed = call("orders", "list", "--office", office, "--state", "received")["orders"]
    assert sorted(one["external_id"] for one in listed) == ["A-1", "A-3"]
    assert "cannot be read" in refused("orders", "import", str(tmp_path / "none.csv"), "--office", office)


def test_a_run_tells_what_came_of_the_orders(worked: str) -> None:
    found = call("run", "--until-idle", "--office", worked)
    orders = found["orders"]
    assert set(orders) >= {"received", "shipped", "waiting", "inbox", "refused", "cancelled"}
    assert orders["received"] == sum(count for name, count in orders.items() if name != "received")
    assert 0.5 < found["touchless_rate"] <= 1
    assert found["duration_s"] > 0
    assert found["orders_per_s"] >= 0


def test_check_and_audit_prove_a_sound_office_and_fail_a_broken_one(worked: str) -> None:
    found = call("check", "--office", worked)
    assert found["ok"] is True
    assert all(set(one) == {"name", "ok", "examined", "detail"} for one in found["checks"])
    verified = call("audit", "verify", "--office", worked, code=3)
    assert verified["ok"] is True
    assert verified["events"] > verified["blocks"] > 0
    assert len(verified["head"]) == 64
    office = Office.open(Path(worked))
    with office.database.transaction() as tx:
        tx.run("UPDATE events SET because = 'never' WHERE block = 2")
    office.close()
    assert call("check", "--office", worked, code=1)["ok"] is False
    assert call("audit", "verify", "--office", worked, code=1)["broken_block"] == 2


def test_one_order_is_shown_whole_by_either_number(worked: str) -> None:
    one = call("orders", "list", "--office", worked, "--state", "shipped", "--limit", "1")["orders"][0]
    found = call("order", "show", one["external_id"], "--office", worked)
    assert found["order"]["id"] == one["id"]
    assert found == call("order", "show", str(one["id"]), "--office", worked)
    assert found["timeline"]
    assert found["documents"][0]["gross"] == one["total"]
    for words in (
        ["order", "show", one["external_id"]],
        ["orders", "list"],
        ["inbox", "list"],
        ["bots", "list"],
        ["policy", "show"],
    ):
        shown = CliRunner().invoke(app, [*words, "--office", worked])
        assert shown.exit_code == 0, shown.output
        assert shown.stdout
    shown = CliRunner().invoke(app, ["order", "show", one["external_id"], "--office", worked])
    assert "Usual value" in shown.stdout
    assert "placed_ms" not in shown.stdout
    assert "there is no order" in refused("order", "show", "B-9", "--office", worked)


def test_cancelling_only_says_what_it_would_undo_until_it_is_confirmed(worked: str) -> None:
    one = call("orders", "list", "--office", worked, "--state", "shipped", "--limit", "1")["orders"][0]
    would = call("order", "cancel", str(one["id"]), "--office", worked)
    assert (would["asked"], would["invoices_to_credit"]) == (False, 1)
    assert call("order", "show", str(one["id"]), "--office", worked)["amendments"] == []
    assert call("order", "cancel", str(one["id"]), "--office", worked, "--yes", "--because", "changed her mind")["asked"] is True
    assert call("order", "cancel", str(one["id"]), "--office", worked, "--yes", "--because", "changed her mind")["asked"] is False
    asked = call("order", "show", str(one["id"]), "--office", worked)["amendments"]
    assert [(a["action"], a["because"]) for a in asked] == [("cancel", "changed her mind")]
    assert asked[0]["asked_by"].startswith("machine:")


@pytest.mark.parametrize(
    ("words", "action", "change"),
    [
        (["hold"], "hold", {}),
        (["release"], "release", {}),
        (["change-address", "--postcode", "20095", "--country", "de"], "address", {"postcode": "20095", "country": "DE"}),
        (["change-quantity", "1", "2"], "quantity", {"lines": {"1": 2}}),
        (["split", "2", "3"], "split", {"lines": [2, 3]}),
    ],
)
def test_changes_are_asked_for_as_the_amending_bot_reads_them(
    office: str, tmp_path: Path, words: list[str], action: str, change: object
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS_FILE)
    call("orders", "import", str(file), "--office", office)
    verb, *rest = words
    assert call("order", verb, "A-1", *rest, "--office", office)["asked"] is True
    asked = call("order", "show", "A-1", "--office", office)["amendments"][0]
    assert (asked["action"], json.loads(asked["change"])) == (action, change)


def test_bots_are_listed_paused_resumed_and_rehearsed(worked: str) -> None:
    bots = call("bots", "list", "--office", worked)["bots"]
    assert {"orders.fulfil", "orders.amend"} <= {one["id"] for one in bots}
    assert call("bots", "pause", "orders.fulfil", "--office", worked)["state"] == "paused"
    assert call("bots", "resume", "orders.fulfil", "--office", worked)["state"] == "active"
    assert call("bots", "mode", "orders.fulfil", "shadow", "--office", worked)["mode"] == "shadow"
    shown = call("bots", "show", "orders.fulfil", "--office", worked)
    assert (shown["mode"], shown["card"]["id"]) == ("shadow", "orders.fulfil")
    assert "there is no mode" in refused("bots", "mode", "orders.fulfil", "loud", "--office", worked)
    assert "there is no bot" in refused("bots", "pause", "orders.ghost", "--office", worked)
    assert call("check", "--office", worked)["ok"] is True


def test_a_question_is_shown_and_answered_once(worked: str) -> None:
    task = call("inbox", "list", "--office", worked)["tasks"][0]
    shown = call("inbox", "show", str(task["id"]), "--office", worked)
    assert shown["because"] == task["because"]
    assert shown["facts"]["order_id"] == task["item"]
    answered = call("inbox", "approve", str(task["id"]), "--note", "called her", "--office", worked)
    assert answered["state"] == "approved"
    assert "already" in refused("inbox", "reject", str(task["id"]), "--office", worked)
    assert "there is no task" in refused("inbox", "show", "99999", "--office", worked)


def test_a_question_is_answered_by_a_correction(worked: str) -> None:
    tasks = call("inbox", "list", "--office", worked)["tasks"]
    task = next(one for one in tasks if one["stage"] == "complete")
    assert "write one of" in refused("inbox", "edit", str(task["id"]), "--set", "colour=red", "--office", worked)
    answered = call("inbox", "edit", str(task["id"]), "--set", "postcode=10115", "--set", "line.1=2", "--office", worked)
    assert answered["state"] == "edited"
    asked = call("order", "show", str(task["item"]), "--office", worked)["amendments"]
    assert {(one["action"], one["change"]) for one in asked} == {
        ("address", '{"postcode":"10115"}'),
        ("quantity", '{"lines":{"1":2}}'),
    }


def test_an_invoice_is_written_as_a_document(worked: str, tmp_path: Path) -> None:
    one = call("orders", "list", "--office", worked, "--state", "shipped", "--limit", "1")["orders"][0]
    file = tmp_path / "invoice.pdf"
    found = call("invoice", str(one["id"]), "--pdf", str(file), "--office", worked)
    assert file.read_bytes().startswith(b"%PDF")
    assert found["invoice"]["gross"] == one["total"]
    assert call("invoice", found["name"], "--office", worked)["name"] == found["name"]
    assert "there is no invoice" in refused("invoice", "INV-999999", "--office", worked)


@pytest.mark.sqlite_only
def test_a_worker_needs_postgresql(office: str) -> None:
    assert "PostgreSQL" in refused("worker", "--office", office)


@pytest.mark.sqlite_only
def test_a_second_process_on_the_same_office_is_told_who_has_it(office: str) -> None:
    held = Office.open(Path(office))
    with held.engine():
        assert "works in the office" in refused("run", "--until-idle", "--office", office)
    held.close()

"""`afterclick vault …` and `afterclick config set`: values come from stdin, and are shown to the program that asks alone."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from afterclick import settings
from afterclick.app import Office
from afterclick.cli.main import app
from tests.governance.vault.office import card

VALUE = "a 'value' \"worth\" keeping\nof two lines"


def ran(*words: str, given: str = "", code: int = 0) -> Any:
    done = CliRunner().invoke(app, list(words), input=given)
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def folder(tmp_path: Path, database_url: str) -> str:
    """A new office."""
    values = {} if database_url.startswith("sqlite") else {"database.url": database_url}
    Office.create(tmp_path / "office", values)
    Office.open(tmp_path / "office").close()
    return str(tmp_path / "office")


def enrol(folder: str) -> None:
    """Register a bot whose card names the secret `dhl`."""
    office = Office.open(Path(folder))
    with office.database.transaction() as tx:
        text = msgspec.json.encode(card("dhl")).decode()
        tx.run(
            "INSERT INTO bots (id, version, owner, card, state, mode) VALUES ('orders.label', '7', 'x', ?, 'active', 'live')",
            (text,),
        )
    office.close()


def test_a_secret_goes_in_through_stdin_and_out_to_a_program(folder: str) -> None:
    enrol(folder)
    kept = ran("vault", "set", "dhl", "--office", folder, "--json", given=VALUE + "\n")
    assert json.loads(kept.stdout) == {"name": "dhl", "version": 1}
    assert ran("vault", "lease", "dhl", "--to", "orders.label", "--for", "a test", "--office", folder).stdout == VALUE
    assert VALUE not in ran("vault", "rotate", "dhl", "--office", folder, given="another value").output
    listed = json.loads(ran("vault", "list", "--office", folder, "--json").stdout)["secrets"]
    assert [(one["version"], one["state"]) for one in listed] == [(2, "current"), (1, "retiring")]
    assert json.loads(ran("vault", "rekey", "--office", folder, "--json").stdout) == {"rewrapped": 2}
    said = ran("vault", "lease", "dhl", "--to", "orders.label", "--for", "a test", "--office", folder, "--json").stdout
    assert json.loads(said)["value"] == "another value"
    assert "add --yes" in ran("vault", "revoke", "dhl", "--office", folder).stderr
    ran("vault", "revoke", "dhl", "--yes", "--office", folder)
    assert "the vault is empty" in ran("vault", "list", "--office", folder).stderr


def test_what_cannot_be_done_is_one_sentence(folder: str) -> None:
    enrol(folder)
    for words, said in (
        (("rotate", "dhl"), "there is no secret dhl"),
        (("set", "x"), "fewer than 6 characters"),
        (("lease", "dhl", "--to", "orders.label", "--for", "x"), "there is no secret dhl"),
        (("lease", "ups", "--to", "orders.label", "--for", "x"), "which its card does not name"),
        (("lease", "dhl", "--to", "nobody", "--for", "x"), "there is no bot nobody"),
        (("rekey", "--to", "nowhere"), "file:PATH"),
    ):
        refused = ran("vault", *words, "--office", folder, given="tiny" if words[0] == "set" else VALUE, code=1)
        assert said in refused.stderr
        assert "Traceback" not in refused.output
        assert VALUE not in refused.output


def test_config_set_changes_one_line_and_keeps_secrets_out_of_the_file(folder: str) -> None:
    path = Path(folder) / settings.FILE
    before = path.read_text().splitlines()
    ran("config", "set", "shop.name", 'Ada "&" Sons', "--office", folder)
    ran("config", "set", "serve.port", "9000", "--office", folder)
    ran("config", "set", "webhooks.secret", "vault:webhooks", "--office", folder)
    after = path.read_text().splitlines()
    assert [line for line in after if line not in before] == [
        'name = "Ada \\"&\\" Sons"', 'secret = "vault:webhooks"', "port = 9000",
    ]  # fmt: skip
    assert len(after) == len(before)
    shown = json.loads(ran("config", "show", "--office", folder, "--json").stdout)["settings"]
    assert (shown["shop.name"], shown["serve.port"], shown["webhooks.secret"]) == ('Ada "&" Sons', 9000, "vault:webhooks")
    for name, value, said in (
        ("webhooks.secret", "in the open", "is a secret"),
        ("shop.name", "vault:x", "is no secret"),
        ("shop.nam", "x", "there is no setting"),
        ("serve.port", "many", "should be a int"),
    ):
        assert said in ran("config", "set", name, value, "--office", folder, code=1).stderr
    assert path.read_text().splitlines() == after


def test_a_setting_is_added_to_its_section_or_with_it(tmp_path: Path) -> None:
    path = tmp_path / settings.FILE
    path.write_text('[shop]\nname = "A"\n')
    settings.change(tmp_path, "shop.city", "Kiel")
    settings.change(tmp_path, "serve.port", "9000")
    assert path.read_text() == '[shop]\ncity = "Kiel"\nname = "A"\n\n[serve]\nport = 9000\n'
    path.write_text('shop.name = "A"\n[other')
    with pytest.raises(settings.SettingsError, match="edit it by hand"):
        settings.change(tmp_path, "shop.name", "B")


def test_a_secret_of_the_wrong_type_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_text("[webhooks]\nsecret = 123456789\n")
    with pytest.raises(settings.SettingsError) as refused:
        settings.load(tmp_path)
    assert "123456789" not in str(refused.value)

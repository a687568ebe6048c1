"""The office key: from a file, a variable or a command; changed without losing a secret, wherever that is cut off."""

import sys
from pathlib import Path

import pytest

from afterclick.governance.vault.errors import KeyMissing, Tampered
from afterclick.governance.vault.keys import KeySource, OfficeKeys, new_key
from tests.governance.vault.office import ANNA, Safe

VALUE = "a value worth keeping"


def test_the_first_secret_makes_the_key_for_its_owner_alone(kept: Safe) -> None:
    assert not kept.key_file.exists()
    kept.vault.put("dhl", VALUE, by=ANNA)
    assert kept.key_file.stat().st_mode & 0o777 == 0o600
    assert kept.read("dhl", vault=kept.another()) == VALUE
    assert sorted(path.name for path in kept.folder.iterdir() if "key" in path.name) == ["vault.key"]


def test_a_lost_key_is_not_made_anew_over_secrets(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    kept.key_file.unlink()
    other = kept.another()
    for act in (lambda: other.put("ups", VALUE, by=ANNA), lambda: kept.read("dhl", vault=other)):
        with pytest.raises(KeyMissing, match="bring it back from its backup"):
            act()
    assert not kept.key_file.exists()


def test_a_key_that_others_can_read_is_refused(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    kept.key_file.chmod(0o644)
    with pytest.raises(KeyMissing, match="chmod 600"):
        kept.read("dhl", vault=kept.another())


def test_the_key_comes_from_a_variable(tmp_path: Path) -> None:
    source, key = KeySource.read("environment:OFFICE_KEY", folder=tmp_path), new_key()
    assert (
        OfficeKeys(source, environment={"OFFICE_KEY": key}).find().id
        == OfficeKeys(source, environment={"OFFICE_KEY": key}).make().id
    )
    with pytest.raises(KeyMissing, match="the environment variable OFFICE_KEY"):
        OfficeKeys(source, environment={}).find()


def test_the_key_comes_from_what_a_command_prints(tmp_path: Path) -> None:
    key = new_key()
    program = f"command:{sys.executable} -c \"print('{key}')\""
    assert OfficeKeys(KeySource.read(program, folder=tmp_path)).find().id
    failing = f"command:{sys.executable} -c \"print('{key}'); raise SystemExit(3)\""
    with pytest.raises(KeyMissing, match="ended with 3") as refused:
        OfficeKeys(KeySource.read(failing, folder=tmp_path)).find()
    assert key not in str(refused.value)
    with pytest.raises(KeyMissing, match="FileNotFoundError"):
        OfficeKeys(KeySource.read("command:no-such-program-here", folder=tmp_path)).find()
    with pytest.raises(KeyMissing, match="failed: ValueError"):
        OfficeKeys(KeySource.read("command:unbalanced 'quote", folder=tmp_path)).find()


@pytest.mark.parametrize("said", ["", "file:", "my.key.txt", "https://example.com/key", "c2VjcmV0IGtleSBieSBtaXN0YWtl"])
def test_a_place_that_is_none_is_refused_without_repeating_it(said: str, tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match="file:PATH, environment:NAME or command:WORDS") as refused:
        KeySource.read(said, folder=tmp_path)
    assert len(said) < 6 or said not in str(refused.value)


@pytest.mark.parametrize("text", ["", "short", "é" * 32, "A" * 43 + "!"])
def test_what_is_no_key_is_refused_without_repeating_it(text: str, tmp_path: Path) -> None:
    keys = OfficeKeys(KeySource.read("environment:K", folder=tmp_path), environment={"K": text or " "})
    with pytest.raises(KeyMissing, match="is no office key") as refused:
        keys.find()
    assert not text or text not in str(refused.value)


def test_hexadecimal_digits_are_a_key_too(tmp_path: Path) -> None:
    keys = OfficeKeys(KeySource.read("environment:K", folder=tmp_path), environment={"K": "0f" * 32})
    assert keys.find().id


def test_a_new_key_wraps_everything_anew_and_running_processes_follow(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    kept.vault.rotate("dhl", VALUE + "2", by=ANNA)
    running = kept.another()
    assert kept.read("dhl", vault=running) == VALUE + "2"
    before, sealed = kept.key_file.read_text(), kept.rows("SELECT sealed FROM secrets ORDER BY version")
    assert kept.vault.rekey(by=ANNA) == 2
    assert kept.key_file.read_text() != before
    assert kept.key_file.stat().st_mode & 0o777 == 0o600
    assert kept.rows("SELECT sealed FROM secrets ORDER BY version") == sealed
    for vault in (kept.vault, running, kept.another()):
        assert kept.read("dhl", vault=vault) == VALUE + "2"
        assert kept.read("dhl", version=1, vault=vault) == VALUE
    assert kept.rows("SELECT because FROM events WHERE activity = 'vault.rekeyed'")[0][0].startswith("2 sealed values")


def test_what_other_tables_keep_makes_the_key_moves_to_a_new_one_and_opens_for_its_owner_alone(kept: Safe) -> None:
    with kept.database.transaction() as tx:
        for name in ("anna", "bob"):
            tx.run("INSERT INTO people (handle, email, factor) VALUES (?, ?, ?)",
                   (name, name, kept.vault.seal(tx, f"people/{name}", f"{VALUE} {name}")))  # fmt: skip
    before = kept.key_file.read_text()
    assert VALUE not in repr(kept.rows("SELECT factor FROM people"))
    assert kept.vault.rekey(by=ANNA) == 2
    assert kept.key_file.read_text() != before
    factors = dict(kept.rows("SELECT handle, factor FROM people"))
    assert kept.another().unseal("people/anna", factors["anna"]) == f"{VALUE} anna"
    with pytest.raises(Tampered):
        kept.vault.unseal("people/anna", factors["bob"])
    kept.key_file.unlink()
    with pytest.raises(KeyMissing):
        kept.another().put("dhl", VALUE, by=ANNA)
    assert not kept.key_file.exists(), "no second key is made beside what the first one sealed"


def test_a_change_of_keys_that_was_cut_off_after_the_secrets_loses_nothing(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    old = kept.key_file.read_text()
    kept.vault.rekey(by=ANNA)
    beside = Path(f"{kept.key_file}.next")
    kept.key_file.rename(beside)  # as if it had ended between the database and the file
    kept.key_file.write_text(old)
    kept.key_file.chmod(0o600)
    assert kept.another().rekey(by=ANNA) == 1
    assert kept.read("dhl", vault=kept.another()) == VALUE
    assert not beside.exists()


def test_a_change_of_keys_that_was_cut_off_before_the_secrets_changes_nothing(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    kept.vault.keys.prepare_next()
    assert kept.read("dhl", vault=kept.another()) == VALUE
    kept.vault.rekey(by=ANNA)
    assert kept.read("dhl", vault=kept.another()) == VALUE


def test_secrets_move_under_the_key_of_another_place(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    place = KeySource.read("environment:K", folder=kept.folder)
    elsewhere = OfficeKeys(place, environment={"K": new_key()})
    assert kept.vault.rekey(by=ANNA, to=elsewhere) == 1
    kept.vault.keys = elsewhere
    assert kept.read("dhl") == VALUE
    with pytest.raises(KeyMissing, match="afterclick vault rekey --to"):
        kept.vault.rekey(by=ANNA)

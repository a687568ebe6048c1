"""The vault: what is put comes back to whose card names it, each act is on record, and a changed row does not open."""

import copy
import json
import pickle
import re

import msgspec
import pytest

from afterclick.governance.vault import records
from afterclick.governance.vault.errors import LeaseEnded, NoSecret, NotOnCard, Tampered, Unfit, WrongKey
from afterclick.governance.vault.keys import new_key
from afterclick.governance.vault.secret import Secret
from afterclick.store import log
from tests.governance.vault.office import ANNA, Safe, card

VALUE = "Zx9-tür'\"<&>%\n42-Geheim"


def test_a_secret_is_leased_to_the_bot_whose_card_names_it(kept: Safe) -> None:
    assert kept.vault.put("dhl", VALUE, by=ANNA) == 1
    with kept.vault.lease("dhl", to=card("dhl"), for_="label") as secret:
        assert secret.reveal() == VALUE
    [put, leased] = kept.rows(
        "SELECT b.actor, b.version, e.activity, e.object, e.because, e.facts FROM events e JOIN blocks b ON b.number = e.block"
        " ORDER BY e.block"
    )
    assert put == (ANNA, "", "vault.put", "secret/dhl", "version 1", '{"version":1}')
    assert leased == (
        "orders.label", "7", "vault.leased", "secret/dhl", "version 1 to orders.label for label",
        '{"version":1,"to":"orders.label","for":"label"}',
    )  # fmt: skip
    with kept.database.reading() as tx:
        assert log.verify(tx).ok


def test_a_bot_whose_card_does_not_name_it_is_refused_on_record(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    with (
        pytest.raises(NotOnCard, match=r"orders\.label asked for the secret dhl"),
        kept.vault.lease("dhl", to=card("ups"), for_="x"),
    ):
        pass
    assert kept.rows("SELECT verdict FROM events WHERE activity = 'vault.refused'") == [("Refuse",)]


def test_a_secret_in_hand_shows_nothing_but_dots(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    with kept.vault.lease("dhl", to=card("dhl"), for_="label") as secret:
        shown = [
            repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{secret:>3}", f"{secret:s}", "%s" % secret,  # noqa: UP031
            "".join([secret]), copy.copy(secret), copy.deepcopy(secret), pickle.loads(pickle.dumps(secret)),  # noqa: S301
            json.loads(json.dumps({"a": secret}))["a"], msgspec.json.decode(msgspec.json.encode(secret, enc_hook=str)),
            copy.deepcopy({"a": [secret]})["a"][0], secret + "", secret.encode().decode(),
        ]  # fmt: skip
        assert set(shown) == {"•••"}
        assert not any(VALUE in repr(getattr(secret, name, "")) for name in dir(secret))


def test_a_lease_ends_with_its_block(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    held: list[Secret] = []
    with pytest.raises(ZeroDivisionError), kept.vault.lease("dhl", to=card("dhl"), for_="label") as secret:
        held.append(secret)
        raise ZeroDivisionError
    with pytest.raises(LeaseEnded, match="the lease of secret dhl has ended"):
        held[0].reveal()


def test_an_old_value_stays_readable_until_its_grace_ends(kept: Safe) -> None:
    kept.vault.put("dhl", "the old value", by=ANNA)
    assert kept.vault.rotate("dhl", "the new value", by=ANNA, grace_ms=1_000) == 2
    assert kept.read("dhl") == "the new value"
    assert kept.vault.readable("dhl") == [2, 1]
    assert kept.read("dhl", version=1) == "the old value"
    kept.ms += 1_000
    assert kept.vault.readable("dhl") == [2]
    with pytest.raises(NoSecret, match="no secret dhl version 1"):
        kept.read("dhl", version=1)
    kept.vault.rotate("dhl", "the third value", by=ANNA, grace_ms=0)
    assert kept.rows("SELECT version, sealed FROM secrets WHERE state = 'ended'") == [(1, ""), (2, "")]


def test_a_revoked_secret_is_erased_and_its_numbers_go_on(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    kept.vault.revoke("dhl", by=ANNA)
    assert kept.rows("SELECT wrapped, sealed, state FROM secrets") == [("", "", "ended")]
    with pytest.raises(NoSecret):
        kept.read("dhl")
    with pytest.raises(NoSecret):
        kept.vault.revoke("dhl", by=ANNA)
    assert kept.vault.put("dhl", "another value", by=ANNA) == 2


def test_listing_names_everything_but_the_values(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    with kept.database.reading() as tx:
        [held] = records.held(tx)
    assert (held.name, held.version, held.state, held.put_by) == ("dhl", 1, "current", ANNA)
    assert VALUE not in repr(held)


@pytest.mark.parametrize(
    ("name", "value", "because"),
    [
        ("", "long enough", "name has up to 80"),
        ("../etc", "long enough", "name has up to 80"),
        ("Dhl", "long enough", "name has up to 80"),
        ("x" * 81, "long enough", "name has up to 80"),
        ("dhl", "short", "fewer than 6 characters"),
        ("dhl", "x" * 65_537, "65,536 is the most"),
        ("dhl", "half \ud800 a letter", "is no text"),
    ],
)
def test_what_cannot_be_kept_is_refused_without_repeating_it(kept: Safe, name: str, value: str, because: str) -> None:
    with pytest.raises(Unfit, match=because) as refused:
        kept.vault.put(name, value, by=ANNA)
    assert value not in str(refused.value)


def test_a_name_is_put_once_and_rotated_afterwards(kept: Safe) -> None:
    with pytest.raises(NoSecret):
        kept.vault.rotate("dhl", VALUE, by=ANNA)
    kept.vault.put("dhl", VALUE, by=ANNA)
    with pytest.raises(Unfit, match="afterclick vault rotate dhl"):
        kept.vault.put("dhl", VALUE, by=ANNA)
    with pytest.raises(Unfit, match="90 days"):
        kept.vault.rotate("dhl", VALUE, by=ANNA, grace_ms=91 * 86_400_000)


@pytest.mark.parametrize("column", ["sealed", "wrapped"])
def test_a_changed_row_does_not_open(kept: Safe, column: str) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    [(text,)] = kept.rows(f"SELECT {column} FROM secrets")
    for changed in ("", "no base64!", text[:-8], ("B" if text[20] == "A" else "A").join((text[:20], text[21:]))):
        kept.run(f"UPDATE secrets SET {column} = ?", changed)
        with pytest.raises(Tampered, match="secret dhl version 1 is not as it was written"):
            kept.read("dhl")


def test_rows_put_in_the_place_of_others_do_not_open(kept: Safe) -> None:
    kept.vault.put("dhl", "the key of dhl", by=ANNA)
    kept.vault.put("ups", "the key of ups", by=ANNA)
    kept.run("UPDATE secrets SET name = CASE name WHEN 'dhl' THEN 'x' ELSE 'dhl' END")
    with pytest.raises(Tampered, match="put in the place of another"):
        kept.read("dhl")


def test_an_old_version_cannot_be_passed_off_as_the_new_one(kept: Safe) -> None:
    kept.vault.put("dhl", "the old value", by=ANNA)
    kept.vault.rotate("dhl", "the new value", by=ANNA)
    [(wrapped, sealed)] = kept.rows("SELECT wrapped, sealed FROM secrets WHERE version = 1")
    kept.run("UPDATE secrets SET wrapped = ?, sealed = ? WHERE version = 2", wrapped, sealed)
    with pytest.raises(Tampered):
        kept.read("dhl")
    kept.run("DELETE FROM secrets WHERE version = 2")
    with pytest.raises(Tampered, match="the newest version of secret dhl is gone"):
        kept.read("dhl")


def test_another_office_key_is_named_as_such(kept: Safe) -> None:
    kept.vault.put("dhl", VALUE, by=ANNA)
    kept.key_file.write_text(new_key())
    stranger = kept.another()
    with pytest.raises(WrongKey, match="was sealed under the office key"):
        kept.read("dhl", vault=stranger)
    with pytest.raises(WrongKey, match=re.escape("vault.key_from")):
        stranger.put("ups", VALUE, by=ANNA)
    with pytest.raises(WrongKey):
        stranger.rekey(by=ANNA)


def test_the_same_value_is_sealed_differently_each_time(kept: Safe) -> None:
    kept.vault.put("one", VALUE, by=ANNA)
    kept.vault.put("two", VALUE, by=ANNA)
    assert len(set(kept.rows("SELECT sealed FROM secrets"))) == 2
    assert len(set(kept.rows("SELECT wrapped FROM secrets"))) == 2

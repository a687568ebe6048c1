"""Values that other tables keep sealed under the office key: how they are written, and wrapped under a new one."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from afterclick.governance.vault.keys import OfficeKeys
from afterclick.governance.vault.sealing import OfficeKey, Sealed, seal, unseal, wrap_again
from afterclick.store.transaction import Tx

PLACES: Final = (("people", "handle", "factor"), ("people", "handle", "factor_pending"))
"""Where they lie: the table, the column that names the owner, and the column with the value; empty where there is none."""
_VERSION: Final = 0
"""What is sealed elsewhere has no versions; secrets of the vault count from 1, so that neither passes for the other."""


class _Found(NamedTuple):
    """One sealed value, and where it lies."""

    table: str
    key: str
    owner: str
    column: str
    seal: Sealed


def sealed(value: str, owner: str, key: OfficeKey) -> str:
    """The value as its column keeps it, bound to whose it is (`people/anna`)."""
    return _text(seal(value, owner, _VERSION, key))


def opened(text: str, owner: str, keys: OfficeKeys) -> str:
    """The value.

    Raises:
        KeyMissing, WrongKey, Tampered: it cannot be read; another owner's is none of this one's.
    """
    found = _read(text)
    return unseal(found, owner, _VERSION, keys.find(found.office_key))


def key_in_use(tx: Tx) -> str:
    """The id of the office key of what lies elsewhere; empty where nothing does."""
    return next((one.seal.office_key for one in _all(tx)), "")


def rewrap(tx: Tx, keys: OfficeKeys, new: OfficeKey) -> int:
    """Put everything under another office key; returns how many values that were."""
    found = list(_all(tx))
    for one in found:
        owner = f"{one.table}/{one.owner}"
        again = wrap_again(one.seal, owner, _VERSION, old=keys.find(one.seal.office_key), new=new)
        sql = f"UPDATE {one.table} SET {one.column} = ? WHERE {one.key} = ?"  # noqa: S608  # names from code
        tx.run(sql, (_text(again), one.owner))
    return len(found)


def _all(tx: Tx) -> Iterator[_Found]:
    for table, key, column in PLACES:
        for owner, text in tx.rows(f"SELECT {key}, {column} FROM {table} WHERE {column} <> ''"):  # noqa: S608  # names from code
            yield _Found(table, key, owner, column, _read(text))


def _read(text: str) -> Sealed:
    return Sealed(*msgspec.json.decode(text, type=tuple[str, str, str]))


def _text(seal: Sealed) -> str:
    return msgspec.json.encode(seal).decode()

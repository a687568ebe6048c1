"""How one secret is sealed: AES-256-GCM under a key of its own, which the office key wraps.

Both seals bind the secret's name and version, so that a row put in the place of another does not open. Changing the office key
wraps the small data keys anew and leaves what they seal alone.
"""

import hashlib
import secrets
from base64 import b64decode, b64encode
from typing import Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from afterclick.governance.vault.errors import Tampered, WrongKey

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORM: Final = 1
"""Of what is sealed; bound by both seals, so that a later form cannot be passed off as this one."""


class OfficeKey:
    """The key that wraps all others. `id` tells keys apart and says nothing about them."""

    __slots__ = ("_key", "id")

    def __init__(self, key: bytes) -> None:
        self._key = AESGCM(key)
        self.id = hashlib.sha256(b"afterclick/vault/office-key\0" + key).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"<office key {self.id}>"

    def wrap(self, data_key: bytes, *, bound: bytes) -> bytes:
        """Encrypt a data key; 60 bytes: nonce, key and tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._key.encrypt(nonce, data_key, bound)

    def unwrap(self, wrapped: bytes, *, bound: bytes) -> bytes:
        """The data key.

        Raises:
            InvalidTag: another key wrapped it, or it was changed.
        """
        return self._key.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], bound)


class Sealed(NamedTuple):
    """One secret at rest, in base64: the wrapped data key, the sealed value, and the id of the office key."""

    wrapped: str
    sealed: str
    office_key: str


def seal(value: str, name: str, version: int, key: OfficeKey) -> Sealed:
    """Seal a value under a new data key."""
    data_key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
    sealed = nonce + AESGCM(data_key).encrypt(nonce, value.encode(), _bound("value", name, version))
    return Sealed(_text(key.wrap(data_key, bound=_bound("data key", name, version))), _text(sealed), key.id)


def unseal(row: Sealed, name: str, version: int, key: OfficeKey) -> str:
    """The value.

    Raises:
        WrongKey: another office key sealed it. Tampered: the row was changed, or belongs to another name or version.
    """
    data_key = _data_key(row, name, version, key)
    try:
        sealed = b64decode(row.sealed, validate=True)
        bound = _bound("value", name, version)
        return AESGCM(data_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound).decode()
    except (InvalidTag, ValueError) as error:
        raise _tampered(name, version) from error


def wrap_again(row: Sealed, name: str, version: int, *, old: OfficeKey, new: OfficeKey) -> Sealed:
    """The same secret under another office key.

    Raises:
        WrongKey, Tampered: as for `unseal`.
    """
    data_key = _data_key(row, name, version, old)
    return Sealed(_text(new.wrap(data_key, bound=_bound("data key", name, version))), row.sealed, new.id)


def _data_key(row: Sealed, name: str, version: int, key: OfficeKey) -> bytes:
    if row.office_key != key.id:
        raise WrongKey(
            f"secret {name} version {version} was sealed under the office key {row.office_key}, and the key at hand is {key.id}:"
            " see where vault.key_from points, or bring that key back from its backup"
        )
    try:
        return key.unwrap(b64decode(row.wrapped, validate=True), bound=_bound("data key", name, version))
    except (InvalidTag, ValueError) as error:
        raise _tampered(name, version) from error


def _tampered(name: str, version: int) -> Tampered:
    return Tampered(
        f"secret {name} version {version} is not as it was written: its row was changed, or put in the place of another;"
        f" find out who can write to the database, and set it anew with `afterclick vault rotate {name}`"
    )


def _bound(what: str, name: str, version: int) -> bytes:
    return msgspec.json.encode(("afterclick.vault", _FORM, what, name, version))


def _text(sealed: bytes) -> str:
    return b64encode(sealed).decode()

"""The vault for programs: names and versions of secrets; values go in and never come out."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import Path, Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.control_room.system.secrets import USES, KeepsSecrets
from afterclick.governance.vault import records
from afterclick.governance.vault.errors import NoSecret, Unfit, VaultError
from afterclick.governance.vault.vault import GRACE_MS, LONGEST, LONGEST_GRACE_MS, NAME, Vault
from afterclick.store.transaction import Tx

Name = Annotated[str, Path(max_length=80, pattern=f"^{NAME.pattern}$")]
Value = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST)]


class NewSecret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A secret to keep."""

    name: Annotated[str, msgspec.Meta(pattern=f"^{NAME.pattern}$")]
    value: Value


class NewValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another value; the old one stays good for `grace_ms`."""

    value: Value
    grace_ms: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_GRACE_MS)] = GRACE_MS


class Sure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret's name once more, so that none is erased by mistake."""

    confirm: Annotated[str, msgspec.Meta(max_length=80)]


class SecretVersion(msgspec.Struct, frozen=True):
    """A version of a secret; a retiring one is good until `until_ms`."""

    name: str
    version: int
    state: str
    put_ms: int
    put_by: str
    until_ms: int


class SecretUse(msgspec.Struct, frozen=True):
    """Something that was done with a secret."""

    at_ms: int
    by: str
    activity: str
    because: str


class Secrets(msgspec.Struct, frozen=True):
    """Every version that still holds something."""

    secrets: tuple[SecretVersion, ...]


class OneSecret(msgspec.Struct, frozen=True):
    """One secret, and what was done with it, the latest first."""

    versions: tuple[SecretVersion, ...]
    uses: tuple[SecretUse, ...]


def secrets_api(room: Room, vault: Vault, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/secrets`. None takes an `Idempotency-Key`: no trace of a value is kept to compare with."""
    api = Interface(room, "vault", pace=pace)
    _reads(api)
    _changes(api, vault)
    return api


def _reads(api: Interface) -> None:
    room = api.room

    @api.get("/secrets", Secrets)
    def listed(who: KeepsSecrets) -> Response:
        """The names and versions of all secrets."""
        with room.database.reading() as tx:
            return Given(Secrets(_versions(tx)))

    @api.get("/secrets/{name}", OneSecret, refuses=(404,))
    def shown(who: KeepsSecrets, name: Name) -> Response:
        """One of them."""
        with room.database.reading() as tx:
            return Given(_one(tx, name))


def _changes(api: Interface, vault: Vault) -> None:
    room = api.room

    def done(name: str, act: Callable[[], object], status: int = 200) -> Response:
        with refusing(503, VaultError), refusing(422, Unfit), refusing(404, NoSecret):
            act()
        with room.database.reading() as tx:
            return Given(_one(tx, name), status)

    @api.post("/secrets", NewSecret, OneSecret, refuses=(503,), status=201, keyed=False)
    def put(who: KeepsSecrets, sent: Sends) -> Response:
        """Keep a new secret."""
        wish = sent.read(NewSecret)
        return done(wish.name, lambda: vault.put(wish.name, wish.value, by=who.id), 201)

    @api.post("/secrets/{name}/rotate", NewValue, OneSecret, refuses=(404, 503), keyed=False)
    def rotate(who: KeepsSecrets, name: Name, sent: Sends) -> Response:
        """Give a secret another value."""
        wish = sent.read(NewValue)
        return done(name, lambda: vault.rotate(name, wish.value, by=who.id, grace_ms=wish.grace_ms))

    @api.post("/secrets/{name}/revoke", Sure, OneSecret, refuses=(404, 503), keyed=False)
    def revoke(who: KeepsSecrets, name: Name, sent: Sends) -> Response:
        """Erase a secret, all its versions at once."""
        if sent.read(Sure).confirm != name:
            raise Problem(422, "nothing was revoked: confirm has to be the secret's name")
        return done(name, lambda: vault.revoke(name, by=who.id))


def _versions(tx: Tx, name: str = "") -> tuple[SecretVersion, ...]:
    return tuple(
        SecretVersion(one.name, one.version, one.state, one.put_ms, one.put_by, one.until_ms)
        for one in records.held(tx)
        if name in ("", one.name)
    )


def _one(tx: Tx, name: str) -> OneSecret:
    found = OneSecret(_versions(tx, name), tuple(SecretUse(*one) for one in records.uses(tx, name, limit=USES)))
    if not (found.versions or found.uses):
        raise Problem(404, "there is no such secret")
    return found

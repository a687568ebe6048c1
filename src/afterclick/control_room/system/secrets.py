"""The pages of the vault: names, versions and who leased what; values go in and never come out."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import Needs
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.governance.vault import records
from afterclick.governance.vault.errors import NoSecret, Unfit, VaultError
from afterclick.governance.vault.vault import NAME, Vault

KeepsSecrets = Annotated[Actor, Depends(Needs("vault.manage"))]
USES: Final = 50
HOUR_MS: Final = 3_600_000
GRACES_H: Final = {"0": "at once", "1": "after an hour", "24": "after a day", "168": "after a week"}
"""When an old value ends, in hours, as the form offers it."""
PLACE: Final = "/integrations/vault"


def secrets(router: APIRouter, html: Html, room: Room, *, vault: Vault) -> None:
    """The routes below `/integrations/vault`."""
    _reading(router, html, room, vault)
    _changing(router, vault)


def _reading(router: APIRouter, html: Html, room: Room, vault: Vault) -> None:
    @router.get(PLACE)
    def listed(who: KeepsSecrets, request: Request) -> Response:
        """The names of all secrets, and a form for a new one."""
        with room.database.reading() as tx:
            held = records.held(tx)
        seal = Seal(request)
        return seal.on(html.page(
            "vault.html", who=who, here="integrations", held=held, key_from=str(vault.keys.source), token=seal.token,
            now_ms=room.now_ms(),
        ))  # fmt: skip

    @router.get(PLACE + "/{name}")
    def one(who: KeepsSecrets, name: str, request: Request) -> Response:
        """One secret: its versions, what was done with it, and how to rotate or revoke it."""
        with room.database.reading() as tx:
            versions = [version for version in records.held(tx) if version.name == name]
            uses = records.uses(tx, name, limit=USES) if NAME.fullmatch(name) else []
        if not versions and not uses:
            raise Problem(404, "there is no such secret")
        seal = Seal(request)
        return seal.on(html.page(
            "secret.html", who=who, here="integrations", name=name, versions=versions, uses=uses, most=USES, graces=GRACES_H,
            token=seal.token, now_ms=room.now_ms(),
        ))  # fmt: skip


def _changing(router: APIRouter, vault: Vault) -> None:
    @router.post(PLACE)
    async def put(who: KeepsSecrets, request: Request) -> Response:
        """Keep a new secret."""
        fields = await sent(request)
        name = fields.get("name", "").strip()
        return await _done(name, lambda: vault.put(name, fields.get("value", ""), by=who.id))

    @router.post(PLACE + "/{name}/rotate")
    async def rotate(who: KeepsSecrets, name: str, request: Request) -> Response:
        """Give a secret a new value."""
        fields = await sent(request)
        grace = fields.get("grace", "24")
        if grace not in GRACES_H:
            raise Problem(422, "choose one of the times at which the old value ends")
        return await _done(name, lambda: vault.rotate(name, fields.get("value", ""), by=who.id, grace_ms=int(grace) * HOUR_MS))

    @router.post(PLACE + "/{name}/revoke")
    async def revoke(who: KeepsSecrets, name: str, request: Request) -> Response:
        """Erase a secret, once its name was typed to confirm it."""
        fields = await sent(request)
        if fields.get("confirm", "").strip() != name:
            raise Problem(422, "nothing was revoked: type the secret's name to confirm it")
        return await _done(name, lambda: vault.revoke(name, by=who.id))


async def _done(name: str, act: Callable[[], object]) -> Response:
    """Change the vault, and go to the secret's page.

    Raises:
        Problem: 404 without such a secret, 422 for what cannot be kept, 503 while the vault cannot be opened.
    """
    try:
        await run_in_threadpool(act)
    except VaultError as error:
        status = 404 if isinstance(error, NoSecret) else 422 if isinstance(error, Unfit) else 503
        raise Problem(status, str(error)) from error
    return RedirectResponse(f"{PLACE}/{name}", 303)

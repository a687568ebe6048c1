"""The routes of the pages about the office itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter

from afterclick.control_room.html import Html
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.control_room.system.integrations import Systems, integrations
from afterclick.control_room.system.secrets import secrets
from afterclick.control_room.system.settings import Shown, settings
from afterclick.engine.door import Door
from afterclick.governance.vault.vault import Vault

TEMPLATES: Final = Path(__file__).with_name("templates")


def pages(room: Room, *, shown: Shown, systems: Systems, door: Callable[[], Door | None], vault: Vault) -> APIRouter:
    """Settings, integrations and the vault. `door` is the one that bots of this process use, None where none work here."""
    html = Html(TEMPLATES, shop=room.shop)
    router = Routes(include_in_schema=False)
    settings(router, html, shown=shown)
    integrations(router, html, room, systems=systems, door=door)
    secrets(router, html, room, vault=vault)
    return router

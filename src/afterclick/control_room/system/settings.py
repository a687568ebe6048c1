"""The page of the settings: each with its value, where that comes from, and how to change it."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Response

from afterclick.control_room.access import Needs
from afterclick.control_room.html import Html
from afterclick.governance.actor import Actor

SeesSettings = Annotated[Actor, Depends(Needs("settings.read"))]


class ShownSetting(NamedTuple):
    """A setting as it may be shown: `value` is masked where it is secret. `source`: the file, a variable, or `default`."""

    name: str
    value: str
    default: str
    source: str
    variable: str
    help: str
    secret: bool

    @property
    def section(self) -> str:
        """The word before the first dot."""
        return self.name.partition(".")[0]

    @property
    def change(self) -> str:
        """The command that changes it; where the environment decides, what to set there."""
        if self.source == self.variable:
            return f"{self.variable}=…"
        return f"afterclick config set {self.name} {'vault:NAME' if self.secret else '…'}"


Shown = Callable[[], Sequence[ShownSetting]]


def settings(router: APIRouter, html: Html, *, shown: Shown) -> None:
    """The route `/settings`."""

    @router.get("/settings")
    def show(who: SeesSettings) -> Response:
        """Every setting; nothing can be changed here."""
        sections = [(name, list(ones)) for name, ones in groupby(shown(), key=lambda one: one.section)]
        return html.page("settings.html", who=who, here="settings", sections=sections)

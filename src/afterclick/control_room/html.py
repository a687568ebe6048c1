"""Pages from templates: every value escaped, every name that is missing an error."""

from pathlib import Path
from typing import Final

from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from afterclick.control_room import glossary, words
from afterclick.control_room.assets import asset
from afterclick.control_room.visit import THEMES, visiting
from afterclick.governance.actor import Actor
from afterclick.governance.vault.redaction import redact

_KIT: Final = Path(__file__).with_name("templates")


class Html:
    """The templates of a desk, over those of the kit. A page extends `base.html` and names its place in the menu as `here`."""

    def __init__(self, folder: Path, *, shop: str) -> None:
        self._templates = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder), FileSystemLoader(_KIT)]),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._shop = shop
        for name in ("grouped", "money", "instant", "clock", "age"):
            self._templates.filters[name] = getattr(words, name)
        self._templates.filters["explained"] = glossary.place

    def page(self, template: str, *, who: Actor | None, status: int = 200, **values: object) -> HTMLResponse:
        """A page for `who`, whose menu shows what they may see; None before anybody is signed in."""
        given = {"shop": self._shop, "who": who, "visit": visiting.get(), "asset": asset, "themes": THEMES}
        return HTMLResponse(redact(self._templates.get_template(template).render(values, **given)), status)

"""The help page: every word on the pages explained, and the keys that work on them."""

from itertools import groupby
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response

from afterclick.control_room import glossary
from afterclick.control_room.access import SignedIn
from afterclick.control_room.html import Html
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room

TEMPLATES: Final = Path(__file__).with_name("templates")


def help_pages(room: Room) -> APIRouter:
    """The route `GET /help`; each word has its own anchor, to which the pages lead."""
    html = Html(TEMPLATES, shop=room.shop)
    router = Routes(include_in_schema=False)
    letters = [(letter, tuple(terms)) for letter, terms in groupby(glossary.ALL, key=lambda term: term.word[0].upper())]

    @router.get("/help")
    def explained(who: SignedIn) -> Response:
        """The whole glossary."""
        return html.page("help.html", who=who, here="help", letters=letters)

    return router

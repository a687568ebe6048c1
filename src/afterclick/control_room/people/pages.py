"""Every page of people, joined."""

from fastapi import APIRouter

from afterclick.control_room.people import everybody, links, me, signing_in, single
from afterclick.control_room.people.front import Front, SigningIn
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room


def pages(room: Room, how: SigningIn) -> APIRouter:
    """The routes of people: signing in, one's own account, and everybody's."""
    front = Front(room, how)
    router = Routes()
    for part in (signing_in.routes(front), links.routes(front), me.routes(front), everybody.routes(front)):
        router.include_router(part)
    if how.provider is not None:
        router.include_router(single.routes(front, how.provider))
    return router

"""Whether the office is ready to be sent work, for those who balance load."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.store.migrating import known

HoldsLease = Callable[[], bool] | None
"""Whether the engine of this process may take work; None where no engine works in it."""
_YES: Final = "ok"


class Ready(msgspec.Struct, frozen=True):
    """What must stand for work to be done; each is `ok`, or what is wrong."""

    ready: bool
    database: str
    migrations: str
    engine: str


def readiness(room: Room, holds: HoldsLease) -> APIRouter:
    """The route `GET /ready`, open to all: it says nothing that helps anybody to get in."""
    router = Routes(tags=["health"])
    shape: dict[str, Any] = msgspec.json.schema(Ready)["$defs"]["Ready"]
    said: dict[int | str, dict[str, Any]] = {
        200: {"description": "Ready.", "content": {"application/json": {"schema": shape}}},
        503: {"description": "Not ready.", "content": {"application/json": {"schema": shape}}},
    }

    @router.get("/ready", response_model=None, responses=said)
    def ready() -> Response:
        """Whether the database answers at the version of this program, and, where bots work here, the engine holds its lease."""
        found = _look(room, holds)
        return Given(found, 200 if found.ready else 503)

    return router


def _look(room: Room, holds: HoldsLease) -> Ready:
    engine = _YES if holds is None or holds() else "the engine has lost its lease, and takes no work until it stands again"
    try:
        with room.database.reading() as tx:
            at = tx.value("SELECT version_num FROM alembic_version")
    except Exception:  # whatever a database says when it is away; it may name hosts and users, which are nobody's business
        return Ready(False, "the database does not answer", "unknown", engine)
    migrations = _YES if at == known()[-1] else f"the database is at version {at or 'none'}, this program at {known()[-1]}"
    return Ready(migrations == _YES and engine == _YES, _YES, migrations, engine)

"""What puts a version in force and takes it back: activate, withdraw, roll back."""

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.forms import sent
from afterclick.control_room.policy.access import ActivatesPolicy, SeesPolicy, found_version
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance import versions
from afterclick.governance.versions import STARTS, NotAllowed, NotPossible, Start, StartsAs
from afterclick.store.transaction import Tx


def routes(router: APIRouter, room: Room) -> None:
    """Add the routes."""

    @router.post("/policy/versions/{number}/activate")
    async def activate(who: ActivatesPolicy, number: int, request: Request) -> Response:
        """Put it in force as the form says."""
        fields = await sent(request)
        start = _start(fields)
        await run_in_threadpool(
            _done, room, number, lambda tx, now_ms: versions.activate(tx, number, who=who, start=start, now_ms=now_ms)
        )
        room.notify()
        return RedirectResponse(f"/policy/versions/{number}", 303)

    @router.post("/policy/versions/{number}/withdraw")
    async def withdraw(who: SeesPolicy, number: int, request: Request) -> Response:
        """Take back what is proposed or scheduled."""
        because = (await sent(request)).get("because", "") or "withdrawn on the page"
        await run_in_threadpool(
            _done, room, number, lambda tx, now_ms: versions.withdraw(tx, number, who=who, because=because, now_ms=now_ms)
        )
        room.notify()  # it may have ended a trial
        return RedirectResponse(f"/policy/versions/{number}", 303)

    @router.post("/policy/roll-back")
    async def roll_back(who: ActivatesPolicy, request: Request) -> Response:
        """One step back, at once."""
        because = (await sent(request)).get("because", "") or "rolled back on the page"
        await run_in_threadpool(
            _done, room, 0, lambda tx, now_ms: versions.roll_back(tx, who=who, because=because, now_ms=now_ms)
        )
        room.notify()
        return RedirectResponse("/policy", 303)


def _done(room: Room, number: int, act: Callable[[Tx, int], object]) -> None:
    try:
        with room.database.transaction() as tx:
            if number:
                found_version(tx, number)
            act(tx, room.now_ms())
    except NotAllowed as error:
        raise Problem(403, str(error)) from error
    except NotPossible as error:
        raise Problem(409, str(error)) from error


def _start(fields: dict[str, str]) -> Start:
    """How the form says it is to start.

    Raises:
        Problem: 422, a share or a time that is none.
    """
    wanted = fields.get("starts_as", "active")
    starts_as: StartsAs | None = next((one for one in STARTS if one == wanted), None)
    share, at = fields.get("share", "").strip(), fields.get("at", "").strip()
    if starts_as is None or (share and not (share.isascii() and share.isdecimal() and len(share) < 3)):
        raise Problem(422, f"choose one of {', '.join(STARTS)}, and for a canary a share of 1 to 99 percent")
    try:
        instant = datetime.fromisoformat(at) if at else None
    except ValueError as error:
        raise Problem(422, f"{at[:40]!r} is no time; write it as 2026-03-01T06:00, in UTC") from error
    at_ms = 0 if instant is None else round(instant.replace(tzinfo=instant.tzinfo or UTC).timestamp() * 1000)
    canary = starts_as == "canary"
    return Start(starts_as, int(share or 0) if canary else 0, at_ms, fields.get("without_replay", "").strip())

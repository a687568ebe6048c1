"""Replays on the pages: begun with a button, done beside the pages, and shown with their cases."""

import logging
import threading
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.forms import sent
from afterclick.control_room.html import Html
from afterclick.control_room.policy.access import Policing, ReplaysPolicy, SeesPolicy, found_version
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.engine import replaying
from afterclick.engine.replaying import Order
from afterclick.governance import regimes, replays
from afterclick.governance.actor import Actor
from afterclick.governance.replays import Case

ROWS: Final = 50
LOOK_AGAIN_S: Final = 2
"""A page about a replay that runs loads itself again after so long."""

logger = logging.getLogger("afterclick.policy")
_one_at_a_time = threading.Lock()


def routes(router: APIRouter, html: Html, room: Room, policing: Policing) -> None:
    """Add the routes."""

    @router.post("/policy/versions/{number}/replay")
    async def begin(who: ReplaysPolicy, number: int, request: Request) -> Response:
        """Begin a replay, and go to its page."""
        fields = await sent(request)
        replay = await run_in_threadpool(begin_replay, room, policing, who, number, fields)
        return RedirectResponse(f"/policy/replays/{replay}", 303)

    @router.get("/policy/replays/{number}")
    def one(
        who: SeesPolicy,
        number: int,
        after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
        was: Annotated[str, Query(max_length=60)] = "",
        would: Annotated[str, Query(max_length=60)] = "",
    ) -> Response:
        """How far a replay is, or what it found, with its cases."""
        kinds = replays.seen_by(who)
        with room.database.reading() as tx:
            replay = replays.found(tx, number) if 0 < number < 2**62 else None
            cases: list[Case] = []
            left_out = ""
            if replay is not None:
                cases = replays.cases(tx, number, after=after, limit=ROWS + 1, was=was, would=would, kinds=kinds)
                left_out = replays.left_out(tx, number, kinds)
        if replay is None:
            raise Problem(404, f"there is no replay {number}")
        kept = {name: value for name, value in (("was", was), ("would", would)) if value}
        more = urlencode(kept | {"after": str(cases[ROWS - 1].no)}) if len(cases) > ROWS else ""
        interrupted = replay.silent(room.now_ms())
        answer = html.page(
            "replay.html", who=who, here="policy", replay=replay, cases=cases[:ROWS], more=more, first=not after,
            again=urlencode(kept), was=was, would=would, interrupted=interrupted, most=replays.MOST_CASES,
            left_out=left_out, nothing=replays.NOTHING,
        )  # fmt: skip
        if replay.state == "running" and not interrupted:
            answer.headers["refresh"] = str(LOOK_AGAIN_S)
        return answer


def begin_replay_of_bot(room: Room, policing: Policing, who: Actor, bot: str, days: str = "90") -> int:
    """Begin a replay of what a bot decided, by its rules as they are now and the policy in force; returns its number.

    Raises:
        Problem: 404, there is no such bot; 409, its story has no rules to be tried.
    """
    if bot not in list(policing.fleet):
        raise Problem(404, f"there is no bot {bot[:80]}")
    if not policing.judges(bot):
        raise Problem(409, f"{bot} has no rules, so that nothing it decided can be replayed")
    with room.database.reading() as tx:
        now = regimes.current(tx)
    assert now is not None, "an office has a policy from its first opening on"
    return begin_replay(room, policing, who, now.active, {"days": days, "bot": bot, "against": "recorded"})


def begin_replay(room: Room, policing: Policing, who: Actor, number: int, fields: dict[str, str]) -> int:
    """Begin a replay of a version of the policy; returns its number.

    Raises:
        Problem: 404, there is no such version; 409, another replay is under way; 422, what is asked for makes no sense.
    """
    days = fields.get("days", "90").strip()
    with room.database.reading() as tx:
        version = found_version(tx, number)
    if not (days.isascii() and days.isdecimal() and len(days) < 5):
        raise Problem(422, f"a replay goes over 1 to {replaying.MOST_DAYS:,} days")
    order = Order(
        number, version.text, int(days), fields.get("bot", ""), fields.get("against") == "recorded", policing.question_minutes
    )
    if not _one_at_a_time.acquire(blocking=False):
        raise Problem(409, "another replay is under way in this process; it takes a minute at most, so try again then")
    try:
        now_ms = room.now_ms()
        replay = replaying.begin(room.database, policing.fleet, order, by=who.id, now_ms=now_ms)
        arguments = (room, policing, order, replay, who.id, now_ms)
        threading.Thread(target=_work, args=arguments, name="afterclick-replay", daemon=True).start()
    except ValueError as error:
        _one_at_a_time.release()
        raise Problem(422, str(error)) from error
    except BaseException:
        _one_at_a_time.release()
        raise
    return replay


def _work(room: Room, policing: Policing, order: Order, replay: int, by: str, now_ms: int) -> None:
    try:
        replaying.work(room.database, policing.fleet, order, replay, by=by, now_ms=now_ms)
    except Exception:  # it is on record as failed, and the page says so
        logger.exception("replay %s failed", replay)
    finally:
        _one_at_a_time.release()

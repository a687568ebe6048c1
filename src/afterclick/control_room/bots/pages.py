"""The routes of the register: every bot, one bot, and the steps that people take with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, cast, get_args

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import Needs
from afterclick.control_room.bots import view
from afterclick.control_room.bots.story import Story, live
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.policy.access import TRYING, Policing, TriesBots
from afterclick.control_room.policy.replaying_page import begin_replay_of_bot
from afterclick.control_room.problems import Problem
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.governance import investment, lifecycle, replays, sprawl
from afterclick.governance.actor import Actor
from afterclick.governance.cards import MODES
from afterclick.governance.figures import day_of, of_days
from afterclick.governance.investment import Terms
from afterclick.governance.lifecycle import STEPS, State, Verb
from afterclick.governance.permissions import ACTS

TEMPLATES: Final = Path(__file__).with_name("templates")
STATES: Final[tuple[State, ...]] = get_args(State)
LONGEST_REASON: Final = 500
SeesBots = Annotated[Actor, Depends(Needs("bots.read"))]


def pages(room: Room, policing: Policing, *, terms: Callable[[], Terms]) -> APIRouter:
    """The routes. `terms` are the shop's own figures for what a bot brings."""
    html = Html(TEMPLATES, shop=room.shop)
    router = Routes(include_in_schema=False)
    _register(router, html, room, terms)
    _bot(router, html, room, policing, terms)
    _tries(router, room, policing)
    _steps(router, room)
    return router


def _register(router: APIRouter, html: Html, room: Room, terms: Callable[[], Terms]) -> None:
    @router.get("/bots")
    def register(who: SeesBots, state: Annotated[str, Query(max_length=20)] = "") -> Response:
        """Every bot with its state and health, what it brings, and which ones the shop could do without."""
        if state and state not in STATES:
            raise Problem(422, f"there is no state {state}; choose one of {', '.join(STATES)}")
        now_ms = room.now_ms()
        today = day_of(now_ms)
        with room.database.reading() as tx:
            bots = view.listed(tx, now_ms=now_ms)
            brought = investment.returns(tx, terms(), first=today - investment.DAYS + 1, last=today)
            report = sprawl.report(tx, days=sprawl.DAYS, now_ms=now_ms)
        return html.page(
            "bots.html", who=who, here="bots", bots=[one for one in bots if state in ("", one.state)], all=bots, state=state,
            states=[one for one in STATES if any(bot.state == one for bot in bots)], brought=brought, report=report,
            returns={one.bot: one for one in brought.bots}, now_ms=now_ms,
        )  # fmt: skip


def _bot(router: APIRouter, html: Html, room: Room, policing: Policing, terms: Callable[[], Terms]) -> None:
    fleet = policing.fleet

    @router.get("/bots/{bot_id}")
    def bot(who: SeesBots, bot_id: str, request: Request) -> Response:
        """One bot: its story with live numbers, card, versions, runs, failures, return, rules and permissions."""
        now_ms = room.now_ms()
        today = day_of(now_ms)
        with room.database.reading() as tx:
            found = next(iter(view.listed(tx, now_ms=now_ms, bot=bot_id)), None)
            if found is None:
                raise Problem(404, f"there is no bot {bot_id[:80]}; the register names them all")
            happened = of_days(tx, today - investment.DAYS + 1, today).happened
            its_own = [one for one in happened if one.actor == bot_id and one.day == today]
            story = live(tx, fleet[bot_id], its_own) if bot_id in fleet else Story([], {}, is_told=False)
            brought = investment.returns(tx, terms(), first=today - investment.DAYS + 1, last=today)
            versions, runs, failures = view.versions(tx, bot_id), view.runs(tx, bot_id), view.failures(tx, bot_id)
            made = replays.of_bot(tx, bot_id)
            unseen = replays.unseen(tx, bot_id, found.version, found.digest)
        seal = Seal(request)
        return seal.on(html.page(
            "bot.html", who=who, here="bots", bot=found, starts=view.starts(found.card), story=story,
            acts=view.acts(found.card, happened), modes=MODES,
            brought=next(one for one in brought.bots if one.bot == bot_id), currency=brought.currency, token=seal.token,
            steps=[(verb, step) for verb, step in STEPS.items() if found.state in step.takes], versions=versions,
            runs=runs, failures=failures, replays=made, unseen=unseen, may_replay=TRYING.lets(who), now_ms=now_ms,
            judges=bot_id in fleet and policing.judges(bot_id), takes=ACTS,
        ))  # fmt: skip


def _tries(router: APIRouter, room: Room, policing: Policing) -> None:
    @router.post("/bots/{bot_id}/replay")
    async def replay(who: TriesBots, bot_id: str, request: Request) -> Response:
        """Begin a replay of what the bot decided, by its rules as they are now, and go to its page."""
        fields = await sent(request)
        number = await run_in_threadpool(begin_replay_of_bot, room, policing, who, bot_id, fields.get("days", "90"))
        return RedirectResponse(f"/policy/replays/{number}", 303)


def _steps(router: APIRouter, room: Room) -> None:
    @router.post("/bots/{bot_id}/mode")
    async def mode(who: SeesBots, bot_id: str, request: Request) -> Response:
        """Let a bot act, or only say what it would do."""
        fields = await sent(request)
        await run_in_threadpool(_change, room, who, bot_id, "mode", fields)
        return RedirectResponse(f"/bots/{bot_id}", 303)

    @router.post("/bots/{bot_id}/{verb}")
    async def step(who: SeesBots, bot_id: str, verb: str, request: Request) -> Response:
        """Take a step in a bot's life; which permission it needs stands in `lifecycle.STEPS`."""
        if verb not in STEPS:
            raise Problem(404, f"there is no step {verb[:40]}; choose one of {', '.join(STEPS)}")
        fields = await sent(request)
        await run_in_threadpool(_change, room, who, bot_id, verb, fields)
        return RedirectResponse(f"/bots/{bot_id}", 303)


def _change(room: Room, who: Actor, bot_id: str, verb: str, fields: dict[str, str]) -> None:
    because, now_ms = " ".join(fields.get("because", "").split())[:LONGEST_REASON], room.now_ms()
    try:
        with room.database.transaction() as tx:
            if verb == "mode":
                lifecycle.set_mode(tx, bot_id, fields.get("mode", ""), who=who, because=because, now_ms=now_ms)
            else:
                unseen = " ".join(fields.get("without_replay", "").split())[:LONGEST_REASON]
                lifecycle.take(tx, bot_id, cast(Verb, verb), who=who, because=because, without_replay=unseen, now_ms=now_ms)
    except lifecycle.NoSuchBot as error:
        raise Problem(404, str(error)) from error
    except lifecycle.NotAllowed as error:
        raise Problem(403, str(error)) from error
    except lifecycle.NotPossible as error:
        raise Problem(409, str(error)) from error
    room.notify()

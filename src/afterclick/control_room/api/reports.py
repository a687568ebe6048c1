"""What the register's pages tell of bots beyond their cards, for programs: work, return on investment, sprawl."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import Query, Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.bots import BotId, SeesBots
from afterclick.control_room.api.kit import Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.bots import view
from afterclick.control_room.bots.story import Place, live
from afterclick.control_room.bots.view import Failure, Run, Version
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.engine.bots import Fleet
from afterclick.governance import investment, sprawl
from afterclick.governance.figures import day_of, of_days
from afterclick.governance.investment import Investment, Terms
from afterclick.governance.sprawl import Sprawl

Days = Annotated[int, Query(ge=1, le=366)]


class Work(msgspec.Struct, frozen=True):
    """What a bot does: its health in a word, its story with the items at each place now, and what each act came to in 30 days.

    `through` are the items that ended well today, by their state.
    """

    bot: str
    health: str
    done: int
    left: int
    failed: int
    queued: int
    due_ms: int
    story: tuple[Place, ...]
    through: dict[str, int]
    acts: dict[str, int]
    versions: tuple[Version, ...]
    runs: tuple[Run, ...]
    failures: tuple[Failure, ...]


def reports_api(room: Room, fleet: Fleet, *, terms: Callable[[], Terms], pace: Pace | None = None) -> Interface:
    """The routes `/api/v1/bots/{bot_id}/work` and `/api/v1/reports`. `terms` are the shop's own figures for what a bot brings."""
    api = Interface(room, "reports", pace=pace)

    @api.get("/bots/{bot_id}/work", Work, refuses=(404,))
    def work(who: SeesBots, bot_id: BotId) -> Response:
        """One bot at work: story, versions, runs and failures."""
        return Given(_work(room, fleet, bot_id))

    @api.get("/reports/investment", Investment)
    def brought(who: SeesBots, days: Days = investment.DAYS) -> Response:
        """What each bot brings and costs, those first that cost more than they bring, over the last so many days."""
        today = day_of(room.now_ms())
        with room.database.reading() as tx:
            return Given(investment.returns(tx, terms(), first=today - days + 1, last=today))

    @api.get("/reports/sprawl", Sprawl)
    def too_many(who: SeesBots, days: Days = sprawl.DAYS) -> Response:
        """Bots that the shop could do without: unused, doubled, allowed too much, ownerless, failing; and those too young."""
        with room.database.reading() as tx:
            return Given(sprawl.report(tx, days=days, now_ms=room.now_ms()))

    return api


def _work(room: Room, fleet: Fleet, bot_id: str) -> Work:
    now_ms = room.now_ms()
    today = day_of(now_ms)
    with room.database.reading() as tx:
        found = next(iter(view.listed(tx, now_ms=now_ms, bot=bot_id)), None)
        if found is None:
            raise Problem(404, f"there is no bot {bot_id[:80]}")
        happened = of_days(tx, today - investment.DAYS + 1, today).happened
        its_own = [one for one in happened if one.actor == bot_id and one.day == today]
        story = live(tx, fleet[bot_id], its_own) if bot_id in fleet else None
        return Work(
            bot_id, found.health, found.done, found.left, found.failed, found.queued, found.due_ms,
            tuple(story.places) if story is not None else (), story.through if story is not None else {},
            dict(view.acts(found.card, happened)), tuple(view.versions(tx, bot_id)), tuple(view.runs(tx, bot_id)),
            tuple(view.failures(tx, bot_id)),
        )  # fmt: skip

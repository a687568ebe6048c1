"""A bot's story as a map: its steps from the code, and how many items are at each of them now."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from inspect import getdoc, getsourcefile, getsourcelines, unwrap
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

import msgspec

from afterclick.engine.bots import Bot
from afterclick.engine.door import Act
from afterclick.governance.figures import FAILED, Figure
from afterclick.store.transaction import Tx

MOST_COUNTED: Final = 20_000
"""So many resting orders are counted; beyond them the map says `or more`."""
_DEEPEST: Final = 3


class Place(msgspec.Struct):
    """One step of a story. What a stage asks for outside are acts; `here` counts items that rest or are in hand at it now.

    `asked`, `waited`, `refused` and `failed` count items that left the story here today.
    """

    name: str
    is_rule: bool
    says: str
    where: str
    acts: tuple[str, ...] = ()
    undo: str = ""
    resting: int = 0
    asking: int = 0
    in_hand: int = 0
    queued: int = 0
    asked: int = 0
    waited: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def here(self) -> int:
        return self.resting + self.asking + self.in_hand + self.queued

    @property
    def left(self) -> int:
        return self.asked + self.waited + self.refused + self.failed


class Story(msgspec.Struct):
    """The places in order, what ended well today by its state, and whether there was more at rest than is counted."""

    places: list[Place]
    through: dict[str, int]
    more: bool = False
    is_told: bool = True


def outline(bot: Bot[Any]) -> list[Place]:
    """The steps of a bot's story in order, from its code."""
    return [
        Place(
            step.name, step.is_rule, _sentence(step.does), _where(step.does),
            () if step.calls is None else tuple(dict.fromkeys(_acts(step.calls, _DEEPEST))), step.undo,
        )
        for step in bot.steps
    ]  # fmt: skip


def live(tx: Tx, bot: Bot[Any], today: Sequence[Figure]) -> Story:
    """The map with the numbers of this moment; `today` are this bot's figures of today."""
    places = outline(bot)
    by_name = {place.name: place for place in places}
    story = Story(places, {})
    if bot.items.kind == "order":
        story.more = _count_resting(tx, by_name)
    _count_in_hand(tx, bot, places)
    for one in today:
        if one.is_through:
            story.through[one.activity] = story.through.get(one.activity, 0) + one.count
        elif one.left_at:
            _count_left(by_name.get(one.left_at) or _elsewhere(places, by_name, one.left_at), one)
    return story


def _count_resting(tx: Tx, places: dict[str, Place]) -> bool:
    rows = tx.rows(
        "SELECT stage, state, COUNT(*) FROM (SELECT stage, state FROM orders WHERE state IN ('waiting', 'inbox', 'held')"
        " LIMIT ?) AS resting GROUP BY 1, 2",
        (MOST_COUNTED,),
    )
    for stage, state, count in rows:
        if stage in places and state == "inbox":
            places[stage].asking += count
        elif stage in places:
            places[stage].resting += count
    return sum(count for _, _, count in rows) >= MOST_COUNTED


def _count_in_hand(tx: Tx, bot: Bot[Any], places: Sequence[Place]) -> None:
    """Open batches stand before the first stage that they have not committed; queued groups where they go on."""
    if not places:
        return
    names = [place.name for place in places]
    for items, progress in tx.rows("SELECT items, progress FROM batches WHERE finished_ms = 0 AND bot = ?", (bot.card.id,)):
        through = msgspec.json.decode(progress, type=dict[str, list[int]])
        last = max((names.index(name) for name in through if name in names), default=-1)
        left = sum(len(gone) for gone in through.values())
        places[min(last + 1, len(places) - 1)].in_hand += max(0, len(msgspec.json.decode(items, type=list[int])) - left)
    for resume, size in tx.rows("SELECT resume, SUM(size) FROM queue WHERE bot = ? GROUP BY resume", (bot.card.id,)):
        how, _, name = resume.partition(":")
        at = names.index(name) + (how == "after") if name in names else 0
        places[min(at, len(places) - 1)].queued += int(size)


def _count_left(place: Place, figure: Figure) -> None:
    if figure.verdict == FAILED:
        place.failed += figure.count
    elif figure.verdict == "Ask":
        place.asked += figure.count
    elif figure.verdict == "Wait":
        place.waited += figure.count
    else:
        place.refused += figure.count


def _elsewhere(places: list[Place], by_name: dict[str, Place], name: str) -> Place:
    """Where the engine itself took items out, such as at reading their facts."""
    by_name[name] = Place(name, False, "The engine's own step, beside the story.", "")
    places.append(by_name[name])
    return by_name[name]


def _sentence(function: Callable[..., Any]) -> str:
    return (getdoc(function) or "").partition("\n\n")[0].replace("\n", " ")


@lru_cache(maxsize=1_024)  # reads a source file
def _where(function: Callable[..., Any]) -> str:
    """The file and line of a function, from the package on; empty where it has no source."""
    try:
        path, line = getsourcefile(unwrap(function)) or "", getsourcelines(unwrap(function))[1]
    except (OSError, TypeError):
        return ""
    parts = Path(path).parts
    return f"{'/'.join(parts[parts.index('afterclick') + 1 :] if 'afterclick' in parts else parts[-1:])}:{line}"


def _acts(function: object, deepest: int) -> Iterator[str]:
    """The acts that a function names, or a function that it calls."""
    if not isinstance(function, FunctionType):
        return
    for value in _named(function.__code__, function.__globals__):
        if isinstance(value, Act):
            yield f"{value.port}.{value.name}"
        elif deepest and isinstance(value, FunctionType) and value.__module__.startswith("afterclick."):
            yield from _acts(value, deepest - 1)


def _named(code: CodeType, known: dict[str, Any]) -> Iterator[object]:
    for name in code.co_names:
        value = known.get(name)
        if isinstance(value, ModuleType):
            yield from (vars(value).get(inner) for inner in code.co_names)
        else:
            yield value
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _named(inner, known)

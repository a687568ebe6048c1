"""How a bot is written: a card, a story over a batch, and stages that each commit once."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Concatenate, Generic, NamedTuple, Protocol, TypeVar, cast

from afterclick.domain.verdict import Verdict
from afterclick.engine.batch import Batch
from afterclick.engine.items import Items
from afterclick.governance.cards import Card, On, digest_of

T = TypeVar("T")
Rule = Callable[..., Verdict]


class Stage(Generic[T]):
    """A durable step of a story.

    `does` runs inside the one transaction of the stage; what it writes, the outcomes and the events commit together, once.
    `calls` runs before it, outside any transaction, and talks to the outside through the door; `does` is handed its result.
    `undo` is the stage that takes back what this one did.
    """

    def __init__(self, does: Callable[..., None], *, calls: Callable[[Batch[T]], object] | None, undo: "Stage[T] | None") -> None:
        self.name = does.__name__
        self.does = does
        self.calls = calls
        self.undo = undo
        self.__doc__ = does.__doc__

    def __call__(self, batch: Batch[T]) -> None:
        if isinstance(batch, Outline):
            batch.note(self)
        batch.run_stage(self.name, does=self.does, calls=self.calls)


class StageMaker(Protocol):
    """Makes a function over a batch a stage over the same."""

    def __call__(self, does: Callable[Concatenate[Batch[T], ...], None]) -> Stage[T]: ...


def stage(*, calls: Callable[[Batch[Any]], object] | None = None, undo: Stage[Any] | None = None) -> StageMaker:
    """Make a function a stage; see `Stage`."""

    def made(does: Callable[Concatenate[Batch[T], ...], None]) -> Stage[T]:
        return Stage(does, calls=calls, undo=undo)

    return made


class Step(NamedTuple):
    """One step of a story: a rule, or a stage with what it calls outside and the stage that undoes it."""

    name: str
    does: Callable[..., object]
    calls: Callable[..., object] | None = None
    undo: str = ""
    is_rule: bool = False


class Outline:
    """Stands in for a batch to learn, from the story itself, which rules and stages it names, in order."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.steps: list[Step] = []

    def judge(self, rule: Rule) -> None:
        self.stages.append(rule.__name__)
        self.steps.append(Step(rule.__name__, rule, is_rule=True))

    def note(self, stage: "Stage[Any]") -> None:
        """Remember a stage with all that belongs to it."""
        self.steps.append(Step(stage.name, stage.does, stage.calls, stage.undo.name if stage.undo else ""))

    def run_stage(self, name: str, *, does: Callable[..., None], calls: Callable[..., object] | None) -> None:
        self.stages.append(name)


class Bot(Generic[T]):
    """A card with its story and the kind of items it works on; `stages` are the names of the story's `steps` in order."""

    def __init__(self, card: Card, story: Callable[[Batch[T]], None], items: Items[T]) -> None:
        self.card = card
        self.story = story
        self.items = items
        outline = Outline()
        story(cast(Batch[T], outline))
        self.stages = tuple(outline.stages)
        self.steps = tuple(outline.steps)
        self.digest = digest_of(card)


def bot(card: Card, *, over: Items[T]) -> Callable[[Callable[[Batch[T]], None]], Bot[T]]:
    """Make a story a bot; it acts only once it is mounted in `app.py`."""
    return lambda story: Bot(card, story, over)


class Fleet(Mapping[str, Bot[Any]]):
    """The bots that are mounted, by id."""

    def __init__(self, *bots: Bot[Any]) -> None:
        self._bots = {one.card.id: one for one in bots}
        if len(self._bots) != len(bots):
            raise ValueError("two bots have the same id; each card needs its own")

    def __getitem__(self, bot_id: str) -> Bot[Any]:
        if bot_id not in self._bots:
            raise KeyError(f"there is no bot {bot_id!r}; known are {', '.join(sorted(self._bots))}")
        return self._bots[bot_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._bots)

    def __len__(self) -> int:
        return len(self._bots)


def listeners_of(fleet: Fleet) -> dict[str, list[str]]:
    """Which bots start on an activity: activity → bot ids."""
    found: dict[str, list[str]] = {}
    for bot in fleet.values():
        for trigger in bot.card.starts_on:
            if isinstance(trigger, On):
                found.setdefault(trigger.activity, []).append(bot.card.id)
    return found

"""A worker process for tests to kill: it pays things, and stands still at the moment it is told to.

    python -m tests.engine.worker <database url> <executor> <moment or -> <the bank's book>

It says `here` when it has reached the moment, and `idle` when nothing is left to do; it ends when its input does.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from afterclick.domain.verdict import Done
from afterclick.engine.batch import Batch
from afterclick.engine.bots import Bot, Fleet, bot, stage
from afterclick.engine.engine import Engine
from afterclick.governance.policy import DEFAULT
from afterclick.ports import answer
from afterclick.ports.answer import Answer
from afterclick.store.database import Database
from tests.engine.bench import CARD, PAY, Payment, Thing, Things


class Book:
    """A bank that keeps its book in a file, so that it outlives any worker; one line for each time it is asked."""

    def __init__(self, path: Path, moment: "Moment") -> None:
        self._path = path
        self._moment = moment

    def pay(self, requests: list[Payment]) -> list[Answer[str]]:
        with self._path.open("a") as book:
            book.writelines(f"{request.key}\n" for request in requests)
        self._moment("call")
        return [answer.Done(f"paid {request.key}") for request in requests]


class Moment:
    """Stand still when the moment has come."""

    def __init__(self) -> None:
        self.wanted = ""

    def __call__(self, now: str) -> None:
        if now == self.wanted:
            print("here", flush=True)  # noqa: T201
            sys.stdin.read()


def slow_story(moment: Moment) -> Bot[Thing]:
    """The bot that pays things; its moments are `begun`, `check`, `call`, `answered` and `pay`, in this order."""

    @stage()
    def check(things: Batch[Thing]) -> None:
        things.tx.run_many("UPDATE things SET checked = checked + 1 WHERE id = ?", [(thing.id,) for thing in things])
        moment("check")

    def ask_to_pay(things: Batch[Thing]) -> Mapping[int, Any]:
        answers = things.ask(PAY, {thing.id: Payment(f"{thing.id}:pay", thing.id, thing.amount) for thing in things})
        moment("answered")
        return answers

    @stage(calls=ask_to_pay)
    def pay(things: Batch[Thing], answers: Mapping[int, Any]) -> None:
        for thing in things:
            things.tx.run("UPDATE things SET paid = paid || ? WHERE id = ?", (answers[thing.id].answer, thing.id))
        moment("pay")

    @stage()
    def finish_off(things: Batch[Thing]) -> None:
        for thing in things:
            things.leave(thing.id, Done("done"), stage="finish_off")

    def story(things: Batch[Thing]) -> None:
        moment("begun")
        check(things)
        pay(things)
        finish_off(things)

    return bot(CARD, over=Things())(story)


def main(url: str, executor: str, moment: str, book: str) -> None:
    at = Moment()
    fleet = Fleet(slow_story(at))  # reads the story once, to learn its stages; only then may a moment come
    at.wanted = moment
    engine = Engine(Database(url), fleet, ports={"bank": Book(Path(book), at)}, policy=DEFAULT, executor=executor)
    engine.open()
    engine.run_until_idle(patience_s=0.1)
    print("idle", flush=True)  # noqa: T201
    sys.stdin.read()  # on PostgreSQL it goes on working meanwhile
    engine.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])

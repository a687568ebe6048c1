"""Forget what programs were answered about a customer, and keep their keys, so that nothing is done twice."""

from collections.abc import Collection, Sequence
from typing import Any, Final, cast

import msgspec

from afterclick.store.streaming import streamed
from afterclick.store.transaction import Tx

_OF_AN_ORDER: Final = ("order", "order_id")
_KINDS: Final = ("order", "proposal")


def forget(tx: Tx, orders: Collection[int], tasks: Collection[int], words: Sequence[str]) -> None:
    """Empty every kept answer that tells of one of these orders or questions, or has one of these words in it.

    Where the key itself has such a word, its row goes too.
    """
    wanted = [form for word in words for form in (word.casefold(), msgspec.json.encode(word).decode().strip('"').casefold())]
    about, asked = set(orders), set(tasks)
    named: list[tuple[str, str]] = []
    emptied: list[tuple[str, str]] = []
    for actor, key, answer in streamed(tx, "SELECT actor, key, answer FROM api_answers"):
        if any(word in key.casefold() for word in wanted):
            named.append((actor, key))
        elif answer and (any(word in answer.casefold() for word in wanted) or _tells_of(answer, about, asked)):
            emptied.append((actor, key))
    tx.run_many("DELETE FROM api_answers WHERE actor = ? AND key = ?", named)
    tx.run_many("UPDATE api_answers SET answer = '' WHERE actor = ? AND key = ?", emptied)


def _tells_of(answer: str, orders: set[int], tasks: set[int]) -> bool:
    left: list[Any] = [msgspec.json.decode(answer)]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += cast(list[Any], one)
        elif isinstance(one, dict):
            said = cast(dict[str, Any], one)
            if any(_is_one_of(said.get(name), orders) for name in _OF_AN_ORDER) or _is_one_of(said.get("task"), tasks):
                return True
            if said.get("item_kind") in _KINDS and _is_one_of(said.get("item"), orders):
                return True
            left += said.values()
    return False


def _is_one_of(value: object, numbers: set[int]) -> bool:
    return isinstance(value, int) and value in numbers

"""Refuses a condition that could take so long that nothing else gets its turn: CEL always ends, but not always soon."""

import math
import re
from collections.abc import Iterator
from typing import Final

from afterclick.governance.shop_rules import syntax
from afterclick.governance.shop_rules.syntax import MACROS, Call, Constant, Member, Name, Node, Unreadable

DEEPEST_LOOPS: Final = 2
"""Loops (`all`, `exists`, …) within each other; each multiplies the work by the length of its list."""
LONGEST_PATTERN: Final = 200
MOST_REPEATS: Final = 100
"""What the counts of a pattern, such as `{2,20}`, come to when they are multiplied: it is made anew for each order."""
MOST_CLASSES: Final = 30
"""The same times its classes, such as `\\d`: each stands for many characters of many scripts."""
_REPEATS: Final = re.compile(r"\{\s*(\d*)\s*(?:,\s*(\d*)\s*)?\}")
_CLASSES: Final = re.compile(r"\\[a-zA-Z]|\[\^|\(\?|\[:")
_LOOPS: Final = re.compile(rf"\b(?:{'|'.join(MACROS)})\b")


def too_dear(condition: str) -> str:
    """Why a condition is not run at all, or empty. One that cannot be looked through is judged by its words."""
    try:
        tree = syntax.read(condition)
    except Unreadable:
        if len(_LOOPS.findall(condition)) > DEEPEST_LOOPS:
            return f"it goes over lists more than {DEEPEST_LOOPS} times, and cannot be looked through: write it more simply"
        return "matches() cannot be looked through here: write the condition more simply" if "matches" in condition else ""
    if any(depth > DEEPEST_LOOPS for _, depth in _walked(tree)):
        return f"more than {DEEPEST_LOOPS} loops stand within each other"
    return next((why for node, _ in _walked(tree) if isinstance(node, Call) and (why := _pattern(node))), "")


def _pattern(call: Call) -> str:
    if call.name != "matches":
        return ""
    pattern = call.parts[-1] if call.parts else None
    if not isinstance(pattern, Constant) or not isinstance(pattern.value, str):
        return "the pattern of matches() has to be a text that stands in the rule"
    counts = [max(int(one or 0), int(other or 0), 1) for one, other in _REPEATS.findall(pattern.value)]
    repeats, classes = math.prod(counts), len(_CLASSES.findall(pattern.value))
    if len(pattern.value) > LONGEST_PATTERN or repeats > MOST_REPEATS or repeats * classes > MOST_CLASSES:
        return (
            f"a pattern has at most {LONGEST_PATTERN} characters, repeats at most {MOST_REPEATS} times, and with classes such as"
            f" \\d at most {MOST_CLASSES}: write [0-9] instead"
        )
    return ""


def _walked(tree: Node) -> Iterator[tuple[Node, int]]:
    """Every node with the number of loops around it."""
    todo: list[tuple[Node, int]] = [(tree, 0)]
    while todo:
        node, depth = todo.pop()
        yield node, depth
        if isinstance(node, Member):
            todo.append((node.of, depth))
        elif isinstance(node, Call) and node.method and node.name in MACROS:
            todo += [(node.parts[0], depth), *((part, depth + 1) for part in node.parts[1:])]
        elif not isinstance(node, Constant | Name):
            todo += [(part, depth) for part in node.parts]

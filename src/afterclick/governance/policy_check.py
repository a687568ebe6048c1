"""Everything that can be said about the text of a policy before it is used: errors with their lines, tests, findings."""

import re
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from afterclick.governance.policy import Policy, PolicyError, read
from afterclick.governance.policy_lines import Lines
from afterclick.governance.shop_rules.findings import SERIOUS, findings
from afterclick.governance.shop_rules.proving import proved

LONGEST: Final = 200_000
"""Characters that the text of a policy may have."""


class Note(msgspec.Struct, frozen=True):
    """One thing to know: on which line (0: the text as a whole), what it is, and about which rules."""

    line: int
    what: Literal["error", "wrong", "failed test", "dead", "shadowed", "conflicting", "not decided", "warning"]
    rules: tuple[str, ...]
    because: str
    example: dict[str, Any] = {}


class Checked(msgspec.Struct, frozen=True):
    """What was found. `usable`: it may become a version; `ok`: and nothing in it is dead or shadowed either."""

    usable: bool
    ok: bool
    rules: int
    tests: int
    notes: tuple[Note, ...]


@lru_cache(maxsize=64)
def check(text: str) -> Checked:
    """Read a policy, run the tests of its rules, and compare the rules with each other."""
    if len(text) > LONGEST:
        return _unreadable(f"the policy has {len(text):,} characters; {LONGEST:,} are the most")
    try:
        policy = read(text)
    except PolicyError as error:
        return _unreadable(str(error).partition(": ")[2])
    lines = Lines(text)
    tests = proved(policy.rules)
    notes = [
        Note(lines.rule(one.rule), "failed test", (one.rule,), f"test {one.number}: {one.because}") for one in tests if not one.ok
    ]
    notes += [
        Note(lines.rule(one.rules[-1]) if one.rules else 0, one.what, one.rules, one.because, one.example)
        for one in findings(policy.rules)
    ]
    broken = any(note.what in ("wrong", "failed test") for note in notes)
    spoilt = broken or any(note.what in SERIOUS for note in notes)
    return Checked(not broken, not spoilt, len(policy.rules), len(tests), tuple(notes))


def usable(text: str) -> Policy:
    """The policy of a text that may become a version.

    Raises:
        PolicyError: it cannot be read, a rule cannot work, or a test fails; the message names the first three.
    """
    found = check(text)
    if not found.usable:
        wrong = [
            f"{f'line {note.line}: ' if note.line else ''}{f'{note.rules[0]}: ' if note.rules else ''}{note.because}"
            for note in found.notes
            if note.what in ("error", "wrong", "failed test")
        ]
        raise PolicyError(f"policy.toml: {'; '.join(wrong[:3])}{f'; and {len(wrong) - 3} more' if len(wrong) > 3 else ''}")
    return read(text)


def _unreadable(said: str) -> Checked:
    line = re.match(r"line (\d+): ", said)
    because = said[line.end() :] if line is not None else said
    return Checked(False, False, 0, 0, (Note(int(line[1]) if line is not None else 0, "error", (), because),))
